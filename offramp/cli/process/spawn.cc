#include "offramp/cli/process/spawn.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/cli/signals.h"

extern char** environ;

namespace offramp {
namespace {

constexpr std::size_t kMaxLogLineBytes = 300;
constexpr std::streamoff kLogTailBytes = 16 << 10;

// What the child does between fork and exec; freed at the end of the scope.
struct SpawnSetup {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;

  SpawnSetup() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
};

}  // namespace

Result<ProcessId> SpawnPart(const SpawnOptions& options, const std::string& role,
                            const std::string& name) {
  const std::string log = LogPath(options.state_dir, name);
  SpawnSetup setup;
  posix_spawn_file_actions_addopen(&setup.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&setup.files, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&setup.files, STDOUT_FILENO, STDERR_FILENO);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&setup.attributes, &none);
  posix_spawnattr_setsigdefault(&setup.attributes, &all);
  posix_spawnattr_setflags(&setup.attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words = {"offramp",
                                    role,
                                    options.fleet_path,
                                    "--name",
                                    name,
                                    "--state-dir",
                                    options.state_dir,
                                    "--log-level",
                                    options.log_level,
                                    "--log-format",
                                    options.log_format};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  pid_t pid = 0;
  // Not a resolved path: that of a program rebuilt meanwhile no longer exists.
  const int error =
      ::posix_spawn(&pid, "/proc/self/exe", &setup.files, &setup.attributes, argv.data(), environ);
  if (error != 0) {
    return UnavailableError(role + " " + name + ": cannot be started: " + std::strerror(error));
  }
  KillOnSecondInterrupt(pid);
  // A child that ended already is a zombie until waited for, so the id is still its own.
  return FindProcess(pid).value_or(ProcessId{pid, 0});
}

std::string EndText(int wait_status) {
  if (WIFEXITED(wait_status)) return Format("exit code %d", WEXITSTATUS(wait_status));
  const int signal = WTERMSIG(wait_status);
  return Format("signal %d (%s)", signal, ::strsignal(signal));
}

std::vector<std::string> LastLines(const std::string& path, int lines) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kLogTailBytes));
  std::vector<std::string> tail;
  std::string line;
  while (std::getline(file, line)) {
    if (line.size() > kMaxLogLineBytes) line = line.substr(0, kMaxLogLineBytes) + "...";
    tail.push_back(line);
    if (tail.size() > static_cast<std::size_t>(lines)) tail.erase(tail.begin());
  }
  return tail;
}

}  // namespace offramp
