#include "offramp/partition/rename.h"

#include <set>

namespace offramp {

namespace {

constexpr std::size_t kLongestName = 200;
constexpr std::size_t kMostShown = 200;  // of a text in an error

bool Usable(const std::string& name) {
  if (name.size() > kLongestName) return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == ',') return false;
  }
  return true;
}

std::string MadeUsable(const std::string& name, const std::set<std::string>& taken) {
  std::string made = name.substr(0, kLongestName - 8);
  for (char& c : made) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == ',') c = '_';
  }
  std::string distinct = made;
  for (int i = 2; taken.contains(distinct); ++i) distinct = made + "_" + std::to_string(i);
  return distinct;
}

void Replace(std::string* name, const std::map<std::string, std::string>& new_names) {
  const auto it = new_names.find(*name);
  if (it != new_names.end()) *name = it->second;
}

void RenameIn(onnx::GraphProto& graph, std::map<std::string, std::string> new_names, bool outer) {
  if (!outer) {
    // What the subgraph defines itself is not the outer value.
    for (const auto& input : graph.input()) new_names.erase(input.name());
    for (const auto& tensor : graph.initializer()) new_names.erase(tensor.name());
    for (const auto& node : graph.node()) {
      for (const std::string& output : node.output()) new_names.erase(output);
    }
  }
  for (auto& node : *graph.mutable_node()) {
    for (std::string& name : *node.mutable_input()) Replace(&name, new_names);
    for (std::string& name : *node.mutable_output()) Replace(&name, new_names);
    for (auto& attribute : *node.mutable_attribute()) {
      if (attribute.has_g()) RenameIn(*attribute.mutable_g(), new_names, false);
      for (auto& inner : *attribute.mutable_graphs()) RenameIn(inner, new_names, false);
    }
  }
  for (auto& info : *graph.mutable_input()) Replace(info.mutable_name(), new_names);
  for (auto& info : *graph.mutable_output()) Replace(info.mutable_name(), new_names);
  for (auto& info : *graph.mutable_value_info()) Replace(info.mutable_name(), new_names);
  for (auto& tensor : *graph.mutable_initializer()) Replace(tensor.mutable_name(), new_names);
}

}  // namespace

void RenameValues(onnx::GraphProto& graph, const std::map<std::string, std::string>& new_names) {
  if (!new_names.empty()) RenameIn(graph, new_names, true);
}

void ReplaceUnusableNames(onnx::GraphProto& graph) {
  std::set<std::string> taken;
  for (const auto& input : graph.input()) taken.insert(input.name());
  for (const auto& tensor : graph.initializer()) taken.insert(tensor.name());
  for (const auto& output : graph.output()) taken.insert(output.name());
  for (const auto& node : graph.node()) {
    taken.insert(node.input().begin(), node.input().end());
    taken.insert(node.output().begin(), node.output().end());
  }
  std::map<std::string, std::string> new_names;
  for (const std::string& name : std::set<std::string>(taken)) {
    if (name.empty() || Usable(name)) continue;
    new_names[name] = MadeUsable(name, taken);
    taken.insert(new_names[name]);
  }
  RenameValues(graph, new_names);
}

std::string Shown(const std::string& text) {
  std::string shown = text.substr(0, kMostShown);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return shown.size() < text.size() ? shown + "..." : shown;
}

}  // namespace offramp
