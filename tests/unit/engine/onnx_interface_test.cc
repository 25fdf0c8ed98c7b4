// A file's inputs and outputs against the bundle, without a runtime.
#include "offramp/engine/onnx_interface.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

OnnxPort Port(const std::string& name, std::vector<std::int64_t> shape,
              DataType type = DataType::kFp32) {
  return {.name = name, .datatype = type, .shape = std::move(shape)};
}

Bundle TwoStages() {
  Bundle bundle;
  bundle.inputs = {{.name = "x", .shape = {-1, 8}}};
  bundle.outputs = {{.name = "boxes", .shape = {-1, 2}}, {.name = "logits", .shape = {-1, 4}}};
  bundle.stages.resize(2);
  bundle.stages[0].receives = {"x"};
  bundle.stages[0].sends = {"h", "x"};
  bundle.stages[0].exit = "early";
  bundle.stages[1].receives = {"h"};
  bundle.stages[1].exit = "logits";
  return bundle;
}

OnnxInterface First() {
  return {.inputs = {Port("x", {-1, 8})},
          .outputs = {Port("h", {-1, 16}), Port("early", {-1, 4}), Port("unused", {3})}};
}

TEST(OnnxInterfaceTest, AFittingFileIsTaken) {
  EXPECT_EQ(CheckInterface(First(), TwoStages(), 1), OkStatus());
}

TEST(OnnxInterfaceTest, AnAnyExtentFitsEveryExtent) {
  OnnxInterface file = First();
  file.inputs[0].shape = {-1, -1};
  file.outputs[1].shape = {-1, -1};
  EXPECT_EQ(CheckInterface(file, TwoStages(), 1), OkStatus());
}

TEST(OnnxInterfaceTest, WhatIsSentIsComputedOrCarried) {
  Bundle bundle = TwoStages();
  bundle.stages[0].sends = {"h", "y"};
  EXPECT_EQ(CheckInterface(First(), bundle, 1).message(),
            "tensor \"y\" is no output of the file, expected one of h, early, unused");
  // Stage 2 of three may pass on what stage 1 sent although its file does not read it.
  bundle = TwoStages();
  bundle.stages.push_back(bundle.stages[1]);
  bundle.stages[1].sends = {"h2", "x"};
  bundle.stages[1].exit = "";
  const OnnxInterface second{.inputs = {Port("h", {-1, 16})}, .outputs = {Port("h2", {-1, 16})}};
  EXPECT_EQ(CheckInterface(second, bundle, 2), OkStatus());
}

TEST(OnnxInterfaceTest, PlainOutputsAreAsTheBundleSays) {
  OnnxInterface file = First();
  file.outputs.push_back(Port("boxes", {-1, 3}));
  EXPECT_EQ(CheckInterface(file, TwoStages(), 1).message(),
            "tensor \"boxes\" is FP32 [-1, 3], expected FP32 [-1, 2] as the bundle says");
  file.outputs.back() = Port("boxes", {2, 2});
  EXPECT_EQ(CheckInterface(file, TwoStages(), 1).message(),
            "tensor \"boxes\" has the fixed batch size 2, expected a dynamic first axis");
}

TEST(OnnxInterfaceTest, TypesThatCannotBeSentAreRefusedOnlyWhereTheyAreUsed) {
  OnnxInterface file = First();
  file.outputs[2].datatype.reset();
  EXPECT_EQ(CheckInterface(file, TwoStages(), 1), OkStatus());
  file.outputs[0].datatype.reset();
  EXPECT_EQ(CheckInterface(file, TwoStages(), 1).message(),
            "tensor \"h\" has a type that cannot be sent");
}

TEST(OnnxInterfaceTest, ShapesAreShownAsTheyAreWritten) {
  EXPECT_EQ(ShapeText({-1, 1, 28}), "[-1, 1, 28]");
  EXPECT_EQ(ShapeText({}), "[]");
}

TEST(OnnxInterfaceTest, HugeShapesDoNotOverflow) {
  const Tensor tensor{.name = "x", .shape = {std::int64_t{1} << 40, std::int64_t{1} << 40}};
  EXPECT_FALSE(CheckInput(tensor, Port("x", {-1, -1})).ok());
  const Tensor negative{.name = "x", .shape = {-4, -4}};
  EXPECT_FALSE(CheckInput(negative, Port("x", {-1, -1})).ok());
}

}  // namespace
}  // namespace offramp
