#include "offramp/cli/help.h"

#include <sstream>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr std::size_t kIndent = 24;
constexpr std::size_t kColumns = 100;

// `head`, then `text` from column kIndent on, broken at blanks before kColumns.
std::string TwoColumns(const std::string& head, const std::string& text) {
  std::string out = "  " + head;
  std::size_t column = out.size();
  if (column + 2 > kIndent) {
    out += "\n";
    column = 0;
  }
  out.append(kIndent - column, ' ');
  column = kIndent;
  std::istringstream words(text);
  std::string word;
  bool first = true;
  while (words >> word) {
    if (!first && column + 1 + word.size() > kColumns) {
      out += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    } else if (!first) {
      out += " ";
      ++column;
    }
    out += word;
    column += word.size();
    first = false;
  }
  return out + "\n";
}

}  // namespace

HelpFormatter::HelpFormatter() {
  label("REQUIRED", "");
  column_width(kIndent);
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  const std::string name = is_positional ? option->get_name(true) : option->get_name(false, true);
  return TwoColumns(name + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return "";
  // CLI11 appends what a check expects: "LEVEL:{a,b}"; our texts say it themselves.
  const std::string type = option->get_type_name();
  const std::string name = type.substr(0, type.find_first_of(":{ "));
  return name.empty() ? "" : " " + name;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::vector<std::string> facts;
  std::string fallback = option->get_default_str();
  // Lists: as typed, but with room to break the line.
  std::erase_if(fallback, [](char c) { return c == '[' || c == ']' || c == '"'; });
  if (!fallback.empty()) facts.push_back("default " + Join(Split(fallback, ','), ", "));
  if (!option->get_envname().empty()) facts.push_back("env " + option->get_envname());
  std::string text = option->get_description();
  if (!facts.empty()) text += " [" + Join(facts, "; ") + "]";
  return text;
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return TwoColumns(command->get_name(), command->get_description());
}

}  // namespace offramp
