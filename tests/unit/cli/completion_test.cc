#include "offramp/cli/completion.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "offramp/cli/commands.h"

namespace offramp {
namespace {

class Completion : public testing::Test {
 protected:
  Completion() {
    AddUpCommand(line_);
    AddBenchCommand(line_);
    AddCompletionCommand(line_);
  }

  // Whether a shell finds the script well formed; shells that are not installed say yes.
  static bool WellFormed(const std::string& shell, const std::string& script) {
    if (std::system(("command -v " + shell + " >/dev/null").c_str()) != 0) return true;
    const std::string path = testing::TempDir() + "/completion." + shell;
    std::ofstream(path) << script;
    return std::system((shell + " -n " + path).c_str()) == 0;
  }

  CommandLine line_;
};

TEST_F(Completion, EveryShellKnowsCommandsOptionsAndChoices) {
  for (const std::string& script :
       {BashCompletion(line_.app), ZshCompletion(line_.app), FishCompletion(line_.app)}) {
    for (const char* word : {"up", "bench", "completion", "detach", "outstanding", "json"}) {
      EXPECT_NE(script.find(word), std::string::npos) << word;
    }
    EXPECT_NE(script.find("trace debug info warn error"), std::string::npos);
    EXPECT_NE(script.find("bash zsh fish"), std::string::npos);
  }
}

TEST_F(Completion, ScriptsAreWellFormed) {
  EXPECT_TRUE(WellFormed("bash", BashCompletion(line_.app)));
  EXPECT_TRUE(WellFormed("zsh", ZshCompletion(line_.app)));
  EXPECT_TRUE(WellFormed("fish", FishCompletion(line_.app)));
}

TEST_F(Completion, BashCompletesCommandsOptionsAndValues) {
  const std::string path = testing::TempDir() + "/offramp.bash";
  std::ofstream(path) << BashCompletion(line_.app);
  const auto completes = [&](const std::string& words, int at, const std::string& expected) {
    const std::string script =
        "source " + path + "; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(at) +
        "; _offramp; [[ \" ${COMPREPLY[*]} \" == *\" " + expected + " \"* ]]";
    return std::system(("bash -c '" + script + "'").c_str()) == 0;
  };
  EXPECT_TRUE(completes("offramp u", 1, "up"));
  EXPECT_TRUE(completes("offramp up --det", 2, "--detach"));
  EXPECT_TRUE(completes("offramp up --log-format j", 3, "json"));
  EXPECT_FALSE(completes("offramp up --det", 2, "--outstanding"));
}

TEST_F(Completion, HiddenOptionsStayHidden) {
  CommandLine line;
  CLI::App* command = AddCommand(line, "node", "text", "");
  std::string value;
  command->add_option("--secret", value)->group("");
  EXPECT_EQ(BashCompletion(line.app).find("--secret"), std::string::npos);
}

}  // namespace
}  // namespace offramp
