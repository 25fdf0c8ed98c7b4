#include "offramp/cli/app.h"

#include <algorithm>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "offramp/base/text.h"
#include "offramp/cli/help.h"

namespace offramp {
namespace {

std::string DidYouMean(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = Nearest(word, candidates);
  return near.empty() ? "" : "; did you mean " + near + "?";
}

std::string UnknownWord(const CLI::App& at, const std::string& word) {
  if (!word.starts_with("-")) return "'" + word + "' is one word too many";
  std::vector<std::string> names;
  for (const CLI::Option* option : at.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::string name = word.substr(0, word.find('='));
  return "unknown option " + name + DidYouMean(name, names);
}

// What is wrong with the command line, in one line, and where help is.
std::string Complaint(const CLI::App* root, const CLI::Error& error) {
  const CLI::App* at = root;
  for (const CLI::App* command : root->get_subcommands()) at = command;
  std::string what = error.what();
  // A wrong option in place of a command is told first as the command that is missing.
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) ||
      (at == root && error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError))) {
    const auto words = at->remaining();
    const auto option = std::find_if(words.begin(), words.end(),
                                     [](const std::string& word) { return word.starts_with("-"); });
    if (!words.empty()) what = UnknownWord(*at, option == words.end() ? words.front() : *option);
  }
  const std::string name = at == root ? root->get_name() : root->get_name() + " " + at->get_name();
  return "offramp: " + what + "\nTry `" + name + " --help`.\n";
}

}  // namespace

CommandLine::CommandLine()
    : app("Collaborative inference of early-exit models over unequal edge nodes", "offramp") {
  app.require_subcommand(1);
  app.fallthrough(false);
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_help_flag("-h,--help", "Print this help");
  app.footer("Run `offramp COMMAND --help` for options and examples of a command.");
  app.failure_message(&Complaint);
}

CLI::App* AddCommand(CommandLine& line, const std::string& name, const std::string& description,
                     const std::string& examples) {
  CLI::App* command = line.app.add_subcommand(name, description);
  command->set_help_flag("-h,--help", "Print this help");
  command->footer("Examples:\n" + examples);
  return command;
}

int Fail(const Status& status) {
  std::cerr << "offramp: " << status.message() << "\n";
  return status.code() == StatusCode::kInvalidArgument || status.code() == StatusCode::kNotFound
             ? kExitWrongUse
             : kExitFailed;
}

int RunCommandLine(CommandLine& line, int argc, const char* const* argv) {
  if (argc < 2) {
    std::cerr << line.app.help();
    return kExitWrongUse;
  }
  // CLI11 would only say that a command is missing.
  if (const std::string word = argv[1]; !word.starts_with("-")) {
    std::vector<std::string> names;
    for (const CLI::App* command : line.app.get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(command->get_name());
    }
    if (std::find(names.begin(), names.end(), word) == names.end()) {
      std::cerr << "offramp: unknown command " << word << DidYouMean(word, names)
                << "\nTry `offramp --help`.\n";
      return kExitWrongUse;
    }
  }
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = line.app.exit(error, std::cout, std::cerr);
    return code == 0 ? kExitDone : kExitWrongUse;
  }
  try {
    return line.action ? line.action() : kExitWrongUse;
  } catch (const std::exception& error) {
    return Fail(InternalError(std::string("unexpected: ") + error.what()));
  }
}

}  // namespace offramp
