#include "offramp/cli/completion.h"

#include <algorithm>
#include <vector>

#include "offramp/base/text.h"

namespace offramp {
namespace {

struct Flag {
  std::vector<std::string> names;   // with dashes, long ones first
  std::vector<std::string> values;  // empty: any
  std::string description;
  bool takes_value = false;
};

struct Command {
  std::string name;
  std::string description;
  std::vector<Flag> flags;
  std::vector<std::string> words;  // values of a positional that has a list
};

// The choices of an option's IsMember check, which CLI11 only tells as text: "{a,b,c}".
std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string text = option.get_type_name();
  const std::size_t open = text.find('{');
  const std::size_t close = text.find('}', open);
  if (open == std::string::npos || close == std::string::npos) return {};
  return Split(std::string_view(text).substr(open + 1, close - open - 1), ',');
}

Command CommandOf(const CLI::App& app) {
  Command command{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    if (option->get_positional()) {
      const auto choices = ChoicesOf(*option);
      command.words.insert(command.words.end(), choices.begin(), choices.end());
      continue;
    }
    Flag flag;
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    flag.values = ChoicesOf(*option);
    flag.description = option->get_description();
    flag.takes_value = option->get_items_expected_max() > 0;
    command.flags.push_back(std::move(flag));
  }
  return command;
}

std::vector<Command> CommandsOf(const CLI::App& app) {
  std::vector<Command> commands;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(CommandOf(*sub));
  }
  return commands;
}

std::string AllNames(const Command& command) {
  std::vector<std::string> names = command.words;
  for (const Flag& flag : command.flags) {
    names.insert(names.end(), flag.names.begin(), flag.names.end());
  }
  return Join(names, " ");
}

// For single-quoted text of all three shells, and free of what zsh's _arguments would read.
std::string Plain(std::string text) {
  for (const char bad : {'\'', '[', ']', '\\', '\n'}) {
    std::replace(text.begin(), text.end(), bad, bad == '[' ? '(' : bad == ']' ? ')' : ' ');
  }
  return text;
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  const auto commands = CommandsOf(app);
  std::vector<std::string> names;
  for (const Command& command : commands) names.push_back(command.name);
  std::string out =
      "# bash completion for offramp; printed by `offramp completion bash`\n"
      "_offramp() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local words=\"\"\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    words=\"" +
      Join(names, " ") + " " + AllNames(CommandOf(app)) +
      "\"\n"
      "  else\n"
      "    case \"${COMP_WORDS[1]} $before\" in\n";
  for (const Command& command : commands) {
    for (const Flag& flag : command.flags) {
      if (flag.values.empty()) continue;
      for (const std::string& name : flag.names) {
        out += "      '" + command.name + " " + name + "') words=\"" + Join(flag.values, " ") +
               "\" ;;\n";
      }
    }
  }
  out += "      *) case \"${COMP_WORDS[1]}\" in\n";
  for (const Command& command : commands) {
    out += "        " + command.name + ") words=\"" + AllNames(command) + "\" ;;\n";
  }
  out +=
      "      esac ;;\n"
      "    esac\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "}\n"
      "complete -o default -F _offramp offramp\n";
  return out;
}

std::string ZshCompletion(const CLI::App& app) {
  const auto commands = CommandsOf(app);
  std::string out =
      "#compdef offramp\n"
      "# zsh completion for offramp; printed by `offramp completion zsh`\n"
      "_offramp() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const Command& command : commands) {
    out += "    '" + command.name + ":" + Plain(command.description) + "'\n";
  }
  out +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe 'command' commands\n"
      "    return\n"
      "  fi\n"
      "  local command=\"$words[2]\"\n"
      "  shift words; (( CURRENT-- ))\n"
      "  case \"$command\" in\n";
  for (const Command& command : commands) {
    out += "    " + command.name + ") _arguments";
    for (const Flag& flag : command.flags) {
      for (const std::string& name : flag.names) {
        out += " \\\n      '" + name + "[" + Plain(flag.description) + "]";
        if (flag.takes_value) {
          out += flag.values.empty() ? ":value:_files" : ":value:(" + Join(flag.values, " ") + ")";
        }
        out += "'";
      }
    }
    out += command.words.empty() ? " \\\n      '*:file:_files' ;;\n"
                                 : " \\\n      '*:word:(" + Join(command.words, " ") + ")' ;;\n";
  }
  out +=
      "  esac\n"
      "}\n"
      "if [ \"$funcstack[1]\" = \"_offramp\" ]; then\n"
      "  _offramp \"$@\"\n"
      "else\n"
      "  compdef _offramp offramp\n"
      "fi\n";
  return out;
}

std::string FishCompletion(const CLI::App& app) {
  std::string out = "# fish completion for offramp; printed by `offramp completion fish`\n";
  for (const Command& command : CommandsOf(app)) {
    out += "complete -c offramp -n __fish_use_subcommand -f -a " + command.name + " -d '" +
           Plain(command.description) + "'\n";
    const std::string when =
        "complete -c offramp -n '__fish_seen_subcommand_from " + command.name + "'";
    if (!command.words.empty()) out += when + " -f -a '" + Join(command.words, " ") + "'\n";
    for (const Flag& flag : command.flags) {
      out += when;
      for (const std::string& name : flag.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!flag.values.empty()) {
        out += " -x -a '" + Join(flag.values, " ") + "'";
      } else if (flag.takes_value) {
        out += " -r";
      }
      out += " -d '" + Plain(flag.description) + "'\n";
    }
  }
  return out;
}

}  // namespace offramp
