#include <iostream>
#include <memory>

#include "offramp/cli/commands.h"
#include "offramp/cli/completion.h"

namespace offramp {

void AddCompletionCommand(CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command =
      AddCommand(line, "completion", "Print shell completion for bash, zsh or fish",
                 "  source <(offramp completion bash)\n"
                 "  offramp completion zsh > \"${fpath[1]}/_offramp\"\n"
                 "  offramp completion fish > ~/.config/fish/completions/offramp.fish");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([&line, shell] {
    line.action = [&line, shell] {
      std::cout << (*shell == "bash"  ? BashCompletion(line.app)
                    : *shell == "zsh" ? ZshCompletion(line.app)
                                      : FishCompletion(line.app));
      return kExitDone;
    };
  });
}

}  // namespace offramp
