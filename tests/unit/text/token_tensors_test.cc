#include "offramp/text/token_tensors.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::ElementsAre;

// A token for each byte.
class Bytes final : public Tokenizer {
 public:
  TokenizedText Encode(std::string_view text, std::size_t max_tokens) const override {
    TokenizedText tokens;
    for (const char c : text.substr(0, max_tokens)) {
      tokens.ids.push_back(c);
      tokens.types.push_back(5);
    }
    return tokens;
  }
  std::size_t special_tokens() const override { return 0; }
  std::int64_t pad_id() const override { return 7; }
};

std::vector<std::int64_t> ValuesOf(const Tensor& tensor) {
  std::vector<std::int64_t> values(tensor.data.size() / sizeof(std::int64_t));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

TEST(TokenTensors, PadsToTheLongestOfTheRequest) {
  const std::string_view texts[] = {"a", "bcd", ""};
  const auto tensors = TokenTensors(Bytes(), {"ids", "mask", "types"}, texts, 2);
  ASSERT_EQ(tensors.size(), 3U);
  EXPECT_EQ(tensors[0].name, "ids");
  EXPECT_EQ(tensors[0].datatype, DataType::kInt64);
  EXPECT_THAT(tensors[0].shape, ElementsAre(3, 2));
  EXPECT_THAT(ValuesOf(tensors[0]), ElementsAre('a', 7, 'b', 'c', 7, 7));
  EXPECT_THAT(ValuesOf(tensors[1]), ElementsAre(1, 0, 1, 1, 0, 0));
  EXPECT_THAT(ValuesOf(tensors[2]), ElementsAre(5, 0, 5, 5, 0, 0));
}

TEST(TokenTensors, NeverHasAnEmptyAxisAndLeavesOutWhatHasNoName) {
  const std::string_view texts[] = {""};
  const auto tensors = TokenTensors(Bytes(), {"ids", "mask", ""}, texts, 4);
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_THAT(tensors[0].shape, ElementsAre(1, 1));
}

}  // namespace
}  // namespace offramp
