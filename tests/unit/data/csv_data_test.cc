#include "offramp/data/csv_data.h"

#include <gmock/gmock.h>

#include "offramp/data/records.h"
#include "tests/unit/data/data_files.h"

namespace offramp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CsvData : public DataFiles {
 protected:
  Result<std::unique_ptr<DataSet>> Open(const std::string& text, const Bundle& bundle) const {
    return OpenDataSet({.paths = {Write("d.csv", text)}}, bundle);
  }

  // What opening, or else reading everything, complains of.
  std::string ErrorOf(const std::string& text, const Bundle& bundle) const {
    const auto data = Open(text, bundle);
    if (!data.ok()) return data.status().message();
    const auto rows = (*data)->Read(0, (*data)->rows());
    return rows.ok() ? "" : rows.status().message();
  }
};

TEST_F(CsvData, FeaturesInOrderAndLabelsByNameOrNumber) {
  const Bundle bundle = BundleFor(DataType::kFp32, {-1, 2}, 2, {"cat", "dog"});
  const auto data = Open(
      "\xef\xbb\xbf"
      "a,label,b\r\n1,dog,2\r\n\r\n3,0,4.5\r\n",
      bundle);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->rows(), 2);
  const auto rows = (*data)->Read(0, 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(Values<float>(rows->inputs[0]), ElementsAre(1, 2, 3, 4.5F));
  EXPECT_THAT(rows->labels, ElementsAre(1, 0));
  EXPECT_THAT(Values<float>((*data)->Read(1, 1)->inputs[0]), ElementsAre(3, 4.5F));
}

TEST_F(CsvData, SeveralInputsByTheirNames) {
  Bundle bundle = BundleFor(DataType::kFp32, {-1, 2});
  bundle.inputs.push_back({.name = "age", .datatype = DataType::kInt64, .shape = {-1, 1}});
  const auto data = Open("age,x_0,x_1\n9007199254740993,1,2\n", bundle);
  ASSERT_TRUE(data.ok()) << data.status();
  const auto rows = (*data)->Read(0, 1);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(Values<float>(rows->inputs[0]), ElementsAre(1, 2));
  EXPECT_THAT(Values<std::int64_t>(rows->inputs[1]), ElementsAre(9007199254740993));
  EXPECT_FALSE((*data)->labelled());
}

TEST_F(CsvData, SaysWhatIsWrongAndWhere) {
  const Bundle bundle = BundleFor(DataType::kFp32, {-1, 2}, 2, {"cat", "dog"});
  EXPECT_THAT(ErrorOf("a,b\n1,2\n3\n", bundle), HasSubstr("d.csv:3: has 1 columns, expected 2"));
  EXPECT_THAT(ErrorOf("a,b\n1,\n", bundle), HasSubstr(":2: column \"b\" is empty"));
  EXPECT_THAT(ErrorOf("a,b\n1,x\n", bundle), HasSubstr(":2: column \"b\" is no number"));
  EXPECT_THAT(ErrorOf("a,b\n1,2\n3,nan\n", bundle), HasSubstr(":3: column \"b\" is NaN"));
  EXPECT_THAT(ErrorOf("a,b,label\n1,2,dogg\n", bundle), HasSubstr("did you mean \"dog\"?"));
  EXPECT_THAT(ErrorOf("a,b,label\n1,2,2\n", bundle),
              HasSubstr(":2: has the label 2, expected 0 to 1"));
  EXPECT_THAT(ErrorOf("a,b,c\n1,2,3\n", bundle), HasSubstr("[-1, 3], expected [-1, 2]"));
  EXPECT_THAT(ErrorOf("1,2\n3,4\n", bundle), HasSubstr("expected a header"));
  EXPECT_THAT(ErrorOf("a,b\n", bundle), HasSubstr("holds no rows"));
  EXPECT_THAT(ErrorOf("a,b\n\"1,2\n", bundle), HasSubstr(":2: a quote begins that never ends"));
}

TEST(CsvRecord, QuotesHoldCommasAndQuotes) {
  EXPECT_THAT(*SplitCsvRecord("a,\"b,\"\"c\"\"\",,d"), ElementsAre("a", "b,\"c\"", "", "d"));
  EXPECT_FALSE(SplitCsvRecord("a\"b\"").ok());
  EXPECT_FALSE(SplitCsvRecord("\"a\"b").ok());
}

TEST_F(CsvData, ARecordOverSeveralLinesCountsFromItsFirst) {
  const auto records = TextRecords::Open(Write("t", "h\n\"a\nb\"\n\nc\n"), true);
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ((*records)->count(), 3);
  EXPECT_EQ(*(*records)->Read(1), "\"a\nb\"");
  EXPECT_THAT((*records)->Where(1), testing::EndsWith("t:2"));
  EXPECT_THAT((*records)->Where(2), testing::EndsWith("t:5"));
}

}  // namespace
}  // namespace offramp
