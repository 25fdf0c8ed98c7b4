// Renaming values of a graph, also where subgraphs capture them.
#pragma once

#include <map>
#include <string>

#include <onnx/onnx_pb.h>

namespace offramp {

// Replaces names of values everywhere in the graph. A subgraph's own values of the same name hide
// the outer ones and stay.
void RenameValues(onnx::GraphProto& graph, const std::map<std::string, std::string>& new_names);

// Names that bundle.yaml cannot carry (formats/bundle.md: spaces, commas, more than 256
// characters), made usable and kept distinct.
void ReplaceUnusableNames(onnx::GraphProto& graph);

// Text of the file for an error's one line: control characters as question marks, cut where long.
std::string Shown(const std::string& text);

}  // namespace offramp
