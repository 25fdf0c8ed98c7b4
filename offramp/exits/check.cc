#include "offramp/exits/check.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "offramp/base/text.h"
#include "offramp/exits/row_plan.h"
#include "offramp/profiling/stage_runner.h"

namespace offramp {

namespace {

constexpr std::int64_t kRows = 32;
constexpr double kTolerance = 1e-5;
constexpr double kHalfTolerance = 5e-3;

bool SameBytes(const Tensor& a, const Tensor& b) {
  return a.datatype == b.datatype && a.shape == b.shape && a.data.size() == b.data.size() &&
         std::memcmp(a.data.data(), b.data.data(), a.data.size()) == 0;
}

double ToleranceOf(const ExitDesign& design) {
  const auto& sources = design.inputs.sources;
  const bool half = std::any_of(sources.begin(), sources.end(), [](const ExitSource& source) {
    return source.datatype == DataType::kFp16 || source.datatype == DataType::kBf16;
  });
  return half ? kHalfTolerance : kTolerance;
}

// `first`: the row of `exit.held_out` that the tensor begins with.
Status CheckExit(const Tensor& answers, const DesignedExit& exit, std::int64_t first,
                 double& max_difference) {
  const auto classes = static_cast<std::size_t>(exit.held_out.classes);
  const auto rows = static_cast<std::size_t>(answers.rows());
  if (answers.data.size() != rows * classes * sizeof(float)) {
    return InternalError("answers in another shape");
  }
  const float* expected = exit.held_out.row(first).data();
  for (std::size_t i = 0; i < rows * classes; ++i) {
    float value = 0;
    std::memcpy(&value, answers.data.data() + i * sizeof(float), sizeof(float));
    const double wanted = static_cast<double>(expected[i]);
    const double difference =
        std::abs(static_cast<double>(value) - wanted) / (1 + std::abs(wanted));
    if (!(difference <= ToleranceOf(exit.design))) {
      return InternalError(
          Format("answers %g where its fit says %g", static_cast<double>(value), wanted));
    }
    max_difference = std::max(max_difference, difference);
  }
  return OkStatus();
}

}  // namespace

Result<CheckedExits> CheckExits(const Bundle& before, const Bundle& after, DataSet& data,
                                const std::vector<std::int64_t>& held_out,
                                const std::vector<int>& stages,
                                const std::vector<DesignedExit>& exits) {
  CheckedExits checked;
  const auto count = std::min<std::int64_t>(kRows, static_cast<std::int64_t>(held_out.size()));
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<DataRows> pieces,
                           ReadChosen(data, {held_out.begin(), held_out.begin() + count}));
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<StageRunner> old_stages,
                           StageRunner::Load(before, {.keep_sent = true}));
  OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<StageRunner> new_stages,
                           StageRunner::Load(after, {.keep_sent = true}));
  for (const DataRows& piece : pieces) {
    OFFRAMP_ASSIGN_OR_RETURN(const StageTrace was, old_stages->Run(piece.inputs));
    OFFRAMP_ASSIGN_OR_RETURN(const StageTrace is, new_stages->Run(piece.inputs));
    if (!SameBytes(*was.exits.back(), *is.exits.back())) {
      return InternalError("with the new exits the last stage answers otherwise");
    }
    for (std::size_t s = 0; s < was.sent.size(); ++s) {
      for (std::size_t i = 0; i < was.sent[s].size(); ++i) {
        if (SameBytes(was.sent[s][i], is.sent[s][i])) continue;
        return InternalError(Format("with the new exits stage %zu sends another \"%s\"", s + 1,
                                    was.sent[s][i].name.c_str()));
      }
    }
    for (std::size_t e = 0; e < stages.size(); ++e) {
      OFFRAMP_RETURN_IF_ERROR(CheckExit(*is.exits[static_cast<std::size_t>(stages[e] - 1)],
                                        exits[e], checked.rows, checked.max_difference)
                                  .At(Format("the new exit after stage %d", stages[e])));
    }
    checked.rows += piece.inputs.front().rows();
  }
  return checked;
}

}  // namespace offramp
