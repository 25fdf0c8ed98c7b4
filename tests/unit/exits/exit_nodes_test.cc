#include "offramp/exits/exit_nodes.h"

#include <cmath>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "offramp/engine/onnx_runner.h"
#include "offramp/partition/element_type.h"

namespace offramp {
namespace {

constexpr int kRows = 3;

void AddPort(const std::string& name, DataType datatype, std::size_t rank,
             google::protobuf::RepeatedPtrField<onnx::ValueInfoProto>& ports) {
  onnx::ValueInfoProto& info = *ports.Add();
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(ToElementType(datatype));
  for (std::size_t axis = 0; axis < rank; ++axis) type.mutable_shape()->add_dim();
  type.mutable_shape()->mutable_dim(0)->set_dim_param("n");
}

onnx::NodeProto& AddNode(onnx::GraphProto& graph, const std::string& op,
                         const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

// A stage: x -> Relu -> y, which is sent.
onnx::ModelProto Stage(std::size_t rank, int opset) {
  onnx::ModelProto model;
  model.set_ir_version(opset < 10 ? 4 : 7);
  auto& import = *model.add_opset_import();
  import.set_domain("");
  import.set_version(opset);
  onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name("stage");
  AddPort("x", DataType::kFp32, rank, *graph.mutable_input());
  AddNode(graph, "Relu", {"x"}, "y");
  AddPort("y", DataType::kFp32, rank, *graph.mutable_output());
  return model;
}

Tensor Drawn(const std::string& name, std::vector<std::int64_t> shape, Random& random) {
  MutableBuffer bytes(static_cast<std::size_t>(*ElementCount(shape)) * sizeof(float));
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
    const auto value = static_cast<float>(random.Uniform());  // a ReLU changes nothing
    std::memcpy(bytes.data() + at, &value, sizeof(float));
  }
  return {.name = name, .shape = std::move(shape), .data = std::move(bytes).Freeze()};
}

Classifier DrawnClassifier(std::vector<std::int64_t> widths, Random& random) {
  Classifier classifier;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    DenseLayer& layer = classifier.layers.emplace_back();
    layer.weights.resize(widths[l], widths[l + 1]);
    layer.bias.resize(widths[l + 1]);
    for (double& weight : layer.weights.reshaped()) weight = random.Uniform() - 0.5;
    for (double& weight : layer.bias.reshaped()) weight = random.Uniform() - 0.5;
  }
  return classifier.AsFloats();
}

RowMatrix ValuesOf(const Tensor& tensor) {
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values(tensor.shape[0],
                                                                               tensor.shape[1]);
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values.cast<double>();
}

// The file's exit against Eigen's, over features that only pooling computed.
void ExpectAsFitted(const ExitDesign& design, std::size_t rank, int opset,
                    const std::vector<Tensor>& inputs) {
  onnx::ModelProto model = Stage(rank, opset);
  const auto output = AddExit(design, 1, {"exit1_logits"}, model);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_NE(*output, "exit1_logits") << "somebody else's name";
  const auto stage = OnnxRunner::FromBytes(model.SerializeAsString(), ".", "stage", {});
  ASSERT_TRUE(stage.ok()) << stage.status();
  const auto answers = (*stage)->Run(inputs, {*output, "y"});
  ASSERT_TRUE(answers.ok()) << answers.status();
  std::vector<Tensor> sent = inputs;
  sent[0] = *(*answers)[1];
  const auto pooling = LoadPooling(design.inputs, {design.pool});
  ASSERT_TRUE(pooling.ok()) << pooling.status();
  const auto features = (*pooling)->Run(sent, {PoolName(design.pool)});
  ASSERT_TRUE(features.ok()) << features.status();
  const Eigen::MatrixXd expected = design.classifier.Logits(ValuesOf(**features->begin()));
  EXPECT_LT((ValuesOf(**answers->begin()) - expected).cwiseAbs().maxCoeff(), 1e-5);
}

class AddedExits : public testing::TestWithParam<int> {};  // operator set

TEST_P(AddedExits, AnswerAsTheirFitOverSpace) {
  Random random(1);
  const ExitDesign design{
      .inputs = {.sources = {{.tensor = "y", .shape = {4, 6, 6}, .fixed = true}}},
      .pool = {.kind = ExitPool::Kind::kGrid, .grid = 2},
      .classifier = DrawnClassifier({16, 3}, random)};
  ExpectAsFitted(design, 4, GetParam(), {Drawn("x", {kRows, 4, 6, 6}, random)});
}

TEST_P(AddedExits, AnswerAsTheirFitOverTokensWithAMaskAndAHiddenLayer) {
  Random random(2);
  const ExitDesign design{
      .inputs = {.sources = {{.tensor = "y", .shape = {5, 4}, .channels_first = false}},
                 .mask = "attention_mask",
                 .mask_datatype = DataType::kFp32},
      .classifier = DrawnClassifier({4, 8, 3}, random)};
  ExpectAsFitted(design, 3, GetParam(),
                 {Drawn("x", {kRows, 5, 4}, random), Drawn("attention_mask", {kRows, 5}, random)});
}

TEST_P(AddedExits, AnswerAsTheirFitOverTokensWithoutOne) {
  Random random(3);
  const ExitDesign design{
      .inputs = {.sources = {{.tensor = "y", .shape = {5, 4}, .channels_first = false}}},
      .classifier = DrawnClassifier({4, 3}, random)};
  ExpectAsFitted(design, 3, GetParam(), {Drawn("x", {kRows, 5, 4}, random)});
}

INSTANTIATE_TEST_SUITE_P(OperatorSets, AddedExits, testing::Values(7, 11, 13, 18, 21));

TEST(AddExit, RefusesOperatorSetsThatBroadcastOtherwise) {
  Random random(1);
  onnx::ModelProto model = Stage(2, 6);
  const ExitDesign design{.inputs = {.sources = {{.tensor = "y", .shape = {4}}}},
                          .classifier = DrawnClassifier({4, 3}, random)};
  const auto output = AddExit(design, 1, {}, model);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.status().message(), "is of operator set 6, expected at least 7");
}

TEST(RemoveOutput, TakesWhatOnlyItNeeded) {
  Random random(1);
  onnx::ModelProto model = Stage(2, 13);
  const std::string before = model.SerializeAsString();
  const ExitDesign design{.inputs = {.sources = {{.tensor = "y", .shape = {4}}}},
                          .classifier = DrawnClassifier({4, 8, 3}, random),
                          .probabilities = true};
  const auto output = AddExit(design, 1, {}, model);
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(*output, "exit1_probabilities");
  EXPECT_EQ(model.graph().node_size(), 5);
  EXPECT_EQ(RemoveOutput(*output, *model.mutable_graph()), 2 * (4 * 8 + 8 * 3));
  EXPECT_EQ(model.SerializeAsString(), before);
}

}  // namespace
}  // namespace offramp
