// Exit codes and messages of the command tree: what scripts and people rely on.
#include <cstdlib>
#include <fstream>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/cli/app.h"
#include "offramp/cli/commands.h"

namespace offramp {
namespace {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

Outcome Invoke(const std::vector<const char*>& words) {
  CommandLine line;
  AddUpCommand(line);
  AddDownCommand(line);
  AddStatusCommand(line);
  AddDrainCommand(line);
  AddBenchCommand(line);
  AddDemoCommand(line);
  AddVersionCommand(line);
  std::vector<const char*> argv = {"offramp"};
  argv.insert(argv.end(), words.begin(), words.end());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = RunCommandLine(line, static_cast<int>(argv.size()), argv.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(CommandLine, HelpIsDataAndShowsExamples) {
  for (const char* command : {"up", "down", "status", "drain", "bench", "demo", "version"}) {
    const Outcome outcome = Invoke({command, "--help"});
    EXPECT_EQ(outcome.code, kExitDone) << command;
    EXPECT_NE(outcome.out.find("Examples:\n  offramp "), std::string::npos) << command;
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(CommandLine, NothingAtAllShowsHelpAndIsWrongUse) {
  const Outcome outcome = Invoke({});
  EXPECT_EQ(outcome.code, kExitWrongUse);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("demo"), std::string::npos);
}

TEST(CommandLine, WrongWordsGetOneLineAndAHint) {
  const Outcome command = Invoke({"staus", "x"});
  EXPECT_EQ(command.code, kExitWrongUse);
  EXPECT_EQ(command.err,
            "offramp: unknown command staus; did you mean status?\nTry `offramp --help`.\n");
  const Outcome option = Invoke({"up", "x.yaml", "--jsom"});
  EXPECT_EQ(option.code, kExitWrongUse);
  EXPECT_EQ(option.err,
            "offramp: unknown option --jsom; did you mean --json?\nTry `offramp up --help`.\n");
  const Outcome before_command = Invoke({"--versoin"});
  EXPECT_EQ(before_command.code, kExitWrongUse);
  EXPECT_EQ(before_command.err,
            "offramp: unknown option --versoin; did you mean --version?\nTry `offramp --help`.\n");
  const Outcome surplus = Invoke({"up", "x.yaml", "y.yaml"});
  EXPECT_EQ(surplus.code, kExitWrongUse);
  EXPECT_NE(surplus.err.find("'y.yaml' is one word too many"), std::string::npos);
}

TEST(CommandLine, MissingAndMalformedValuesAreWrongUse) {
  EXPECT_EQ(Invoke({"up"}).code, kExitWrongUse);
  EXPECT_EQ(Invoke({"bench", "x.yaml", "--rate", "fast"}).code, kExitWrongUse);
  EXPECT_EQ(Invoke({"bench", "x.yaml", "--rate", "-1"}).code, kExitWrongUse);
  EXPECT_EQ(Invoke({"bench", "x.yaml", "--outstanding", "4", "--steps", "1x1"}).code,
            kExitWrongUse);
  EXPECT_EQ(Invoke({"bench", "x.yaml", "--steps", "1"}).code, kExitWrongUse);
  EXPECT_EQ(Invoke({"bench"}).code, kExitWrongUse);
  EXPECT_EQ(Invoke({"demo", "--policies", "dto-ee,best"}).code, kExitWrongUse);
}

TEST(CommandLine, AMissingFleetFileIsNamed) {
  for (const char* command : {"up", "down", "status"}) {
    const Outcome outcome = Invoke({command, "/nonexistent/fleet.yaml"});
    EXPECT_EQ(outcome.code, kExitWrongUse) << command;
    EXPECT_NE(outcome.err.find("/nonexistent/fleet.yaml: no such file"), std::string::npos);
  }
  EXPECT_EQ(Invoke({"drain", "/nonexistent/fleet.yaml", "n"}).code, kExitWrongUse);
}

TEST(CommandLine, AMalformedFleetFileIsWrongUse) {
  const std::string path = testing::TempDir() + "/bad.yaml";
  std::ofstream(path) << "version: 1\nnods: []\n";
  const Outcome outcome = Invoke({"up", path.c_str()});
  EXPECT_EQ(outcome.code, kExitWrongUse);
  EXPECT_NE(outcome.err.find("bad.yaml"), std::string::npos);
  EXPECT_EQ(outcome.out, "");
}

TEST(CommandLine, TheEnvironmentStandsInForOptions) {
  ::setenv("OFFRAMP_FLEET", "/nonexistent/of-env.yaml", 1);
  const Outcome from_env = Invoke({"status"});
  const Outcome flag_wins = Invoke({"status", "/nonexistent/of-flag.yaml"});
  ::unsetenv("OFFRAMP_FLEET");
  EXPECT_NE(from_env.err.find("of-env.yaml"), std::string::npos);
  EXPECT_NE(flag_wins.err.find("of-flag.yaml"), std::string::npos);
}

TEST(CommandLine, VersionIsData) {
  EXPECT_EQ(Invoke({"version"}).out.rfind("offramp ", 0), 0u);
  EXPECT_EQ(Invoke({"version", "--json"}).out.rfind("{\"version\": \"", 0), 0u);
}

}  // namespace
}  // namespace offramp
