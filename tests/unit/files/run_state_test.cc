#include "offramp/files/run_state.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace offramp {
namespace {

namespace fs = std::filesystem;

class RunState : public testing::Test {
 protected:
  RunState() : folder_(testing::TempDir() + "run_state"), state_(folder_ + "/state") {
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/fleets");
    std::ofstream(Fleet()) << "version: 1\n";
    ::unsetenv("XDG_RUNTIME_DIR");
    EXPECT_TRUE(MakeStateDir(state_).ok());
  }
  ~RunState() override { ::unsetenv("XDG_RUNTIME_DIR"); }

  std::string Fleet() const { return folder_ + "/fleets/demo.yaml"; }

  static PartFile Part(const std::string& name, std::uint64_t incarnation) {
    PartFile part;
    part.name = name;
    part.role = "node";
    part.stage = 2;
    part.process = ThisProcess();
    part.incarnation = incarnation;
    part.address = "127.0.0.1:40003";
    part.metrics = "127.0.0.1:40006";
    return part;
  }

  const std::string folder_;
  const std::string state_;
};

TEST_F(RunState, APartReadsBackAsWritten) {
  PartFile part = Part("s2-a", 0xfedcba9876543210ULL);
  part.http = "127.0.0.1:1";
  part.grpc = "127.0.0.1:2";
  ASSERT_TRUE(WritePart(state_, part).ok());
  const auto read = ReadPart(state_, "s2-a");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->name, part.name);
  EXPECT_EQ(read->role, part.role);
  EXPECT_EQ(read->stage, 2);
  EXPECT_EQ(read->process, part.process);
  EXPECT_EQ(read->incarnation, part.incarnation);
  EXPECT_EQ(read->address, part.address);
  EXPECT_EQ(read->http, part.http);
  EXPECT_EQ(read->grpc, part.grpc);
  EXPECT_EQ(read->metrics, part.metrics);
}

TEST_F(RunState, ListsPartsByNameAndIgnoresForeignFiles) {
  ASSERT_TRUE(WritePart(state_, Part("b", 1)).ok());
  ASSERT_TRUE(WritePart(state_, Part("a", 1)).ok());
  std::ofstream(state_ + "/parts/c.json") << "{torn";
  std::ofstream(state_ + "/parts/d.json") << R"({"name": 3, "pid": "x"})";
  std::ofstream(state_ + "/parts/e.json") << R"({"name": "other", "pid": 1})";
  const auto parts = ListParts(state_);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "a");
  EXPECT_EQ(ReadPart(state_, "c").status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadPart(state_, "none").status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(ListParts(folder_ + "/nowhere").empty());
}

TEST_F(RunState, ASuccessorsFileSurvivesItsPredecessorsEnd) {
  ASSERT_TRUE(WritePart(state_, Part("a", 2)).ok());
  RemovePart(state_, "a", 1);
  EXPECT_TRUE(ReadPart(state_, "a").ok());
  RemovePart(state_, "a", 2);
  EXPECT_FALSE(ReadPart(state_, "a").ok());
}

TEST_F(RunState, NamesNeverLeaveTheFolder) {
  for (const char* name : {"", ".", "..", "../x", "a/b", ".hidden", "a\nb"}) {
    EXPECT_EQ(WritePart(state_, Part(name, 1)).code(), StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(ReadPart(state_, name).status().code(), StatusCode::kInvalidArgument) << name;
  }
}

TEST_F(RunState, TheVersionMovesWithEveryChange) {
  EXPECT_EQ(PartsVersion(folder_ + "/nowhere"), 0);
  const auto before = PartsVersion(state_);
  ASSERT_TRUE(WritePart(state_, Part("a", 1)).ok());
  const auto after = PartsVersion(state_);
  EXPECT_GE(after, before);
  EXPECT_NE(after, 0);
}

TEST_F(RunState, AProcessIsItsIdAndItsStart) {
  const ProcessId self = ThisProcess();
  EXPECT_EQ(self.pid, ::getpid());
  EXPECT_GT(self.start_ticks, 0u);
  EXPECT_TRUE(ProcessAlive(self));
  ProcessId recycled = self;
  ++recycled.start_ticks;
  EXPECT_FALSE(ProcessAlive(recycled));
  EXPECT_FALSE(ProcessAlive({0, 0}));
  EXPECT_FALSE(ProcessAlive({-1, 0}));
}

TEST_F(RunState, AZombieIsNotAlive) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(FindProcess(child).has_value());
  ::waitpid(child, nullptr, 0);
}

TEST_F(RunState, LiesInTheRuntimeFolderElseBesideTheFleetFile) {
  EXPECT_EQ(StateDir(Fleet()), folder_ + "/fleets/.offramp/demo.yaml");
  ::setenv("XDG_RUNTIME_DIR", (folder_ + "/run").c_str(), 1);
  fs::create_directories(folder_ + "/run");
  EXPECT_TRUE(StateDir(Fleet()).starts_with(folder_ + "/run/offramp/demo-")) << StateDir(Fleet());
}

TEST_F(RunState, IsTheSameHoweverThePathIsWritten) {
  ::setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
  EXPECT_EQ(StateDir(Fleet()), StateDir(folder_ + "/fleets/../fleets/./demo.yaml"));
  EXPECT_NE(StateDir(Fleet()), StateDir(folder_ + "/fleets/other/demo.yaml"));
}

TEST_F(RunState, AStateThatExistsIsFoundWhateverTheEnvironment) {
  const std::string beside = StateDir(Fleet());
  ASSERT_TRUE(MakeStateDir(beside).ok());
  ::setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
  EXPECT_EQ(StateDir(Fleet()), beside);
}

TEST_F(RunState, OnlyItsOwnerMayRead) {
  struct stat facts {};
  ASSERT_EQ(::stat(state_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST_F(RunState, RemovalTakesTheEmptyParentAlong) {
  const std::string beside = StateDir(Fleet());
  ASSERT_TRUE(MakeStateDir(beside).ok());
  ASSERT_TRUE(WritePart(beside, Part("a", 1)).ok());
  RemoveStateDir(beside);
  EXPECT_FALSE(fs::exists(folder_ + "/fleets/.offramp"));
  EXPECT_TRUE(fs::exists(Fleet()));
}

TEST_F(RunState, OneHolderOfTheLockAtATime) {
  auto lock = StateLock::TryAcquire(state_);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(StateLock::TryAcquire(state_).status().code(), StatusCode::kUnavailable);
  {
    const StateLock moved = *std::move(lock);
    EXPECT_FALSE(StateLock::TryAcquire(state_).ok());
  }
  EXPECT_TRUE(StateLock::TryAcquire(state_).ok());
}

TEST_F(RunState, ALockOnARemovedFolderIsNoObstacle) {
  const auto old = StateLock::TryAcquire(state_);
  ASSERT_TRUE(old.ok());
  RemoveStateDir(state_);
  EXPECT_TRUE(StateLock::TryAcquire(state_).ok());
}

TEST_F(RunState, ProcessesAreKnownBeforeTheyListen) {
  ASSERT_TRUE(WriteProcess(state_, "a", {42, 7}).ok());
  const auto processes = ListProcesses(state_);
  ASSERT_EQ(processes.size(), 1u);
  EXPECT_EQ(processes[0].first, "a");
  EXPECT_EQ(processes[0].second, (ProcessId{42, 7}));
  RemoveProcess(state_, "a", {42, 8});  // somebody else's
  EXPECT_EQ(ListProcesses(state_).size(), 1u);
  RemoveProcess(state_, "a", {42, 7});
  EXPECT_TRUE(ListProcesses(state_).empty());
}

TEST_F(RunState, UpIsRemembered) {
  EXPECT_FALSE(ReadUp(state_).has_value());
  ASSERT_TRUE(WriteUp(state_, {42, 7}).ok());
  EXPECT_EQ(ReadUp(state_), (ProcessId{42, 7}));
  RemoveUp(state_);
  EXPECT_FALSE(ReadUp(state_).has_value());
}

TEST_F(RunState, WritingReplacesTheWholeFile) {
  const std::string path = state_ + "/file";
  ASSERT_TRUE(WriteFileAtomically(path, "a long text").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "b").ok());
  std::ifstream file(path);
  std::string text;
  std::getline(file, text);
  EXPECT_EQ(text, "b");
  EXPECT_EQ(WriteFileAtomically(folder_ + "/none/file", "x").code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace offramp
