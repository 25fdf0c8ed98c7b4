#include "offramp/data/text_lines.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "offramp/base/text.h"
#include "offramp/data/class_labels.h"
#include "offramp/data/file_format.h"
#include "offramp/data/records.h"
#include "offramp/model/digest.h"
#include "offramp/text/token_tensors.h"
#include "offramp/text/tokenizer.h"

namespace offramp {

namespace {

using Labels = std::vector<std::int32_t>;

// A record's text and label, as they stand there.
struct Fields {
  std::string text;
  std::optional<std::string> label;
};

// How records become fields.
struct Layout {
  std::int64_t first = 0;  // record of the first row: 1 behind a header
  bool csv = false;
  std::size_t columns = 0;           // of the header
  std::size_t text = 0;              // column
  std::optional<std::size_t> label;  // column
  bool tabs = false;                 // of lines: a tab stands before a label
};

Result<Fields> FieldsOf(const std::string& record, const Layout& layout) {
  Fields fields;
  if (!layout.csv) {
    const std::size_t tab = layout.tabs ? record.rfind('\t') : std::string::npos;
    if (layout.tabs && tab == std::string::npos) {
      return InvalidArgumentError("has no label, expected text<TAB>label as in the line before");
    }
    fields.text = record.substr(0, tab);
    if (layout.tabs) fields.label = record.substr(tab + 1);
  } else {
    OFFRAMP_ASSIGN_OR_RETURN(std::vector<std::string> columns, SplitCsvRecord(record));
    if (columns.size() != layout.columns) {
      return InvalidArgumentError(
          Format("has %zu columns, expected %zu", columns.size(), layout.columns));
    }
    fields.text = std::move(columns[layout.text]);
    if (layout.label) fields.label = std::move(columns[*layout.label]);
  }
  if (Trimmed(fields.text).empty()) return InvalidArgumentError("has no text");
  return fields;
}

class TextData final : public DataSet {
 public:
  TextData(std::unique_ptr<TextRecords> records, const Layout& layout, const BundleTokenizer& facts,
           std::unique_ptr<Tokenizer> tokenizer, Labels labels)
      : records_(std::move(records)),
        layout_(layout),
        facts_(facts),
        tokenizer_(std::move(tokenizer)),
        labels_(std::move(labels)) {}

  std::int64_t rows() const override { return records_->count() - layout_.first; }
  bool labelled() const override { return !labels_.empty(); }

  Result<DataRows> Read(std::int64_t first, std::int64_t count) override {
    DataRows rows;
    if (count == 0) return rows;
    std::vector<std::string> texts;
    for (std::int64_t i = layout_.first + first; i < layout_.first + first + count; ++i) {
      OFFRAMP_ASSIGN_OR_RETURN(const std::string record, records_->Read(i));
      Result<Fields> fields = FieldsOf(record, layout_);
      if (!fields.ok()) return fields.status().At(records_->Where(i));
      texts.push_back(std::move(fields->text));
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    rows.inputs = TokenTensors(*tokenizer_, {facts_.ids, facts_.mask, facts_.types}, views,
                               static_cast<std::size_t>(facts_.max_tokens));
    if (labelled()) {
      rows.labels.assign(labels_.begin() + first, labels_.begin() + first + count);
    }
    return rows;
  }

 private:
  const std::unique_ptr<TextRecords> records_;
  const Layout layout_;
  const BundleTokenizer facts_;
  const std::unique_ptr<Tokenizer> tokenizer_;
  const Labels labels_;
};

Result<Layout> LayoutOf(const TextRecords& records, bool csv, const DataOptions& options) {
  Layout layout;
  layout.csv = csv;
  const bool labels_elsewhere = !options.labels.empty();
  OFFRAMP_ASSIGN_OR_RETURN(const std::string head, records.Read(0));
  if (!csv) {
    layout.tabs = !labels_elsewhere && head.find('\t') != std::string::npos;
    return layout;
  }
  layout.first = 1;
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<std::string> header, SplitCsvRecord(head));
  layout.columns = header.size();
  const auto column = [&](const std::string& name) {
    std::size_t at = 0;
    while (at < header.size() && Trimmed(header[at]) != name) ++at;
    return at;
  };
  layout.text = column(options.text_column);
  if (layout.text == header.size()) {
    return InvalidArgumentError("has no column \"" + options.text_column + "\" (--text-column)");
  }
  const std::size_t label = column(options.label_column);
  if (!labels_elsewhere && label < header.size()) layout.label = label;
  return layout;
}

// Those that stand in the file; empty: none do.
Result<Labels> LabelsIn(const TextRecords& records, const Layout& layout,
                        const ClassNames& classes) {
  Labels labels;
  if (!layout.tabs && !layout.label) return labels;
  for (std::int64_t i = layout.first; i < records.count(); ++i) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string record, records.Read(i));
    const Result<Fields> fields = FieldsOf(record, layout);
    if (!fields.ok()) return fields.status().At(records.Where(i));
    const Result<std::int32_t> label = classes.Parse(Trimmed(*fields->label));
    if (!label.ok()) return label.status().At(records.Where(i));
    labels.push_back(*label);
  }
  return labels;
}

Result<std::unique_ptr<Tokenizer>> TokenizerOf(const Bundle& bundle) {
  const std::string path = (std::filesystem::path(bundle.folder) / bundle.tokenizer->file).string();
  OFFRAMP_RETURN_IF_ERROR(CheckFileSha256(path, bundle.tokenizer->sha256));
  OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, ReadTokenizer(path));
  if (tokenizer->special_tokens() > static_cast<std::size_t>(bundle.tokenizer->max_tokens)) {
    return InvalidArgumentError(path + ": does not fit the bundle's max_tokens");
  }
  return tokenizer;
}

}  // namespace

Result<std::unique_ptr<DataSet>> OpenTextLines(const std::string& path, const DataOptions& options,
                                               const Bundle& bundle) {
  if (!bundle.tokenizer) {
    return InvalidArgumentError(path + ": is text, and the model \"" + bundle.name +
                                "\" has no tokenizer, expected numbers");
  }
  bool csv = options.format == "csv";
  if (options.format.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(const FileFormat format, FormatOf(path));
    csv = format == FileFormat::kCsv;
  }
  OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<TextRecords> records, TextRecords::Open(path, csv));
  if (records->count() < (csv ? 2 : 1)) return InvalidArgumentError(path + ": holds no rows");
  const Result<Layout> layout = LayoutOf(*records, csv, options);
  if (!layout.ok()) return layout.status().At(records->Where(0));

  const ClassNames classes(bundle);
  Labels labels;
  if (options.labels.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(labels, LabelsIn(*records, *layout, classes));
  } else {
    OFFRAMP_ASSIGN_OR_RETURN(labels, ReadLabelsFile(options.labels, options.label_column, classes));
    const std::int64_t rows = records->count() - layout->first;
    if (static_cast<std::int64_t>(labels.size()) != rows) {
      return InvalidArgumentError(
          options.labels + Format(": has %zu labels, expected one for each of the %lld texts",
                                  labels.size(), static_cast<long long>(rows)));
    }
  }
  OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, TokenizerOf(bundle));
  return std::unique_ptr<DataSet>(std::make_unique<TextData>(
      std::move(records), *layout, *bundle.tokenizer, std::move(tokenizer), std::move(labels)));
}

}  // namespace offramp
