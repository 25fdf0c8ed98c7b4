#include "offramp/data/csv_data.h"

#include <algorithm>
#include <cstring>

#include "offramp/base/text.h"
#include "offramp/data/convert.h"
#include "offramp/data/records.h"
#include "offramp/data/row_fit.h"

namespace offramp {

namespace {

constexpr std::size_t kMostColumns = 1'000'000;

// Columns as one input, in order.
struct Feed {
  TensorSpec input;
  std::vector<std::size_t> columns;
  std::vector<std::int64_t> row_shape;
  Normalisation normalisation;
};

class CsvData final : public DataSet {
 public:
  CsvData(std::unique_ptr<TextRecords> records, std::vector<std::string> header,
          std::vector<Feed> feeds, std::vector<std::int32_t> labels)
      : records_(std::move(records)),
        header_(std::move(header)),
        feeds_(std::move(feeds)),
        labels_(std::move(labels)) {}

  std::int64_t rows() const override { return records_->count() - 1; }
  bool labelled() const override { return !labels_.empty(); }

  Result<DataRows> Read(std::int64_t first, std::int64_t count) override {
    std::vector<MutableBuffer> buffers;
    for (const Feed& feed : feeds_)
      buffers.emplace_back(static_cast<std::size_t>(count) * RowBytes(feed));
    for (std::int64_t i = 0; i < count; ++i) {
      OFFRAMP_RETURN_IF_ERROR(
          ReadRow(first + i + 1, i, buffers).At(records_->Where(first + i + 1)));
    }
    DataRows rows;
    for (std::size_t f = 0; f < feeds_.size(); ++f) {
      Tensor tensor{.name = feeds_[f].input.name,
                    .datatype = feeds_[f].input.datatype,
                    .shape = feeds_[f].row_shape};
      tensor.shape.insert(tensor.shape.begin(), count);
      tensor.data = std::move(buffers[f]).Freeze();
      rows.inputs.push_back(std::move(tensor));
    }
    if (!labels_.empty()) rows.labels.assign(&labels_[first], &labels_[first] + count);
    return rows;
  }

 private:
  static std::size_t RowBytes(const Feed& feed) {
    return feed.columns.size() * static_cast<std::size_t>(ElementBytes(feed.input.datatype));
  }

  Status ReadRow(std::int64_t record, std::int64_t row, std::vector<MutableBuffer>& buffers) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string line, records_->Read(record));
    OFFRAMP_ASSIGN_OR_RETURN(const std::vector<std::string> fields, SplitCsvRecord(line));
    if (fields.size() != header_.size()) {
      return InvalidArgumentError(
          Format("has %zu columns, expected %zu", fields.size(), header_.size()));
    }
    for (std::size_t f = 0; f < feeds_.size(); ++f) {
      OFFRAMP_RETURN_IF_ERROR(
          Put(feeds_[f], fields,
              buffers[f].data() + static_cast<std::size_t>(row) * RowBytes(feeds_[f])));
    }
    return OkStatus();
  }

  Status Put(const Feed& feed, const std::vector<std::string>& fields, std::byte* to) const {
    // Integers of 64 bits are more than a double holds.
    const bool integers = !IsFloating(feed.input.datatype) && feed.normalisation.identity();
    std::vector<double> numbers(feed.columns.size());
    std::vector<std::int64_t> exact(feed.columns.size());
    bool all_integers = integers;
    for (std::size_t i = 0; i < feed.columns.size(); ++i) {
      const std::string_view text = Trimmed(fields[feed.columns[i]]);
      all_integers = all_integers && ParseInteger(text, exact[i]);
      if (all_integers) {
        numbers[i] = static_cast<double>(exact[i]);
      } else if (!ParseNumber(text, numbers[i])) {
        return InvalidArgumentError("column \"" + header_[feed.columns[i]] + "\" " +
                                    (text.empty() ? "is empty" : "is no number") +
                                    ", expected a number");
      }
    }
    const auto* from = all_integers ? reinterpret_cast<const std::byte*>(exact.data())
                                    : reinterpret_cast<const std::byte*>(numbers.data());
    const auto count = static_cast<std::int64_t>(feed.columns.size());
    const std::optional<BadElement> bad =
        ConvertElements(from, all_integers ? DataType::kInt64 : DataType::kFp64, to,
                        feed.input.datatype, count, count, feed.normalisation);
    if (!bad) return OkStatus();
    return InvalidArgumentError("column \"" +
                                header_[feed.columns[static_cast<std::size_t>(bad->index)]] +
                                "\" " + bad->what);
  }

  const std::unique_ptr<TextRecords> records_;
  const std::vector<std::string> header_;
  const std::vector<Feed> feeds_;
  const std::vector<std::int32_t> labels_;
};

// Which columns feed which input.
Result<std::vector<Feed>> Assign(const std::vector<std::string>& header, std::size_t label,
                                 const std::vector<TensorSpec>& inputs) {
  std::vector<Feed> feeds;
  std::vector<bool> used(header.size());
  if (label < header.size()) used[label] = true;
  for (const TensorSpec& input : inputs) {
    Feed feed{.input = input};
    for (std::size_t i = 0; i < header.size(); ++i) {
      const bool mine = inputs.size() == 1 || header[i] == input.name ||
                        header[i] == input.name + "_" + std::to_string(feed.columns.size());
      if (!mine || used[i]) continue;
      used[i] = true;
      feed.columns.push_back(i);
    }
    if (feed.columns.empty()) {
      return InvalidArgumentError("has no column for the input \"" + input.name +
                                  "\", expected \"" + input.name + "\" or \"" + input.name +
                                  "_0\" and so on");
    }
    feeds.push_back(std::move(feed));
  }
  const auto left = std::find(used.begin(), used.end(), false);
  if (left == used.end()) return feeds;
  return InvalidArgumentError("has the column \"" +
                              header[static_cast<std::size_t>(left - used.begin())] +
                              "\", which belongs to no input");
}

Result<std::vector<std::string>> HeaderOf(const TextRecords& records) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::string line, records.Read(0));
  OFFRAMP_ASSIGN_OR_RETURN(std::vector<std::string> header, SplitCsvRecord(line));
  if (header.size() > kMostColumns) return InvalidArgumentError("has too many columns");
  bool numbers = true;
  for (std::string& name : header) {
    name = std::string(Trimmed(name));
    double unused = 0;
    numbers = numbers && ParseNumber(name, unused);
    for (char& c : name) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
    }
  }
  if (numbers) return InvalidArgumentError("holds numbers, expected a header with columns' names");
  return header;
}

Result<std::vector<std::int32_t>> LabelColumn(const TextRecords& records, std::size_t column,
                                              const ClassNames& classes) {
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 1; i < records.count(); ++i) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string line, records.Read(i));
    const auto fields = SplitCsvRecord(line);
    if (!fields.ok()) return fields.status().At(records.Where(i));
    if (fields->size() <= column) {
      return InvalidArgumentError(records.Where(i) + ": has no label");
    }
    const Result<std::int32_t> label = classes.Parse(Trimmed((*fields)[column]));
    if (!label.ok()) return label.status().At(records.Where(i));
    labels.push_back(*label);
  }
  return labels;
}

}  // namespace

Result<std::unique_ptr<DataSet>> OpenCsv(const std::string& path, const DataOptions& options,
                                         const std::vector<TensorSpec>& inputs,
                                         const ClassNames& classes,
                                         std::optional<std::vector<std::int32_t>> labels) {
  OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<TextRecords> records, TextRecords::Open(path, true));
  if (records->count() < 2) return InvalidArgumentError(path + ": holds no rows");
  Result<std::vector<std::string>> header = HeaderOf(*records);
  if (!header.ok()) return header.status().At(records->Where(0));
  const auto found = std::find(header->begin(), header->end(), options.label_column);
  const auto label = static_cast<std::size_t>(found - header->begin());
  Result<std::vector<Feed>> feeds = Assign(*header, label, inputs);
  if (!feeds.ok()) return feeds.status().At(records->Where(0));
  for (Feed& feed : *feeds) {
    const std::vector<std::int64_t> columns = {static_cast<std::int64_t>(feed.columns.size())};
    OFFRAMP_ASSIGN_OR_RETURN(feed.row_shape, FitRowShape(columns, feed.input, records->Where(0)));
    OFFRAMP_ASSIGN_OR_RETURN(feed.normalisation,
                             NormalisationFor(options.image, feed.row_shape, feed.input, false));
  }
  if (!labels && found != header->end()) {
    OFFRAMP_ASSIGN_OR_RETURN(labels, LabelColumn(*records, label, classes));
  }
  return std::unique_ptr<DataSet>(
      std::make_unique<CsvData>(std::move(records), *std::move(header), *std::move(feeds),
                                labels ? *std::move(labels) : std::vector<std::int32_t>()));
}

}  // namespace offramp
