#include "offramp/data/array_data.h"

#include "offramp/base/text.h"
#include "offramp/data/convert.h"
#include "offramp/data/row_fit.h"

namespace offramp {

namespace {

// One array as one input.
struct Feed {
  StoredArray array;
  TensorSpec input;
  std::vector<std::int64_t> row_shape;
  Normalisation normalisation;
};

class ArrayData final : public DataSet {
 public:
  ArrayData(std::vector<Feed> feeds, std::vector<std::int32_t> labels)
      : feeds_(std::move(feeds)), labels_(std::move(labels)) {}

  std::int64_t rows() const override { return feeds_[0].array.rows(); }
  bool labelled() const override { return !labels_.empty(); }

  Result<DataRows> Read(std::int64_t first, std::int64_t count) override {
    DataRows rows;
    for (const Feed& feed : feeds_) {
      OFFRAMP_ASSIGN_OR_RETURN(Tensor tensor, ReadInput(feed, first, count));
      rows.inputs.push_back(std::move(tensor));
    }
    if (!labels_.empty()) rows.labels.assign(&labels_[first], &labels_[first] + count);
    return rows;
  }

 private:
  Result<Tensor> ReadInput(const Feed& feed, std::int64_t first, std::int64_t count) {
    Tensor tensor{
        .name = feed.input.name, .datatype = feed.input.datatype, .shape = feed.row_shape};
    tensor.shape.insert(tensor.shape.begin(), count);
    const std::int64_t row_elements = ElementCount(feed.row_shape).value_or(0);
    stored_.resize(static_cast<std::size_t>(count * feed.array.row_bytes()));
    OFFRAMP_RETURN_IF_ERROR(feed.array.Read(first, count, stored_));
    MutableBuffer bytes(
        static_cast<std::size_t>(count * row_elements * ElementBytes(tensor.datatype)));
    const std::optional<BadElement> bad =
        ConvertElements(stored_.data(), feed.array.datatype, bytes.data(), tensor.datatype,
                        count * row_elements, row_elements, feed.normalisation);
    if (bad) {
      const std::int64_t row = first + bad->index / row_elements;
      return InvalidArgumentError(feed.array.name + ": row " + std::to_string(row) + ": element " +
                                  std::to_string(bad->index % row_elements) + " " + bad->what);
    }
    tensor.data = std::move(bytes).Freeze();
    return tensor;
  }

  const std::vector<Feed> feeds_;
  const std::vector<std::int32_t> labels_;
  std::vector<std::byte> stored_;
};

}  // namespace

Result<std::unique_ptr<DataSet>> DataSetOfArrays(std::vector<StoredArray> arrays,
                                                 std::vector<TensorSpec> inputs,
                                                 std::vector<std::int32_t> labels, bool pixels,
                                                 const ImageOptions& options) {
  std::vector<Feed> feeds;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    Feed feed{.array = std::move(arrays[i]), .input = std::move(inputs[i])};
    OFFRAMP_ASSIGN_OR_RETURN(feed.row_shape,
                             FitRowShape(feed.array.row_shape(), feed.input, feed.array.name));
    const bool are_pixels = pixels && feed.array.datatype == DataType::kUint8;
    OFFRAMP_ASSIGN_OR_RETURN(feed.normalisation,
                             NormalisationFor(options, feed.row_shape, feed.input, are_pixels));
    feeds.push_back(std::move(feed));
    if (feeds[i].array.rows() != feeds[0].array.rows()) {
      return InvalidArgumentError(
          Format("%s: has %lld rows, expected the %lld of %s", feeds[i].array.name.c_str(),
                 static_cast<long long>(feeds[i].array.rows()),
                 static_cast<long long>(feeds[0].array.rows()), feeds[0].array.name.c_str()));
    }
  }
  return std::unique_ptr<DataSet>(std::make_unique<ArrayData>(std::move(feeds), std::move(labels)));
}

}  // namespace offramp
