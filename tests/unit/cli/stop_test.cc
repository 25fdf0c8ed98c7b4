// Ending what runs: real child processes, since that is all that StopParts does.
#include "offramp/cli/process/stop.h"

#include <filesystem>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "offramp/cli/process/spawn.h"
#include "offramp/files/run_state.h"

extern char** environ;

namespace offramp {
namespace {

class StopPartsTest : public testing::Test {
 protected:
  StopPartsTest() : state_(testing::TempDir() + "/stop_state") {
    std::filesystem::remove_all(state_);
    EXPECT_TRUE(MakeStateDir(state_).ok());
  }

  // A shell that says so once it is ready for what comes.
  ProcessId Child(const std::string& script) const {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ready[1], STDOUT_FILENO);
    std::string text = script;
    std::string shell = "sh";
    std::string option = "-c";
    char* argv[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    EXPECT_EQ(::posix_spawnp(&pid, "sh", &files, nullptr, argv, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    ::close(ready[1]);
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    return FindProcess(pid).value_or(ProcessId{});
  }

  void Register(const std::string& name, const std::string& role, const ProcessId& process) const {
    PartFile part;
    part.name = name;
    part.role = role;
    part.process = process;
    part.incarnation = 1;
    ASSERT_TRUE(WritePart(state_, part).ok());
  }

  const std::string state_;
};

constexpr char kObeys[] = "trap 'exit 0' TERM; echo; while :; do sleep 0.01; done";
constexpr char kIgnores[] = "trap '' TERM; echo; while :; do sleep 0.01; done";

TEST_F(StopPartsTest, LetsGatewaysAndNodesDrain) {
  const ProcessId gateway = Child(kObeys);
  const ProcessId node = Child(kObeys);
  Register("gw", "gateway", gateway);
  Register("n", "node", node);
  const StopReport report = StopParts(state_, {});
  EXPECT_EQ(report.stopped, 2);
  EXPECT_EQ(report.killed + report.left, 0);
  for (const ProcessId& process : {gateway, node}) EXPECT_FALSE(ProcessAlive(process));
  EXPECT_TRUE(ListParts(state_).empty());
}

TEST_F(StopPartsTest, KillsWhoeverDoesNotEndInTime) {
  const ProcessId stubborn = Child(kIgnores);
  Register("n", "node", stubborn);
  StopOptions options;
  options.drain_s = 0.05;
  EXPECT_EQ(StopParts(state_, options).killed, 1);
  EXPECT_FALSE(ProcessAlive(stubborn));
}

TEST_F(StopPartsTest, AlsoEndsWhatDoesNotListenYet) {
  const ProcessId starting = Child(kObeys);
  ASSERT_TRUE(WriteProcess(state_, "n", starting).ok());
  EXPECT_EQ(StopParts(state_, {}).stopped, 1);
  EXPECT_TRUE(ListProcesses(state_).empty());
}

TEST_F(StopPartsTest, NeverTouchesAProcessThatOnlyHasTheSameId) {
  const ProcessId innocent = Child(kObeys);
  ProcessId stale = innocent;
  --stale.start_ticks;
  Register("n", "node", stale);
  const StopReport report = StopParts(state_, {});
  EXPECT_EQ(report.stopped + report.killed + report.left, 0);
  EXPECT_TRUE(ProcessAlive(innocent));
  EXPECT_TRUE(ListParts(state_).empty()) << "what a crash left is gone";
  ::kill(innocent.pid, SIGKILL);
  ::waitpid(innocent.pid, nullptr, 0);
}

TEST_F(StopPartsTest, FrozenPartsAreThawedSoThatTheyCanDrain) {
  const ProcessId frozen = Child(kObeys);
  ::kill(frozen.pid, SIGSTOP);
  Register("n", "node", frozen);
  EXPECT_EQ(StopParts(state_, {}).stopped, 1);
}

TEST(EndText, SaysHow) {
  EXPECT_EQ(EndText(0), "exit code 0");
  EXPECT_EQ(EndText(2 << 8), "exit code 2");
  EXPECT_EQ(EndText(SIGKILL), "signal 9 (Killed)");
}

}  // namespace
}  // namespace offramp
