#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sys/stat.h>
#include <thread>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/data_options.h"
#include "offramp/cli/options.h"
#include "offramp/cli/profile_report.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"
#include "offramp/data/open_data.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/run_state.h"
#include "offramp/model/digest.h"
#include "offramp/profiling/profiled_bundle.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;

struct ProfileFlags {
  std::string bundle;
  std::string output;
  std::string html;
  DataFlags data;
  std::int64_t rows = 0;
  std::vector<std::int64_t> batches = {1, 8};
  std::string calibrate = "yes";
  std::string timing = "yes";
  int threads = 0;
  std::uint64_t seed = 1;
  bool json = false;
};

// Changes with every file below `path`, though none is read.
std::string FingerprintOf(const std::string& path) {
  std::string text = path;
  const auto add = [&text](const fs::path& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) return;
    text += Format("\n%s %lld %lld.%09ld", file.c_str(), static_cast<long long>(facts.st_size),
                   static_cast<long long>(facts.st_mtim.tv_sec), facts.st_mtim.tv_nsec);
  };
  add(path);
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator at(path, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) add(file);
  return Sha256Hex(text);
}

std::string NumbersText(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += Format(" %.17g", value);
  return text;
}

// All that decides what the rows are.
std::string IdentityOf(const DataOptions& data) {
  std::string identity = "profile 1\n";
  std::vector<std::string> files = data.paths;
  if (!data.labels.empty()) files.push_back(data.labels);
  for (const std::string& file : files) {
    std::error_code error;
    const std::size_t equals = file.find('=');
    const bool named = !fs::exists(file, error) && equals != std::string::npos;
    identity += FingerprintOf(named ? file.substr(equals + 1) : file) + " " + file + "\n";
  }
  const ImageOptions& image = data.image;
  identity += data.format + "\n" + data.label_column + "\n" + data.text_column + "\n" +
              Format("%lld %lld %.17g %d %d\n", static_cast<long long>(image.height),
                     static_cast<long long>(image.width), image.scale.value_or(-1),
                     static_cast<int>(image.layout), static_cast<int>(image.colour));
  return identity + NumbersText(image.mean) + "\n" + NumbersText(image.std);
}

// One for each bundle and data, where the user's caches are.
std::string ProgressPath(const Bundle& bundle, const DataOptions& data) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::error_code error;
  fs::path folder = fs::temp_directory_path(error);
  if (home != nullptr && *home == '/') folder = fs::path(home) / ".cache";
  if (cache != nullptr && *cache == '/') folder = cache;
  const std::string key = bundle.folder + "\n" + Join(data.paths, "\n");
  return (folder / "offramp" / ("profile-" + Sha256Hex(key).substr(0, 16) + ".partial")).string();
}

class Profiler {
 public:
  explicit Profiler(const ProfileFlags& flags) : flags_(flags), progress_(flags.json) {}

  Result<ProfileFindings> Run() {
    OFFRAMP_ASSIGN_OR_RETURN(const DataOptions options, DataOptionsOf(flags_.data));
    ProfileFindings found;
    OFFRAMP_ASSIGN_OR_RETURN(found.bundle, ReadBundle(flags_.bundle));
    OFFRAMP_RETURN_IF_ERROR(CheckTargets());
    OFFRAMP_RETURN_IF_ERROR(CheckBundleFiles(found.bundle));
    OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<DataSet> data,
                             OpenDataSet(options, found.bundle));
    const std::string partial = ProgressPath(found.bundle, options);
    OFFRAMP_ASSIGN_OR_RETURN(const LogitPass pass, Answers(found.bundle, *data, options, partial));
    found.resumed_rows = pass.resumed_rows;
    progress_.Show("profile: fitting temperatures");
    OFFRAMP_ASSIGN_OR_RETURN(
        found.exits, MeasureExits(found.bundle, pass,
                                  {.calibrate = flags_.calibrate == "yes", .seed = flags_.seed}));
    if (flags_.timing == "yes") {
      OFFRAMP_ASSIGN_OR_RETURN(found.timing, Times(found.bundle, *data));
    }
    if (Interrupted()) return CancelledError("stopped; the same command goes on from here");
    OFFRAMP_RETURN_IF_ERROR(WriteProfiledBundle(
        found.bundle, found.exits, found.timing ? &*found.timing : nullptr, flags_.output));
    found.target = flags_.output.empty() ? found.bundle.folder : flags_.output;
    std::error_code ignored;
    fs::remove(partial, ignored);
    progress_.Clear();
    return found;
  }

 private:
  // What could only fail at the end is found out now.
  Status CheckTargets() const {
    std::error_code error;
    if (!flags_.output.empty() && fs::exists(flags_.output, error)) {
      return InvalidArgumentError("-o " + flags_.output +
                                  ": is there already; name another folder");
    }
    if (flags_.html.empty()) return OkStatus();
    const fs::path folder = fs::absolute(flags_.html, error).parent_path();
    if (fs::is_directory(folder, error)) return OkStatus();
    return InvalidArgumentError("--html " + flags_.html + ": there is no such folder");
  }

  Result<LogitPass> Answers(const Bundle& bundle, DataSet& data, const DataOptions& options,
                            const std::string& partial) {
    LogitPassOptions pass{.rows = flags_.rows,
                          .threads = flags_.threads,
                          .progress_file = partial,
                          .identity = IdentityOf(options),
                          .stop = [] { return Interrupted(); }};
    if (pass.threads == 0) {
      pass.threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    }
    pass.resumed = [this](std::int64_t rows) {
      progress_.Clear();
      std::cerr << Format("profile: goes on after the %lld rows of an earlier call\n",
                          static_cast<long long>(rows));
    };
    pass.progress = [this](std::int64_t done, std::int64_t all) {
      progress_.Show(Format("profile: %lld of %lld rows", static_cast<long long>(done),
                            static_cast<long long>(all)));
    };
    Result<LogitPass> answers = RunLogitPass(bundle, data, pass);
    if (answers.status().code() == StatusCode::kCancelled) {
      return CancelledError("stopped; the same command goes on from here");
    }
    return answers;
  }

  Result<TimingReport> Times(const Bundle& bundle, DataSet& data) {
    StageTimingOptions timing{.batches = flags_.batches, .stop = [] { return Interrupted(); }};
    timing.progress = [this, &bundle](int stage) {
      progress_.Show(Format("profile: timing stage %d of %d", stage, bundle.stage_count()));
    };
    Result<TimingReport> times = TimeStages(bundle, data, timing);
    if (times.status().code() == StatusCode::kCancelled) {
      return CancelledError("stopped; the same command goes on from here");
    }
    return times;
  }

  const ProfileFlags& flags_;
  ProgressLine progress_;
};

int RunProfile(const ProfileFlags& flags) {
  CatchInterrupts();
  const Result<ProfileFindings> found = Profiler(flags).Run();
  if (!found.ok()) return Fail(found.status());
  if (!flags.html.empty()) {
    const Status written = WriteFileAtomically(flags.html, ProfileHtml(*found));
    if (!written.ok()) return Fail(written);
  }
  std::cout << (flags.json ? JsonText(ProfileToJson(*found)) : ProfileText(*found));
  return kExitDone;
}

}  // namespace

void AddProfileCommand(CommandLine& line) {
  auto flags = std::make_shared<ProfileFlags>();
  CLI::App* command = AddCommand(
      line, "profile", "Measure a bundle's exits on your data, and its stages on this machine",
      "  offramp profile bundles/model --data test.npz --html report.html\n"
      "  offramp profile bundles/model --data t10k-images-idx3-ubyte.gz --rows 2000\n"
      "  offramp profile bundles/model --data photos/ --mean 0.5 --std 0.5 -o bundles/measured\n"
      "  offramp profile bundles/text --data lines.tsv --batches 1,4,16 --json\n\n"
      "Temperatures, the exit profile, speeds and memory are written into the bundle, at once.\n"
      "Ctrl-C leaves it as it was; the same command goes on from there.");
  command->add_option("BUNDLE", flags->bundle, "A bundle's folder")->required()->type_name("");
  AddDataOptions(command, &flags->data);
  command->add_option("--rows", flags->rows, "Of the data, spread over them; default: all")
      ->check(CLI::Range(std::int64_t{4}, std::int64_t{1} << 40))
      ->type_name("N");
  command->add_option("--batches", flags->batches, "Rows in a call, to time; 1 always is")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096))
      ->type_name("1,8")
      ->allow_extra_args(false);
  command
      ->add_option("--calibrate", flags->calibrate,
                   "Fit temperatures on half of the rows, and profile the others")
      ->check(CLI::IsMember({"yes", "no"}))
      ->capture_default_str();
  command->add_option("--timing", flags->timing, "Measure the stages' speed and memory")
      ->check(CLI::IsMember({"yes", "no"}))
      ->capture_default_str();
  command->add_option("--threads", flags->threads, "Rows side by side; default: one a core")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command->add_option("--seed", flags->seed, "Of the draw of rows to fit on")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("-o,--output", flags->output, "Write a copy there; default: the bundle itself")
      ->type_name("DIR");
  command->add_option("--html", flags->html, "A page with charts")->type_name("FILE");
  command->add_flag("--json", flags->json, "For programs");
  command->callback([&line, flags] { line.action = [flags] { return RunProfile(*flags); }; });
}

}  // namespace offramp
