#include <algorithm>
#include <array>
#include <cstring>

#include <google/protobuf/arena.h>

#include "offramp/base/check.h"
#include "offramp/wire/frame_codec.h"
#include "offramp/wire/frame_layout.h"

#include "offramp/v1/node.pb.h"

namespace offramp {

namespace {

constexpr std::array<std::byte, internal::kTensorAlignment> kZeros{};

template <typename Field>
void DescribeTensors(const std::vector<Tensor>& tensors, Field* field) {
  for (const Tensor& tensor : tensors) {
    v1::Tensor* described = field->Add();
    described->set_name(tensor.name);
    described->set_datatype(static_cast<v1::DataType>(internal::WireDataType(tensor.datatype)));
    described->mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
    described->set_size_bytes(tensor.data.size());
  }
}

void Fill(const Report& report, v1::Report* out) {
  out->set_backlog_s(report.backlog_s);
  out->set_service_s(report.service_s);
  out->set_service_scv(report.service_scv);
  out->set_arrival_rate_per_s(report.arrival_rate_per_s);
  out->set_queued_tasks(static_cast<std::uint64_t>(report.queued_tasks));
  out->set_received_tasks(report.received_tasks);
  out->set_finished_tasks(report.finished_tasks);
  out->set_accepting(report.accepting);
  out->set_reaches_end(report.reaches_end);
  out->set_progressing(report.progressing);
}

void Fill(const Hello& hello, v1::Frame* frame) {
  v1::Hello* out = frame->mutable_hello();
  out->set_protocol(hello.protocol);
  out->set_fleet(hello.fleet);
  out->set_name(hello.name);
  out->set_stage(static_cast<std::uint32_t>(hello.stage));
  out->set_incarnation(hello.incarnation);
}

void Fill(const TaskFrame& task, v1::Frame* frame) {
  v1::Task* out = frame->mutable_task();
  out->set_id(task.id);
  out->set_deadline_s(task.deadline_s);
  out->set_retry_budget(task.retry_budget);
  out->set_no_early_exit(!task.early_exit);
  out->set_shadow(task.shadow);
  out->set_accuracy_weight_s(task.accuracy_weight_s);
  out->set_request_id(task.request_id);
  out->set_trace_parent(task.trace_parent);
  out->mutable_survived_count()->Reserve(static_cast<int>(task.rows.size()));
  for (const TaskRow& row : task.rows) {
    out->add_survived_count(static_cast<std::uint32_t>(row.survived.size()));
    out->mutable_survived()->Add(row.survived.begin(), row.survived.end());
  }
  DescribeTensors(task.tensors, out->mutable_tensors());
}

void Fill(const AckFrame& ack, v1::Frame* frame) {
  v1::Ack* out = frame->mutable_ack();
  out->set_id(ack.id);
  out->set_at_receiver_s(ack.at_receiver_s);
  Fill(ack.report, out->mutable_report());
}

void Fill(const AnswerFrame& answer, v1::Frame* frame) {
  v1::Answer* out = frame->mutable_answer();
  out->set_id(answer.id);
  out->mutable_rows()->Add(answer.rows.begin(), answer.rows.end());
  out->set_exit_stage(static_cast<std::uint32_t>(answer.exit_stage));
  out->mutable_confidence()->Add(answer.confidence.begin(), answer.confidence.end());
  for (const Hop& hop : answer.path) {
    v1::Hop* out_hop = out->add_path();
    out_hop->set_node(hop.node);
    out_hop->set_queue_s(hop.queue_s);
    out_hop->set_compute_s(hop.compute_s);
  }
  out->set_retries(answer.retries);
  if (answer.report) Fill(*answer.report, out->mutable_report());
  DescribeTensors(answer.tensors, out->mutable_tensors());
}

void Fill(const RefuseFrame& refuse, v1::Frame* frame) {
  v1::Refuse* out = frame->mutable_refuse();
  out->set_id(refuse.id);
  out->mutable_rows()->Add(refuse.rows.begin(), refuse.rows.end());
  out->set_code(internal::kWireStatus.at(static_cast<std::size_t>(refuse.status.code())));
  out->set_message(refuse.status.message().substr(0, FrameLimits::kStatusBytes));
  out->set_retries(refuse.retries);
}

void Fill(const CancelFrame& cancel, v1::Frame* frame) {
  frame->mutable_cancel()->set_id(cancel.id);
}

void Fill(const Report& report, v1::Frame* frame) { Fill(report, frame->mutable_report()); }

void Fill(const AgentMessage& message, v1::Frame* frame) {
  v1::AgentMessage* out = frame->mutable_agent();
  out->set_stage(static_cast<std::uint32_t>(message.stage));
  out->mutable_visit_delay_s()->Add(message.visit_delay_s.begin(), message.visit_delay_s.end());
  out->mutable_thresholds()->Add(message.thresholds.begin(), message.thresholds.end());
  out->set_curvature(message.curvature);
  out->set_headroom(message.headroom);
  out->set_excess(message.excess);
  out->set_weight(message.weight);
  out->set_flow(message.flow);
  out->set_own_marginal_s(message.own_marginal_s);
  out->set_stamp(message.stamp);
  out->set_accuracy_weight_s(message.accuracy_weight_s);
}

const std::vector<Tensor>* TensorsOf(const Frame& frame) {
  if (const auto* task = std::get_if<TaskFrame>(&frame)) return &task->tensors;
  if (const auto* answer = std::get_if<AnswerFrame>(&frame)) return &answer->tensors;
  return nullptr;
}

// The tensors' bytes with zeros between them. Returns their size.
std::size_t LayOut(const std::vector<Tensor>& tensors, std::vector<Buffer>* payload) {
  std::size_t size = 0;
  for (const Tensor& tensor : tensors) {
    const std::size_t start = internal::AlignUp(size);
    if (start > size) payload->emplace_back(nullptr, kZeros.data(), start - size);
    if (!tensor.data.empty()) payload->push_back(tensor.data);
    size = start + tensor.data.size();
  }
  return size;
}

void AppendVarint(std::size_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

}  // namespace

std::size_t EncodedFrame::size_bytes() const {
  std::size_t size = head.size();
  for (const Buffer& part : payload) size += part.size();
  return size;
}

Buffer EncodedFrame::Joined() const {
  MutableBuffer joined(size_bytes());
  std::memcpy(joined.data(), head.data(), head.size());
  std::size_t at = head.size();
  for (const Buffer& part : payload) {
    std::memcpy(joined.data() + at, part.data(), part.size());
    at += part.size();
  }
  return std::move(joined).Freeze();
}

EncodedFrame EncodeFrame(const Frame& frame) {
  // Most envelopes are built within the stack's block: no allocation but the result's.
  std::array<char, 4096> block;
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  google::protobuf::Arena arena(options);
  auto* message = google::protobuf::Arena::CreateMessage<v1::Frame>(&arena);
  std::visit([message](const auto& kind) { Fill(kind, message); }, frame);

  message->set_envelope_bytes(1);  // any but 0: the field's size does not depend on it
  const std::size_t envelope_bytes = message->ByteSizeLong();
  OFFRAMP_CHECK(envelope_bytes <= UINT32_MAX, "an envelope of more than 4 GiB");
  message->set_envelope_bytes(static_cast<std::uint32_t>(envelope_bytes));

  EncodedFrame encoded;
  encoded.head.reserve(envelope_bytes + 12);
  message->AppendToString(&encoded.head);
  if (const std::vector<Tensor>* tensors = TensorsOf(frame); tensors && !tensors->empty()) {
    const std::size_t payload_bytes = LayOut(*tensors, &encoded.payload);
    encoded.head.push_back(static_cast<char>(internal::kPayloadTag));
    AppendVarint(payload_bytes, &encoded.head);
  }
  return encoded;
}

}  // namespace offramp
