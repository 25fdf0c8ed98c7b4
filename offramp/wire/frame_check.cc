#include <cmath>
#include <cstring>
#include <type_traits>

#include "offramp/base/text.h"
#include "offramp/wire/frame_codec.h"

namespace offramp {

namespace {

using Limits = FrameLimits;

Status Invalid(const char* what, std::size_t value, std::size_t limit) {
  return InvalidArgumentError(Format("%s: %zu, at most %zu are allowed", what, value, limit));
}

Status AtMost(const char* what, std::size_t value, std::size_t limit) {
  return value <= limit ? OkStatus() : Invalid(what, value, limit);
}

Status Finite(const char* what, double value) {
  return std::isfinite(value) ? OkStatus()
                              : InvalidArgumentError(Format("%s is not a finite number", what));
}

template <typename Numbers>
Status AllFinite(const char* what, const Numbers& numbers) {
  for (const auto number : numbers) OFFRAMP_RETURN_IF_ERROR(Finite(what, number));
  return OkStatus();
}

Status CheckStage(int stage, int least) {
  if (stage >= least && stage <= Limits::kStages) return OkStatus();
  return InvalidArgumentError(Format("stage %d, expected %d to %d", stage, least, Limits::kStages));
}

Status CheckRowNumbers(const std::vector<std::uint32_t>& rows) {
  if (rows.empty()) return InvalidArgumentError("a frame without rows");
  OFFRAMP_RETURN_IF_ERROR(AtMost("rows", rows.size(), Limits::kRows));
  for (const std::uint32_t row : rows) {
    OFFRAMP_RETURN_IF_ERROR(AtMost("number of a row", row, Limits::kRows - 1));
  }
  return OkStatus();
}

// Elements of BYTES: a length of four bytes and that many bytes, `count` times and nothing else.
bool IsBytesTensor(const Buffer& data, std::int64_t count) {
  std::size_t at = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint32_t length;
    if (data.size() - at < sizeof length) return false;
    std::memcpy(&length, data.data() + at, sizeof length);
    at += sizeof length;
    if (data.size() - at < length) return false;
    at += length;
  }
  return at == data.size();
}

Status CheckTensor(const Tensor& tensor, std::size_t rows) {
  OFFRAMP_RETURN_IF_ERROR(
      AtMost("bytes of a tensor's name", tensor.name.size(), Limits::kNameBytes));
  OFFRAMP_RETURN_IF_ERROR(AtMost("rank of a tensor", tensor.shape.size(), Limits::kRank));
  const std::string_view name = tensor.name;
  const int name_bytes = static_cast<int>(name.size());
  if (tensor.shape.empty() || tensor.shape[0] != static_cast<std::int64_t>(rows)) {
    return InvalidArgumentError(Format("tensor \"%.*s\" has %lld rows, the frame has %zu",
                                       name_bytes, name.data(),
                                       static_cast<long long>(tensor.rows()), rows));
  }
  const auto count = ElementCount(tensor.shape);
  const std::int64_t element_bytes = ElementBytes(tensor.datatype);
  // ElementCount ends at 2^40 and an element at 8 bytes: no overflow.
  const bool fits =
      count.has_value() &&
      (element_bytes > 0 ? static_cast<std::size_t>(*count * element_bytes) == tensor.data.size()
                         : IsBytesTensor(tensor.data, *count));
  if (fits) return OkStatus();
  return InvalidArgumentError(Format("tensor \"%.*s\": its shape does not fit its %zu bytes",
                                     name_bytes, name.data(), tensor.data.size()));
}

Status CheckTensors(const std::vector<Tensor>& tensors, std::size_t rows) {
  OFFRAMP_RETURN_IF_ERROR(AtMost("tensors", tensors.size(), Limits::kTensors));
  for (const Tensor& tensor : tensors) OFFRAMP_RETURN_IF_ERROR(CheckTensor(tensor, rows));
  return OkStatus();
}

Status Check(const Hello& hello) {
  OFFRAMP_RETURN_IF_ERROR(
      AtMost("bytes of a fleet's name", hello.fleet.size(), Limits::kNameBytes));
  OFFRAMP_RETURN_IF_ERROR(AtMost("bytes of a node's name", hello.name.size(), Limits::kNameBytes));
  return CheckStage(hello.stage, 0);
}

Status Check(const TaskFrame& task) {
  if (task.rows.empty()) return InvalidArgumentError("a task frame without rows");
  OFFRAMP_RETURN_IF_ERROR(AtMost("rows", task.rows.size(), Limits::kRows));
  std::size_t survived = 0;
  for (const TaskRow& row : task.rows) {
    OFFRAMP_RETURN_IF_ERROR(
        AtMost("thresholds of a row", row.survived.size(), Limits::kSurvivedPerRow));
    OFFRAMP_RETURN_IF_ERROR(AllFinite("a threshold", row.survived));
    survived += row.survived.size();
  }
  OFFRAMP_RETURN_IF_ERROR(AtMost("thresholds of all rows", survived, Limits::kSurvivedTotal));
  OFFRAMP_RETURN_IF_ERROR(Finite("deadline_s", task.deadline_s));
  OFFRAMP_RETURN_IF_ERROR(Finite("accuracy_weight_s", task.accuracy_weight_s));
  OFFRAMP_RETURN_IF_ERROR(
      AtMost("bytes of a request id", task.request_id.size(), Limits::kRequestIdBytes));
  OFFRAMP_RETURN_IF_ERROR(
      AtMost("bytes of a trace parent", task.trace_parent.size(), Limits::kNameBytes));
  return CheckTensors(task.tensors, task.rows.size());
}

Status Check(const Report& report) {
  OFFRAMP_RETURN_IF_ERROR(Finite("backlog_s", report.backlog_s));
  OFFRAMP_RETURN_IF_ERROR(Finite("service_s", report.service_s));
  OFFRAMP_RETURN_IF_ERROR(Finite("service_scv", report.service_scv));
  OFFRAMP_RETURN_IF_ERROR(Finite("arrival_rate_per_s", report.arrival_rate_per_s));
  return report.queued_tasks >= 0 ? OkStatus() : InvalidArgumentError("queued_tasks is negative");
}

Status Check(const AckFrame& ack) {
  OFFRAMP_RETURN_IF_ERROR(Finite("at_receiver_s", ack.at_receiver_s));
  return Check(ack.report);
}

Status Check(const AnswerFrame& answer) {
  OFFRAMP_RETURN_IF_ERROR(CheckRowNumbers(answer.rows));
  OFFRAMP_RETURN_IF_ERROR(CheckStage(answer.exit_stage, 1));
  if (answer.confidence.size() != answer.rows.size()) {
    return InvalidArgumentError(
        Format("%zu confidences for %zu rows", answer.confidence.size(), answer.rows.size()));
  }
  OFFRAMP_RETURN_IF_ERROR(AllFinite("a confidence", answer.confidence));
  OFFRAMP_RETURN_IF_ERROR(AtMost("hops of a path", answer.path.size(), Limits::kHops));
  for (const Hop& hop : answer.path) {
    OFFRAMP_RETURN_IF_ERROR(AtMost("bytes of a node's name", hop.node.size(), Limits::kNameBytes));
    OFFRAMP_RETURN_IF_ERROR(Finite("queue_s", hop.queue_s));
    OFFRAMP_RETURN_IF_ERROR(Finite("compute_s", hop.compute_s));
  }
  if (answer.report) OFFRAMP_RETURN_IF_ERROR(Check(*answer.report));
  return CheckTensors(answer.tensors, answer.rows.size());
}

Status Check(const RefuseFrame& refuse) {
  if (refuse.status.ok()) return InvalidArgumentError("a refusal without a reason");
  return CheckRowNumbers(refuse.rows);
}

Status Check(const CancelFrame&) { return OkStatus(); }

Status Check(const AgentMessage& message) {
  constexpr std::size_t kMost = static_cast<std::size_t>(Limits::kStages);
  OFFRAMP_RETURN_IF_ERROR(CheckStage(message.stage, 0));
  OFFRAMP_RETURN_IF_ERROR(AtMost("visit delays", message.visit_delay_s.size(), kMost));
  OFFRAMP_RETURN_IF_ERROR(AtMost("thresholds", message.thresholds.size(), kMost));
  OFFRAMP_RETURN_IF_ERROR(AllFinite("a visit delay", message.visit_delay_s));
  OFFRAMP_RETURN_IF_ERROR(AllFinite("a threshold", message.thresholds));
  for (const double number : {message.curvature, message.headroom, message.excess, message.weight,
                              message.flow, message.own_marginal_s, message.accuracy_weight_s}) {
    OFFRAMP_RETURN_IF_ERROR(Finite("a number of an agent's message", number));
  }
  return OkStatus();
}

}  // namespace

Status CheckFrame(const Frame& frame) {
  return std::visit([](const auto& kind) { return Check(kind); }, frame);
}

}  // namespace offramp
