#include "offramp/files/run_state.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "offramp/base/text.h"

namespace offramp {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Names become file names; the fleet's reader has its own, stricter rule.
bool SafeName(const std::string& name) {
  if (name.empty() || name.size() > 200 || name.front() == '.') return false;
  return std::none_of(name.begin(), name.end(), [](unsigned char c) {
    return c == '/' || c == '\\' || std::iscntrl(c) != 0;
  });
}

std::string PartsFolder(const std::string& state_dir) { return state_dir + "/parts"; }
std::string PidsFolder(const std::string& state_dir) { return state_dir + "/pids"; }
std::string UpPath(const std::string& state_dir) { return state_dir + "/up.json"; }

Result<std::string> JsonPath(const std::string& folder, const std::string& name) {
  if (!SafeName(name)) return InvalidArgumentError("'" + name + "' cannot name a part");
  return folder + "/" + name + ".json";
}

// FNV-1a: only has to tell the few fleets of one user apart, the same in every build.
std::uint64_t HashOf(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

Result<Json> ReadJson(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFoundError(path + ": cannot be opened");
  Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return InvalidArgumentError(path + ": is not a JSON object");
  return json;
}

// Values of the wrong type read as absent: foreign files must not throw.
template <typename T>
T Get(const Json& json, const char* key, T fallback) {
  const auto it = json.find(key);
  if (it == json.end()) return fallback;
  if constexpr (std::is_same_v<T, std::string>) {
    return it->is_string() ? it->get<T>() : fallback;
  } else {
    return it->is_number_integer() ? it->get<T>() : fallback;
  }
}

Json ToJson(const ProcessId& process) {
  return {{"pid", process.pid}, {"start_ticks", process.start_ticks}};
}

ProcessId ProcessFrom(const Json& json) {
  return {Get(json, "pid", 0), Get(json, "start_ticks", std::uint64_t{0})};
}

std::vector<std::string> JsonNames(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".json") names.push_back(it->path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// True when this user can create entries in `folder`, or in its nearest existing parent.
bool Writable(fs::path folder) {
  std::error_code error;
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return ::access(folder.c_str(), W_OK | X_OK) == 0;
}

}  // namespace

std::optional<ProcessId> FindProcess(int pid) {
  if (pid <= 0) return std::nullopt;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The second field is the program's name in brackets and may hold anything, brackets too.
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(bracket + 1));
  std::string state;
  fields >> state;
  if (state == "Z" || state == "X") return std::nullopt;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  ProcessId process{pid, 0};
  if (!(fields >> process.start_ticks)) return std::nullopt;
  return process;
}

ProcessId ThisProcess() { return FindProcess(::getpid()).value_or(ProcessId{::getpid(), 0}); }

bool ProcessAlive(const ProcessId& process) {
  const auto now = FindProcess(process.pid);
  return now.has_value() && now->start_ticks == process.start_ticks;
}

std::string StateDir(const std::string& fleet_path) {
  std::error_code error;
  fs::path path = fs::weakly_canonical(fs::absolute(fleet_path, error), error);
  if (path.empty()) path = fleet_path;
  const std::string unique = Format("%s-%016llx", path.stem().c_str(),
                                    static_cast<unsigned long long>(HashOf(path.string())));
  std::vector<fs::path> candidates;
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
    candidates.push_back(fs::path(runtime) / "offramp" / unique);
  }
  candidates.push_back(path.parent_path() / ".offramp" / path.filename());
  candidates.push_back(fs::temp_directory_path(error) / ("offramp-" + std::to_string(::getuid())) /
                       unique);
  for (const fs::path& candidate : candidates) {
    if (fs::is_directory(candidate / "parts", error)) return candidate.string();
  }
  for (const fs::path& candidate : candidates) {
    if (Writable(candidate)) return candidate.string();
  }
  return candidates.back().string();
}

Status MakeStateDir(const std::string& state_dir) {
  const fs::path root(state_dir);
  std::error_code error;
  fs::create_directories(root.parent_path(), error);
  for (const fs::path& folder : {root, root / "parts", root / "pids", root / "logs"}) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      return UnavailableError(folder.string() + ": cannot be created: " + std::strerror(errno));
    }
  }
  struct stat facts {};
  if (::stat(root.c_str(), &facts) != 0 || facts.st_uid != ::getuid()) {
    return PermissionDeniedError(state_dir + ": belongs to another user");
  }
  return OkStatus();
}

void RemoveStateDir(const std::string& state_dir) {
  std::error_code error;
  fs::remove_all(state_dir, error);
  ::rmdir(fs::path(state_dir).parent_path().c_str());  // fails while other fleets are there
}

Status WriteFileAtomically(const std::string& path, const std::string& text) {
  static std::atomic<unsigned> counter{0};
  const std::string temporary =
      Format("%s.%d.%u.tmp", path.c_str(), ::getpid(), counter.fetch_add(1));
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) {
      ::unlink(temporary.c_str());
      return UnavailableError(path + ": cannot be written: " + std::strerror(errno));
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int cause = errno;
    ::unlink(temporary.c_str());
    return UnavailableError(path + ": cannot be written: " + std::strerror(cause));
  }
  return OkStatus();
}

Status WritePart(const std::string& state_dir, const PartFile& part) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string path, JsonPath(PartsFolder(state_dir), part.name));
  Json json = ToJson(part.process);
  json["name"] = part.name;
  json["role"] = part.role;
  json["incarnation"] = part.incarnation;
  json["metrics"] = part.metrics;
  if (part.stage > 0) json["stage"] = part.stage;
  if (!part.address.empty()) json["address"] = part.address;
  if (!part.http.empty()) json["http"] = part.http;
  if (!part.grpc.empty()) json["grpc"] = part.grpc;
  return WriteFileAtomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Result<PartFile> ReadPart(const std::string& state_dir, const std::string& name) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string path, JsonPath(PartsFolder(state_dir), name));
  OFFRAMP_ASSIGN_OR_RETURN(const Json json, ReadJson(path));
  PartFile part;
  part.name = Get(json, "name", std::string());
  part.role = Get(json, "role", std::string());
  part.stage = Get(json, "stage", 0);
  part.process = ProcessFrom(json);
  part.incarnation = Get(json, "incarnation", std::uint64_t{0});
  part.address = Get(json, "address", std::string());
  part.http = Get(json, "http", std::string());
  part.grpc = Get(json, "grpc", std::string());
  part.metrics = Get(json, "metrics", std::string());
  if (part.name != name || part.process.pid <= 0) {
    return InvalidArgumentError(path + ": does not describe part '" + name + "'");
  }
  return part;
}

std::vector<PartFile> ListParts(const std::string& state_dir) {
  std::vector<PartFile> parts;
  for (const std::string& name : JsonNames(PartsFolder(state_dir))) {
    if (auto part = ReadPart(state_dir, name); part.ok()) parts.push_back(*std::move(part));
  }
  return parts;
}

std::int64_t PartsVersion(const std::string& state_dir) {
  struct stat facts {};
  if (::stat(PartsFolder(state_dir).c_str(), &facts) != 0) return 0;
  return facts.st_mtim.tv_sec * 1'000'000'000LL + facts.st_mtim.tv_nsec;
}

void RemovePart(const std::string& state_dir, const std::string& name, std::uint64_t incarnation) {
  const auto part = ReadPart(state_dir, name);
  if (!part.ok() || part->incarnation != incarnation) return;
  ::unlink((PartsFolder(state_dir) + "/" + name + ".json").c_str());
}

Status WriteProcess(const std::string& state_dir, const std::string& name,
                    const ProcessId& process) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string path, JsonPath(PidsFolder(state_dir), name));
  return WriteFileAtomically(path, ToJson(process).dump() + "\n");
}

void RemoveProcess(const std::string& state_dir, const std::string& name,
                   const ProcessId& process) {
  const auto path = JsonPath(PidsFolder(state_dir), name);
  if (!path.ok()) return;
  const auto json = ReadJson(*path);
  if (json.ok() && ProcessFrom(*json) == process) ::unlink(path->c_str());
}

std::vector<std::pair<std::string, ProcessId>> ListProcesses(const std::string& state_dir) {
  std::vector<std::pair<std::string, ProcessId>> processes;
  for (const std::string& name : JsonNames(PidsFolder(state_dir))) {
    const auto json = ReadJson(PidsFolder(state_dir) + "/" + name + ".json");
    if (json.ok()) processes.emplace_back(name, ProcessFrom(*json));
  }
  return processes;
}

Status WriteUp(const std::string& state_dir, const ProcessId& process) {
  return WriteFileAtomically(UpPath(state_dir), ToJson(process).dump() + "\n");
}

std::optional<ProcessId> ReadUp(const std::string& state_dir) {
  const auto json = ReadJson(UpPath(state_dir));
  if (!json.ok()) return std::nullopt;
  return ProcessFrom(*json);
}

void RemoveUp(const std::string& state_dir) { ::unlink(UpPath(state_dir).c_str()); }

std::string SnapshotPath(const std::string& state_dir) { return state_dir + "/fleet.yaml"; }

std::string OverridesPath(const std::string& state_dir) { return state_dir + "/overrides.json"; }

std::string LogPath(const std::string& state_dir, const std::string& name) {
  return state_dir + "/logs/" + name + ".log";
}

Result<StateLock> StateLock::TryAcquire(const std::string& state_dir) {
  const std::string path = state_dir + "/lock";
  for (int attempt = 0; attempt < 10; ++attempt) {
    OFFRAMP_RETURN_IF_ERROR(MakeStateDir(state_dir));
    StateLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.fd_ < 0) {
      if (errno == ENOENT) continue;
      return UnavailableError(path + ": cannot be opened: " + std::strerror(errno));
    }
    if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
      return UnavailableError(state_dir + ": another `up` or `down` of this fleet is at work");
    }
    // The holder before us may have removed the folder: then this lock is on a file without a name.
    struct stat held {};
    struct stat named {};
    if (::fstat(lock.fd_, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
        held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
      return lock;
    }
  }
  return UnavailableError(path + ": cannot be locked");
}

StateLock& StateLock::operator=(StateLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace offramp
