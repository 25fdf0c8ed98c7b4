// What a running fleet leaves on disk, so that its parts, `status` and `down` find each other
// without a coordinator: one folder per fleet file.
//
//   <state dir>/parts/<name>.json   facts of a part that listens; written by the part itself
//   <state dir>/pids/<name>.json    a part's process, from its start on; also written by the part
//   <state dir>/up.json             the `up` that started it, while that runs
//   <state dir>/fleet.yaml          the fleet file as `up` read it, so that a part started later
//   sees <state dir>/overrides.json      the same; and what the options of `up` changed <state
//   dir>/logs/<name>.log     what a part started by `up` printed <state dir>/lock advisory lock of
//   `up` and `down`
//
// A process is named by its id and its start time: an id that the system gave to somebody else in
// the meantime never matches. Files are replaced atomically; readers never see half of one.
// All functions are thread-safe; errors name the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "offramp/base/result.h"

namespace offramp {

// A process for good: an id alone is recycled.
struct ProcessId {
  int pid = 0;
  std::uint64_t start_ticks = 0;  // since boot, /proc/<pid>/stat field 22; 0: unknown

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

// The process `pid` as it is now; nullopt when there is none, or only a zombie.
std::optional<ProcessId> FindProcess(int pid);

// This process.
ProcessId ThisProcess();

// True while exactly that process runs (a zombie does not).
bool ProcessAlive(const ProcessId& process);

// One part of a running fleet. Addresses are "host:port" with the real port.
struct PartFile {
  std::string name;
  std::string role;  // "node" or "gateway"
  int stage = 0;     // of a node, 1-based
  ProcessId process;
  std::uint64_t incarnation = 0;  // differs at each start of the same name
  std::string address;            // of a node: where peers connect
  std::string http;               // of a gateway
  std::string grpc;               // of a gateway
  std::string metrics;            // admin port: /healthz, /readyz, /metrics, /status, ...
};

// Folder of the fleet file's run state; not created here. `$XDG_RUNTIME_DIR/offramp/<stem>-<hash of
// the absolute path>`, else `.offramp/<file name>` beside the fleet file, else (a folder that
// cannot be written) the same below the temporary folder. Where one of them exists already it wins,
// so that two shells with different environments agree.
std::string StateDir(const std::string& fleet_path);

// Creates the folder and its sub-folders, readable by this user only.
Status MakeStateDir(const std::string& state_dir);

// Removes the folder with all it holds, and the parent when that is left empty.
void RemoveStateDir(const std::string& state_dir);

Status WritePart(const std::string& state_dir, const PartFile& part);

// kNotFound when the part has no file; kInvalidArgument when the file is not ours.
Result<PartFile> ReadPart(const std::string& state_dir, const std::string& name);

// Every readable part file, by name; also of processes that are gone (see ProcessAlive). A folder
// that does not exist has no parts.
std::vector<PartFile> ListParts(const std::string& state_dir);

// Changes whenever a part file appears, is replaced or goes: cheap to poll (one stat). 0: no
// folder.
std::int64_t PartsVersion(const std::string& state_dir);

// Removes the file only if it still is of this incarnation: a successor's file stays.
void RemovePart(const std::string& state_dir, const std::string& name, std::uint64_t incarnation);

// Processes from their start on, long before they listen. `down` stops these too.
Status WriteProcess(const std::string& state_dir, const std::string& name,
                    const ProcessId& process);
void RemoveProcess(const std::string& state_dir, const std::string& name, const ProcessId& process);
std::vector<std::pair<std::string, ProcessId>> ListProcesses(const std::string& state_dir);

// The `up` that starts or watches this fleet.
Status WriteUp(const std::string& state_dir, const ProcessId& process);
std::optional<ProcessId> ReadUp(const std::string& state_dir);
void RemoveUp(const std::string& state_dir);

// The fleet file's text as `up` read it, and the options that changed it.
std::string SnapshotPath(const std::string& state_dir);
std::string OverridesPath(const std::string& state_dir);
std::string LogPath(const std::string& state_dir, const std::string& name);

// Writes `text` to `path` so that a reader sees the old or the new file, never a part of it.
Status WriteFileAtomically(const std::string& path, const std::string& text);

// Held by whoever changes what runs (`up` while it starts, `down`). Given back when destroyed, and
// by the system when the process dies. Movable, not thread-safe.
class StateLock {
 public:
  // kUnavailable when somebody else holds it. Creates the folder. Also right when the folder was
  // removed in the meantime.
  static Result<StateLock> TryAcquire(const std::string& state_dir);

  StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StateLock& operator=(StateLock&& other) noexcept;
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace offramp
