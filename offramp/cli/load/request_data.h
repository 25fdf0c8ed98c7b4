// What the requests of a load carry, and how an answer is judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/random.h"
#include "offramp/base/result.h"
#include "offramp/data/idx_file.h"
#include "offramp/model/bundle.h"

namespace offramp {

// A served model, as its metadata tells it.
struct ServedModel {
  std::string name;
  std::vector<TensorSpec> inputs;
  std::string answer;  // the output that answers: the last one of the model itself
  DataType answer_type = DataType::kFp32;
  bool tells_exit_stage = false;  // has the output `exit_stage`
  bool tells_label = false;       // has the output `label`, texts
};

// Samples that fit the model's inputs: labelled images, lines of text, else random values from a
// seed. Immutable once made, so threads may share it.
class RequestData {
 public:
  // `folder` with a test set as ReadTestSet expects it. kInvalidArgument if the model does not take
  // one FP32 or UINT8 tensor with as many elements a row as an image has pixels; FP32 gets pixel /
  // 255.
  static Result<RequestData> Images(const ServedModel& model, const std::string& folder);

  // The lines of a file, each `text` or `text<TAB>label`, for a model whose only input is text.
  // Labels, which all lines have or none, are compared with the output `label`; they count for
  // nothing where the model does not tell it. kNotFound, kInvalidArgument.
  static Result<RequestData> Lines(const ServedModel& model, const std::string& path);

  // `samples` different random rows: numbers uniform in [0, 1) or small integers.
  static Result<RequestData> Random(const ServedModel& model, std::int64_t samples,
                                    offramp::Random& random);

  std::int64_t samples() const { return samples_; }
  bool labelled() const { return !labels_.empty() || named_labels(); }
  // Whether correctness is told by CountNamed in place of CountCorrect.
  bool named_labels() const { return !label_names_.empty(); }

  // Raw bytes of input `input` for `rows` samples from `first` on, going round at the end.
  std::string Raw(std::size_t input, std::int64_t first, int rows) const;

  // Shape of input `input` for `rows` rows.
  std::vector<std::int64_t> Shape(std::size_t input, int rows) const;

  // How many rows of an FP32 answer [rows, classes] have their largest entry at the label; -1
  // without labels; nullopt when the answer's size does not fit.
  std::optional<int> CountCorrect(std::string_view answer, std::int64_t first, int rows) const;

  // The same for the output `label`, a sequence of (uint32 length, bytes).
  std::optional<int> CountNamed(std::string_view labels, std::int64_t first, int rows) const;

 private:
  struct Input {
    std::vector<std::int64_t> shape;  // of one row, without the batch axis
    std::size_t row_bytes = 0;
    std::string bytes;               // of all samples; empty: each has its own, in `texts`
    std::vector<std::string> texts;  // with their length in front, as BYTES are sent
  };

  std::vector<Input> inputs_;
  std::vector<std::uint8_t> labels_;
  std::vector<std::string> label_names_;
  std::int64_t samples_ = 0;
};

}  // namespace offramp
