#include "offramp/exits/collect.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <span>

#include "offramp/base/text.h"
#include "offramp/engine/onnx_runner.h"
#include "offramp/engine/stage_outputs.h"
#include "offramp/exits/row_plan.h"
#include "offramp/exits/sources.h"
#include "offramp/partition/onnx_model.h"
#include "offramp/profiling/stage_runner.h"

namespace offramp {

namespace {

constexpr std::int64_t kLeastRows = 50;
constexpr std::int64_t kMostRowsAtOnce = 64;
constexpr std::int64_t kBytesAtOnce = 32 << 20;
// Answers that are at least 0 and sum to 1 within this are probabilities.
constexpr float kOfOne = 1e-3F;

std::span<const float> ViewOf(const Tensor& tensor) {
  return {reinterpret_cast<const float*>(tensor.data.data()), tensor.data.size() / sizeof(float)};
}

bool AreProbabilities(std::span<const float> values, std::int64_t classes) {
  for (std::size_t at = 0; at < values.size(); at += static_cast<std::size_t>(classes)) {
    float sum = 0;
    for (const float value : values.subspan(at, static_cast<std::size_t>(classes))) {
      if (!(value >= 0)) return false;
      sum += value;
    }
    if (std::abs(sum - 1) > kOfOne) return false;
  }
  return true;
}

// A row of answers as probabilities, in place.
void Normalise(std::span<float> row, bool probabilities) {
  double sum = 0;
  if (!probabilities) {
    const float largest = *std::max_element(row.begin(), row.end());
    for (float& value : row) value = std::exp(value - largest);
  }
  for (float& value : row) sum += value = std::max(value, 0.0F);
  for (float& value : row) value = static_cast<float>(value / sum);
}

class Collector {
 public:
  Collector(const Bundle& bundle, DataSet& data, const CollectOptions& options)
      : bundle_(bundle),
        data_(data),
        options_(options),
        plan_(PlanRows(data.rows(), options.max_rows, options.held_out, options.seed)) {}

  Result<Collected> Run() {
    const auto count = static_cast<std::int64_t>(plan_.rows.size());
    if (count < kLeastRows) {
      return InvalidArgumentError(Format("the data have %lld rows, expected at least %lld",
                                         static_cast<long long>(count),
                                         static_cast<long long>(kLeastRows)));
    }
    OFFRAMP_ASSIGN_OR_RETURN(
        runner_, StageRunner::Load(bundle_, {.threads = options_.threads, .keep_sent = true}));
    std::int64_t bytes = 1;
    for (const BundleStage& stage : bundle_.stages) bytes += stage.output_bytes;
    const std::int64_t piece = std::clamp<std::int64_t>(kBytesAtOnce / bytes, 1, kMostRowsAtOnce);
    for (std::int64_t first = 0; first < count; first += piece) {
      if (options_.stop && options_.stop()) return CancelledError("stopped; nothing was written");
      if (options_.progress) options_.progress(first, count);
      OFFRAMP_RETURN_IF_ERROR(Read(first, std::min(piece, count - first)));
    }
    return std::move(found_);
  }

 private:
  RowPart& PartOf(int purpose) {
    if (purpose == 0) return found_.fitting;
    return purpose == 1 ? found_.choosing : found_.held_out;
  }

  Status Read(std::int64_t first, std::int64_t count) {
    const auto begin = plan_.rows.begin() + first;
    OFFRAMP_ASSIGN_OR_RETURN(const std::vector<DataRows> pieces,
                             ReadChosen(data_, {begin, begin + count}));
    for (const DataRows& piece : pieces) {
      OFFRAMP_RETURN_IF_ERROR(Take(first, piece));
      first += piece.inputs.front().rows();
    }
    return OkStatus();
  }

  // `data` holds the rows of the plan from position `first` on.
  Status Take(std::int64_t first, const DataRows& data) {
    const auto begin = plan_.rows.begin() + first;
    const std::vector<std::int64_t> rows(begin, begin + data.inputs.front().rows());
    OFFRAMP_ASSIGN_OR_RETURN(const StageTrace trace, runner_->Run(data.inputs));
    OFFRAMP_ASSIGN_OR_RETURN(std::vector<float> targets, TargetsOf(*trace.exits.back(), rows));
    if (poolings_.empty()) OFFRAMP_RETURN_IF_ERROR(Begin(data, trace, targets));
    const auto classes = static_cast<std::size_t>(found_.classes);
    if (targets.size() != rows.size() * classes) {
      return InvalidArgumentError("the last stage's classes differ from row to row");
    }
    std::vector<std::vector<std::size_t>> members(3);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      members[plan_.purpose[static_cast<std::size_t>(first) + r]].push_back(r);
    }
    for (int purpose = 0; purpose < 3; ++purpose) {
      RowPart& part = PartOf(purpose);
      for (const std::size_t r : members[static_cast<std::size_t>(purpose)]) {
        part.rows.push_back(rows[r]);
        const std::span<float> row(targets.data() + r * classes, classes);
        part.answers.push_back(
            static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin()));
        Normalise(row, found_.probabilities);
        if (!data.labels.empty()) part.labels.push_back(data.labels[r]);
      }
      OFFRAMP_RETURN_IF_ERROR(Append(targets, classes, members[static_cast<std::size_t>(purpose)],
                                     part.targets.front()));
    }
    OFFRAMP_RETURN_IF_ERROR(TakeExits(trace, members));
    return TakeFeatures(data, trace, rows, members);
  }

  // The last stage's answers for `rows`.
  Result<std::vector<float>> TargetsOf(const Tensor& answers,
                                       const std::vector<std::int64_t>& rows) const {
    if (answers.datatype != DataType::kFp32 || answers.shape.size() != 2 || answers.shape[1] < 2) {
      return InvalidArgumentError("the last stage's answer is " +
                                  std::string(DataTypeName(answers.datatype)) + " of rank " +
                                  std::to_string(answers.shape.size()) +
                                  ", expected FP32 [n, classes] with two classes or more");
    }
    const std::span<const float> values = ViewOf(answers);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (std::isfinite(values[i])) continue;
      const std::size_t row = i / static_cast<std::size_t>(answers.shape[1]);
      return InvalidArgumentError(Format("row %lld: the last stage's answer is not finite",
                                         static_cast<long long>(rows[row])));
    }
    return std::vector<float>(values.begin(), values.end());
  }

  // What the first rows tell of the rest.
  Status Begin(const DataRows& data, const StageTrace& trace, const std::vector<float>& answers) {
    found_.classes = trace.exits.back()->shape[1];
    found_.probabilities = AreProbabilities(answers, found_.classes);
    std::int64_t numbers = found_.classes;
    for (const int stage : options_.stages) {
      const std::string path = bundle_.folder + "/" + bundle_.stage(stage).file;
      OFFRAMP_ASSIGN_OR_RETURN(const OnnxModel model, ReadOnnxModel(path));
      const std::string where = Format("stage %d", stage);
      std::vector<std::string> notes;
      auto inputs =
          FindExitInputs(bundle_, model.proto.graph(),
                         trace.sent[static_cast<std::size_t>(stage - 1)], data.inputs, notes);
      OFFRAMP_RETURN_IF_ERROR(inputs.status().At(where));
      for (const std::string& note : notes) found_.notes.push_back(where + ": " + note);
      OFFRAMP_ASSIGN_OR_RETURN(std::vector<ExitPool> pools, options_.pools(stage, *inputs));
      OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<OnnxRunner> pooling, LoadPooling(*inputs, pools));
      for (const ExitPool& pool : pools) numbers += FeatureCount(*inputs, pool);
      const Tensor* mask = FindTensor(data.inputs, inputs->mask);
      found_.mask_bytes.push_back(
          mask == nullptr ? 0 : static_cast<std::int64_t>(mask->data.size()) / mask->rows());
      found_.inputs.push_back(*std::move(inputs));
      found_.pools.push_back(std::move(pools));
      poolings_.push_back(std::move(pooling));
    }
    const auto rows = static_cast<std::int64_t>(plan_.rows.size());
    found_.spooled =
        numbers * rows > kFeatureBytesInMemory / static_cast<std::int64_t>(sizeof(float));
    for (int purpose = 0; purpose < 3; ++purpose) {
      RowPart& part = PartOf(purpose);
      part.exits.resize(bundle_.stages.size());
      OFFRAMP_ASSIGN_OR_RETURN(RowSpool targets, RowSpool::Create(found_.classes, !found_.spooled));
      part.targets.push_back(std::move(targets));
      for (std::size_t s = 0; s < found_.inputs.size(); ++s) {
        part.features.emplace_back();
        for (const ExitPool& pool : found_.pools[s]) {
          OFFRAMP_ASSIGN_OR_RETURN(
              RowSpool spool,
              RowSpool::Create(FeatureCount(found_.inputs[s], pool), !found_.spooled));
          part.features.back().push_back(std::move(spool));
        }
      }
    }
    return OkStatus();
  }

  static Status Append(std::span<const float> values, std::size_t width,
                       const std::vector<std::size_t>& members, RowSpool& spool) {
    std::vector<float> chosen;
    chosen.reserve(members.size() * width);
    for (const std::size_t r : members) {
      const auto row = values.subspan(r * width, width);
      chosen.insert(chosen.end(), row.begin(), row.end());
    }
    return chosen.empty() ? OkStatus() : spool.Append(chosen);
  }

  // Exits that the bundle has already, for the profile.
  Status TakeExits(const StageTrace& trace, const std::vector<std::vector<std::size_t>>& members) {
    for (std::size_t s = 0; s + 1 < trace.exits.size(); ++s) {
      if (!trace.exits[s]) continue;
      OFFRAMP_ASSIGN_OR_RETURN(const std::vector<Confidence> confidences,
                               RowConfidences(*trace.exits[s], bundle_.stages[s].temperature));
      for (const std::size_t r : members[2]) found_.held_out.exits[s].push_back(confidences[r]);
    }
    return OkStatus();
  }

  Status TakeFeatures(const DataRows& data, const StageTrace& trace,
                      const std::vector<std::int64_t>& rows,
                      const std::vector<std::vector<std::size_t>>& members) {
    for (std::size_t s = 0; s < poolings_.size(); ++s) {
      const std::string where = Format("stage %d", options_.stages[s]);
      const auto& sent = trace.sent[static_cast<std::size_t>(options_.stages[s] - 1)];
      std::vector<Tensor> tensors;
      for (const ExitSource& source : found_.inputs[s].sources) {
        tensors.push_back(*FindTensor(sent, source.tensor));
        if (!source.scale.empty()) tensors.push_back(*FindTensor(sent, source.scale));
      }
      if (!found_.inputs[s].mask.empty()) {
        tensors.push_back(*FindTensor(data.inputs, found_.inputs[s].mask));
      }
      std::vector<std::string> names;
      for (const ExitPool& pool : found_.pools[s]) names.push_back(PoolName(pool));
      const auto pooled = poolings_[s]->Run(tensors, names);
      OFFRAMP_RETURN_IF_ERROR(pooled.status().At(where));
      for (std::size_t p = 0; p < names.size(); ++p) {
        const std::span<const float> values = ViewOf(*(*pooled)[p]);
        const auto width = static_cast<std::size_t>(found_.fitting.features[s][p].width());
        if (values.size() != rows.size() * width) {
          return InvalidArgumentError(where + ": its channels differ from row to row");
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (std::isfinite(values[i])) continue;
          return InvalidArgumentError(Format("row %lld: what stage %d sends is not finite",
                                             static_cast<long long>(rows[i / width]),
                                             options_.stages[s]));
        }
        for (int purpose = 0; purpose < 3; ++purpose) {
          OFFRAMP_RETURN_IF_ERROR(Append(values, width, members[static_cast<std::size_t>(purpose)],
                                         PartOf(purpose).features[s][p]));
        }
      }
    }
    return OkStatus();
  }

  const Bundle& bundle_;
  DataSet& data_;
  const CollectOptions& options_;
  const RowPlan plan_;
  std::unique_ptr<StageRunner> runner_;
  std::vector<std::unique_ptr<OnnxRunner>> poolings_;  // by stage of `stages`
  Collected found_;
};

}  // namespace

Result<Collected> CollectRows(const Bundle& bundle, DataSet& data, const CollectOptions& options) {
  return Collector(bundle, data, options).Run();
}

}  // namespace offramp
