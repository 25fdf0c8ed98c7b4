// A main() for fuzzers when the compiler has no libFuzzer: runs every seed, then mutations of the
// seeds from a fixed random seed until the time is up. No coverage feedback, so it finds little
// that is new; it keeps each fuzzer compiling and the seeds passing in every build.
//
// Options as in libFuzzer, the others are ignored: -seed=N, -max_total_time=SECONDS, -runs=N,
// -max_len=BYTES; then files and folders of seeds. A failing input is the one written last to
// crash-input in the current folder when the process aborts.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* argc, char*** argv);

namespace {

using Input = std::vector<uint8_t>;

struct Options {
  uint64_t seed = 1;
  double max_total_time_s = 1;
  int64_t runs = -1;  // negative: no limit
  size_t max_len_bytes = 1 << 16;
  std::vector<std::string> paths;
};

// What the signal handler saves; plain memory, because a handler may touch little else.
const uint8_t* g_current_data = nullptr;
size_t g_current_size = 0;

void SaveInputAndDie(int signal_number) {
  if (std::FILE* file = std::fopen("crash-input", "wb")) {
    std::fwrite(g_current_data, 1, g_current_size, file);
    std::fclose(file);
    std::fputs("The failing input is in ./crash-input\n", stderr);
  }
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

void RunOne(const Input& input) {
  // A copy of exact size on the heap, so that sanitizers see the first byte read past the end.
  const Input exact(input.begin(), input.end());
  g_current_data = exact.data();
  g_current_size = exact.size();
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

Options ParseArguments(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto value_of = [&](std::string_view prefix) -> const char* {
      return argument.starts_with(prefix) ? argv[i] + prefix.size() : nullptr;
    };
    if (const char* seed = value_of("-seed=")) {
      options.seed = std::strtoull(seed, nullptr, 10);
    } else if (const char* time = value_of("-max_total_time=")) {
      options.max_total_time_s = std::strtod(time, nullptr);
    } else if (const char* runs = value_of("-runs=")) {
      options.runs = std::strtoll(runs, nullptr, 10);
    } else if (const char* length = value_of("-max_len=")) {
      options.max_len_bytes = std::max<size_t>(1, std::strtoull(length, nullptr, 10));
    } else if (!argument.starts_with("-")) {
      options.paths.emplace_back(argument);
    }
  }
  return options;
}

// Sorted by path, so that the same seeds give the same mutations on every file system.
std::vector<Input> ReadSeeds(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else {
      files.emplace_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Input> seeds;
  for (const auto& path : files) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
      std::fprintf(stderr, "cannot read seed %s\n", path.c_str());
      std::exit(2);
    }
    seeds.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return seeds;
}

size_t Below(std::mt19937_64& random, size_t bound) { return bound == 0 ? 0 : random() % bound; }

// One to eight small edits: flip, set to a telling value, erase, repeat, insert, splice.
Input Mutate(Input input, const std::vector<Input>& seeds, size_t max_len,
             std::mt19937_64& random) {
  static constexpr uint8_t kTelling[] = {0x00, 0x01, 0x7f, 0x80, 0xff, '"',  '\\', '{', '}',
                                         '[',  ']',  ':',  ',',  '-',  '\n', ' ',  '0', '9'};
  const size_t edits = 1 + Below(random, 8);
  for (size_t i = 0; i < edits; ++i) {
    const size_t at = Below(random, input.size());
    const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
    const size_t length = std::min(1 + Below(random, 32), input.size() - at);
    const auto there = here + static_cast<std::ptrdiff_t>(length);
    const uint8_t telling = kTelling[Below(random, std::size(kTelling))];
    const size_t kind = Below(random, 6);
    if (input.empty() || kind == 4) {
      input.insert(here, 1 + Below(random, 8), telling);
    } else if (kind == 0) {
      *here ^= static_cast<uint8_t>(1u << Below(random, 8));
    } else if (kind == 1) {
      *here = telling;
    } else if (kind == 2) {
      input.erase(here, there);
    } else if (kind == 3) {
      const Input piece(here, there);
      input.insert(here, piece.begin(), piece.end());
    } else if (!seeds.empty()) {
      const Input& other = seeds[Below(random, seeds.size())];
      const size_t from = Below(random, other.size());
      input.resize(at);
      input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
    }
  }
  if (input.size() > max_len) input.resize(max_len);
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  const Options options = ParseArguments(argc, argv);
  for (const int signal_number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    std::signal(signal_number, SaveInputAndDie);
  }

  const std::vector<Input> seeds = ReadSeeds(options.paths);
  RunOne({});
  for (const Input& seed : seeds) RunOne(seed);

  using SteadyClock = std::chrono::steady_clock;
  const auto end = SteadyClock::now() + std::chrono::duration<double>(options.max_total_time_s);
  std::mt19937_64 random(options.seed);
  int64_t runs = 0;
  while (SteadyClock::now() < end && (options.runs < 0 || runs < options.runs)) {
    const Input base = seeds.empty() ? Input{} : seeds[Below(random, seeds.size())];
    RunOne(Mutate(base, seeds, options.max_len_bytes, random));
    ++runs;
  }
  std::printf("%zu seeds and %lld mutations passed\n", seeds.size(), static_cast<long long>(runs));
  return 0;
}
