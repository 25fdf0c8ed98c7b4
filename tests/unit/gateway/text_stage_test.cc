// Raw text as a gateway takes it: what it becomes, and what is refused unread.
#include "offramp/gateway/text_stage.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/model/digest.h"

namespace offramp {
namespace {

using ::testing::ElementsAre;

// A token for each byte.
class Bytes final : public Tokenizer {
 public:
  TokenizedText Encode(std::string_view text, std::size_t max_tokens) const override {
    TokenizedText tokens;
    for (const char c : text.substr(0, max_tokens)) tokens.ids.push_back(c);
    tokens.types.resize(tokens.ids.size());
    return tokens;
  }
  std::size_t special_tokens() const override { return 0; }
  std::int64_t pad_id() const override { return 0; }
};

TextStage Stage() {
  return TextStage({.input = "text", .ids = "ids", .mask = "mask", .max_tokens = 3},
                   std::make_unique<Bytes>());
}

Tensor Texts(const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) {
    const auto length = static_cast<std::uint32_t>(text.size());
    bytes.append(reinterpret_cast<const char*>(&length), sizeof length);
    bytes += text;
  }
  return {.name = "text",
          .datatype = DataType::kBytes,
          .shape = {static_cast<std::int64_t>(texts.size()), 1},
          .data = Buffer::CopyOf(bytes)};
}

std::string ErrorOf(const std::vector<std::string>& texts) {
  const auto tensors = Stage().Run(Texts(texts));
  return tensors.ok() ? "" : tensors.status().ToString();
}

TEST(TextStage, MakesTheTensorsThatStageOneReceives) {
  const auto tensors = Stage().Run(Texts({"ab", "cdef"}));
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ASSERT_EQ(tensors->size(), 2U);
  EXPECT_EQ((*tensors)[0].name, "ids");
  EXPECT_EQ((*tensors)[1].name, "mask");
  EXPECT_THAT((*tensors)[0].shape, ElementsAre(2, 3));
  std::int64_t mask[6];
  ASSERT_EQ((*tensors)[1].data.size(), sizeof mask);
  std::memcpy(mask, (*tensors)[1].data.data(), sizeof mask);
  EXPECT_THAT(mask, ElementsAre(1, 1, 0, 1, 1, 1));
}

TEST(TextStage, RefusesWhatIsNoText) {
  EXPECT_EQ(ErrorOf({"a", ""}),
            "INVALID_ARGUMENT: input \"text\": row 1, counted from 0, is empty, expected text");
  EXPECT_EQ(ErrorOf({"a\xC0"}),
            "INVALID_ARGUMENT: input \"text\": row 0, counted from 0, is no UTF-8");
  EXPECT_EQ(ErrorOf({std::string(TextStage::kMaxTextBytes, 'a')}), "");
  EXPECT_THAT(ErrorOf({std::string(TextStage::kMaxTextBytes + 1, 'a')}),
              ::testing::HasSubstr("at most 1048576 are accepted"));
  EXPECT_THAT(ErrorOf(std::vector<std::string>(16, std::string(TextStage::kMaxTextBytes, 'a'))),
              ::testing::HasSubstr("bytes of text, at most 16777216 are accepted"));
}

TEST(TextStage, ChecksTheFileThatTheBundleNames) {
  const std::string folder = testing::TempDir();
  Bundle bundle;
  bundle.folder = folder;
  bundle.tokenizer.emplace();
  bundle.tokenizer->file = "text_stage_test.json";
  bundle.tokenizer->sha256 = Sha256Hex("{}");
  bundle.tokenizer->max_tokens = 8;
  std::filesystem::remove(folder + "/text_stage_test.json");
  EXPECT_EQ(TextStage::Load(bundle).status().code(), StatusCode::kNotFound);
  std::ofstream(folder + "/text_stage_test.json") << "{}";
  EXPECT_EQ(TextStage::Load(bundle).status().code(), StatusCode::kInvalidArgument);
  std::ofstream(folder + "/text_stage_test.json") << "[]";
  EXPECT_EQ(TextStage::Load(bundle).status().code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace offramp
