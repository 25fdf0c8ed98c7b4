#include "offramp/files/yaml_reader.h"

#include <array>

#include <gtest/gtest.h>

namespace offramp {
namespace {

// The error after `read` looked at the document.
template <typename Read>
std::string ErrorAfter(const std::string& text, Read read) {
  const auto reader = YamlReader::Parse(text, "x.yaml");
  EXPECT_TRUE(reader.ok()) << reader.status();
  read((*reader)->root());
  EXPECT_EQ((*reader)->status().code(), StatusCode::kInvalidArgument);
  return (*reader)->status().message();
}

template <typename Read>
void ExpectGood(const std::string& text, Read read) {
  const auto reader = YamlReader::Parse(text, "x.yaml");
  ASSERT_TRUE(reader.ok()) << reader.status();
  read((*reader)->root());
  EXPECT_TRUE((*reader)->status().ok()) << (*reader)->status();
}

std::string IntegerError(const std::string& value) {
  return ErrorAfter("a:\n  - k: " + value + "\n",
                    [](const YamlView& root) { root.Key("a").Items()[0].Key("k").Integer(1, 4); });
}

std::string NumberError(const std::string& value) {
  return ErrorAfter("k: " + value + "\n",
                    [](const YamlView& root) { root.Key("k").Number({.min = 0, .max = 1}); });
}

TEST(YamlReaderTest, ReadsWhatIsThere) {
  ExpectGood("i: 7\nf: 2.5\ne: 1e3\np: +4\nt: word\nq: '12'\nl: [1, 2]\n",
             [](const YamlView& root) {
               EXPECT_EQ(root.Key("i").Integer(1, 9), 7);
               EXPECT_EQ(root.Key("f").Number(kPositive), 2.5);
               EXPECT_EQ(root.Key("e").Number(kPositive), 1000);
               EXPECT_EQ(root.Key("p").Integer(1, 9), 4);
               EXPECT_EQ(root.Key("t").Text(), "word");
               EXPECT_EQ(root.Key("q").Text(), "12");
               EXPECT_EQ(root.Key("l").Items(2).size(), 2u);
               EXPECT_TRUE(root.Key("t").IsText("word"));
               EXPECT_FALSE(root.Key("l").IsText("word"));
             });
}

TEST(YamlReaderTest, AbsentValuesFallBack) {
  ExpectGood("{}\n", [](const YamlView& root) {
    EXPECT_EQ(root.Key("i").Integer(1, 9, 3), 3);
    EXPECT_EQ(root.Key("n").Number(kPositive, 0.5), 0.5);
    EXPECT_EQ(root.Key("t").Text("text", "default"), "default");
    EXPECT_TRUE(root.Key("l").Items().empty());
    EXPECT_FALSE(root.Key("l").present());
  });
}

TEST(YamlReaderTest, IntegersHaveOneMessage) {
  const std::string where = "x.yaml:2: a[0].k: is ";
  const std::string what = ", expected an integer from 1 to 4";
  EXPECT_EQ(IntegerError("x"), where + "\"x\"" + what);
  EXPECT_EQ(IntegerError("5"), where + "\"5\"" + what);
  EXPECT_EQ(IntegerError("0"), where + "\"0\"" + what);
  EXPECT_EQ(IntegerError("1.5"), where + "\"1.5\"" + what);
  EXPECT_EQ(IntegerError("'2'"), where + "the quoted text \"2\"" + what);
  EXPECT_EQ(IntegerError("99999999999999999999"), where + "\"99999999999999999999\"" + what);
  EXPECT_EQ(IntegerError("[2]"), where + "a list" + what);
  EXPECT_EQ(IntegerError("{a: 2}"), where + "a map" + what);
  EXPECT_EQ(IntegerError(""), where + "empty" + what);
  EXPECT_EQ(IntegerError("~"), where + "empty" + what);
}

TEST(YamlReaderTest, NumbersAreFiniteAndInRange) {
  const std::string what = ", expected a number from 0 to 1";
  for (const std::string value : {"nan", ".nan", "inf", "-inf", ".inf", "1e999", "2", "-0.1", "1,5",
                                  "0x1", "one", "1 1", "--1", "+-1"}) {
    EXPECT_EQ(NumberError(value), "x.yaml:1: k: is \"" + value + "\"" + what);
  }
}

TEST(YamlReaderTest, RangesDescribeThemselves) {
  const auto error = [](const NumberRange& range) {
    return ErrorAfter("k: x\n", [&](const YamlView& root) { root.Key("k").Number(range); });
  };
  EXPECT_EQ(error(kPositive), "x.yaml:1: k: is \"x\", expected a number above 0");
  EXPECT_EQ(error(kNotNegative), "x.yaml:1: k: is \"x\", expected a number of at least 0");
  EXPECT_EQ(error({}), "x.yaml:1: k: is \"x\", expected a number");
  EXPECT_EQ(error({.max = 0.25}), "x.yaml:1: k: is \"x\", expected a number of at most 0.25");
  EXPECT_EQ(error({.min = 0, .above_min = true, .max = 2}),
            "x.yaml:1: k: is \"x\", expected a number above 0 and at most 2");
  EXPECT_EQ(error({.what = "a sign"}), "x.yaml:1: k: is \"x\", expected a sign");
}

TEST(YamlReaderTest, MissingValuesPointAtTheirMap) {
  EXPECT_EQ(
      ErrorAfter("a:\n  b:\n    c: 1\n",
                 [](const YamlView& root) { root.Key("a").Key("b").Key("d").Number(kPositive); }),
      "x.yaml:3: a.b.d: is missing, expected a number above 0");
}

TEST(YamlReaderTest, UnknownKeysSuggestTheNearest) {
  const auto error = [](const std::string& text) {
    return ErrorAfter(text, [](const YamlView& root) {
      root.Key("m").ExpectMap({"stage", "listen", "threads"});
    });
  };
  EXPECT_EQ(error("m:\n  stage: 1\n  thread: 2\n"),
            "x.yaml:3: m: unknown key \"thread\", did you mean \"threads\"?");
  EXPECT_EQ(error("m: {zzzzzzzzzz: 1}\n"),
            "x.yaml:1: m: unknown key \"zzzzzzzzzz\", expected one of stage, listen, threads");
  EXPECT_EQ(error("m: 5\n"), "x.yaml:1: m: is \"5\", expected a map");
}

TEST(YamlReaderTest, ListsHaveALeastLength) {
  EXPECT_EQ(ErrorAfter("l: []\n", [](const YamlView& root) { root.Key("l").Items(1); }),
            "x.yaml:1: l: has 0 entries, expected at least 1");
  EXPECT_EQ(ErrorAfter("l: 1\n", [](const YamlView& root) { root.Key("l").Items(); }),
            "x.yaml:1: l: is \"1\", expected a list");
  EXPECT_EQ(ErrorAfter("a: 1\n", [](const YamlView& root) { root.Key("l").Items(1); }),
            "x.yaml:1: l: is missing, expected a list");
}

TEST(YamlReaderTest, ChoicesSuggestTheNearest) {
  const std::array<std::string, 2> choices = {"onnx", "emulated"};
  EXPECT_EQ(
      ErrorAfter("k: emulate\n", [&](const YamlView& root) { root.Key("k").Choice(choices); }),
      "x.yaml:1: k: is \"emulate\", expected one of onnx, emulated; did you mean "
      "\"emulated\"?");
}

TEST(YamlReaderTest, NamesAreSafeEverywhere) {
  for (const std::string& name :
       std::vector<std::string>{"a", "s1-a", "A.b_c", "_x", "0", std::string(64, 'n')}) {
    ExpectGood("k: " + name + "\n",
               [&](const YamlView& root) { EXPECT_EQ(root.Key("k").Name(), name); });
  }
  for (const std::string& name : std::vector<std::string>{
           "-a", ".a", "a/b", "a b", "a,b", "\"\"", "\"a\\n\"", "\xc3\xa4", std::string(65, 'n')}) {
    ErrorAfter("k: " + name + "\n", [](const YamlView& root) { root.Key("k").Name(); });
  }
}

TEST(YamlReaderTest, TheFirstErrorStays) {
  EXPECT_EQ(ErrorAfter("a: x\nb: y\n",
                       [](const YamlView& root) {
                         root.Key("a").Number({});
                         root.Key("b").Number({});
                       }),
            "x.yaml:1: a: is \"x\", expected a number");
}

TEST(YamlReaderTest, VersionIsOne) {
  const auto error = [](const std::string& text) {
    const auto reader = YamlReader::Parse(text, "x.yaml");
    (*reader)->ExpectVersion1();
    return (*reader)->status().message();
  };
  EXPECT_EQ(error("version: 1\n"), "");
  EXPECT_EQ(error("a: 1\n"), "x.yaml:1: version: is missing, expected 1");
  EXPECT_EQ(error("version: 2\n"), "x.yaml:1: version: is \"2\", expected 1");
}

TEST(YamlReaderTest, HostileTextIsShownTame) {
  EXPECT_EQ(Quoted("a\nb\x1b[31m\x7f"), "\"a?b?[31m?\"");
  EXPECT_EQ(Quoted(std::string(100, 'x')), "\"" + std::string(60, 'x') + "...\"");
}

}  // namespace
}  // namespace offramp
