#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include <google/protobuf/arena.h>

#include "offramp/base/text.h"
#include "offramp/wire/frame_codec.h"
#include "offramp/wire/frame_layout.h"

#include "offramp/v1/node.pb.h"

namespace offramp {

namespace {

static_assert(static_cast<int>(v1::BOOL) == internal::WireDataType(DataType::kBool));
static_assert(static_cast<int>(v1::UINT64) == internal::WireDataType(DataType::kUint64));
static_assert(static_cast<int>(v1::FP32) == internal::WireDataType(DataType::kFp32));
static_assert(static_cast<int>(v1::BYTES) == internal::WireDataType(DataType::kBytes));

// A place in the bytes of one or more frames.
class Reader {
 public:
  explicit Reader(Buffer bytes) : bytes_(std::move(bytes)) {}

  std::size_t left() const { return bytes_.size() - at_; }
  const std::byte* data() const { return bytes_.data() + at_; }

  // REQUIRES: size <= left(), here and below.
  void Skip(std::size_t size) { at_ += size; }

  // Where they lie.
  Buffer Take(std::size_t size) {
    Buffer taken = bytes_.Slice(at_, size);
    at_ += size;
    return taken;
  }

 private:
  const Buffer bytes_;
  std::size_t at_ = 0;
};

Status Garbage(const char* what) { return InvalidArgumentError(what); }

// Parses the envelope, leaving the reader behind it.
Status ReadEnvelope(Reader* reader, v1::Frame* message) {
  if (reader->left() < internal::kEnvelopeBytesField) return Garbage("no frame: too short");
  std::uint32_t envelope_bytes = 0;
  std::memcpy(&envelope_bytes, reader->data() + 1, sizeof envelope_bytes);
  if (std::to_integer<unsigned char>(*reader->data()) != internal::kEnvelopeBytesTag) {
    return Garbage("no frame: wrong first byte");
  }
  if (envelope_bytes < internal::kEnvelopeBytesField || envelope_bytes > reader->left() ||
      envelope_bytes > FrameLimits::kEnvelopeBytes) {
    return Garbage("no frame: wrong size of the envelope");
  }
  const bool parsed = message->ParseFromArray(reader->data(), static_cast<int>(envelope_bytes));
  reader->Skip(envelope_bytes);
  if (!parsed) return Garbage("no frame: the envelope is no protobuf message");
  if (!message->payload().empty() || message->envelope_bytes() != envelope_bytes) {
    return Garbage("no frame: the envelope contradicts itself");
  }
  return OkStatus();
}

std::optional<std::size_t> ReadVarint(Reader* reader) {
  std::size_t value = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    if (reader->left() == 0) return std::nullopt;
    const auto byte = std::to_integer<unsigned>(*reader->data());
    reader->Skip(1);
    value |= static_cast<std::size_t>(byte & 0x7fu) << shift;
    if ((byte & 0x80u) == 0) return value;
  }
  return std::nullopt;
}

// The payload field, if it comes next.
Result<Buffer> ReadPayload(Reader* reader, bool* aligned) {
  *aligned = true;
  if (reader->left() == 0 ||
      std::to_integer<unsigned char>(*reader->data()) != internal::kPayloadTag) {
    return Buffer();
  }
  reader->Skip(1);
  const auto size = ReadVarint(reader);
  if (!size || *size > reader->left()) return Garbage("no frame: wrong size of the payload");
  Buffer in_place = reader->Take(*size);
  if (*size < internal::kSharedPayloadBytes) return Buffer::CopyOf(in_place.bytes());
  *aligned = in_place.IsAlignedTo(internal::kTensorAlignment);
  return in_place;
}

template <typename Field>
Status TakeTensors(const Field& described, Buffer payload, bool aligned,
                   std::vector<Tensor>* tensors) {
  if (described.size() > static_cast<int>(FrameLimits::kTensors))
    return Garbage("too many tensors");
  std::size_t at = 0;
  std::size_t needed_alignment = 1;
  for (const v1::Tensor& one : described) {
    const int datatype = one.datatype();
    if (datatype < 1 || datatype > kDataTypeCount) return Garbage("a tensor of unknown datatype");
    const std::size_t start = internal::AlignUp(at);
    if (start > payload.size() || one.size_bytes() > payload.size() - start) {
      return Garbage("the payload is smaller than its tensors");
    }
    Tensor tensor;
    tensor.name = one.name();
    tensor.datatype = static_cast<DataType>(datatype - 1);
    tensor.shape.assign(one.shape().begin(), one.shape().end());
    tensor.data = payload.Slice(start, one.size_bytes());
    at = start + one.size_bytes();
    needed_alignment =
        std::max(needed_alignment, static_cast<std::size_t>(ElementBytes(tensor.datatype)));
    tensors->push_back(std::move(tensor));
  }
  if (at != payload.size()) return Garbage("the payload is larger than its tensors");
  if (aligned || payload.IsAlignedTo(needed_alignment)) return OkStatus();
  const Buffer copy = Buffer::CopyOf(payload.bytes());
  for (Tensor& tensor : *tensors) {
    if (tensor.data.empty()) continue;
    const std::size_t start = static_cast<std::size_t>(tensor.data.data() - payload.data());
    tensor.data = copy.Slice(start, tensor.data.size());
  }
  return OkStatus();
}

// Numbers that do not fit an int are refused by CheckFrame as -1.
int ToStage(std::uint32_t stage) {
  return stage <= static_cast<std::uint32_t>(FrameLimits::kStages) ? static_cast<int>(stage) : -1;
}

Hello Take(const v1::Hello& in) {
  return {.protocol = in.protocol(),
          .fleet = in.fleet(),
          .name = in.name(),
          .stage = ToStage(in.stage()),
          .incarnation = in.incarnation()};
}

Report Take(const v1::Report& in) {
  return {.backlog_s = in.backlog_s(),
          .service_s = in.service_s(),
          .service_scv = in.service_scv(),
          .arrival_rate_per_s = in.arrival_rate_per_s(),
          .queued_tasks = static_cast<std::int64_t>(in.queued_tasks()),
          .received_tasks = in.received_tasks(),
          .finished_tasks = in.finished_tasks(),
          .accepting = in.accepting(),
          .reaches_end = in.reaches_end(),
          .progressing = in.progressing()};
}

AgentMessage Take(const v1::AgentMessage& in) {
  return {.stage = ToStage(in.stage()),
          .visit_delay_s = {in.visit_delay_s().begin(), in.visit_delay_s().end()},
          .thresholds = {in.thresholds().begin(), in.thresholds().end()},
          .curvature = in.curvature(),
          .headroom = in.headroom(),
          .excess = in.excess(),
          .weight = in.weight(),
          .flow = in.flow(),
          .stamp = in.stamp(),
          .own_marginal_s = in.own_marginal_s(),
          .accuracy_weight_s = in.accuracy_weight_s()};
}

Result<Frame> TakeTask(const v1::Task& in, Buffer payload, bool aligned) {
  if (in.survived_count_size() > static_cast<int>(FrameLimits::kRows))
    return Garbage("too many rows");
  TaskFrame task{.id = in.id(),
                 .deadline_s = in.deadline_s(),
                 .retry_budget = in.retry_budget(),
                 .early_exit = !in.no_early_exit(),
                 .shadow = in.shadow(),
                 .accuracy_weight_s = in.accuracy_weight_s(),
                 .request_id = in.request_id(),
                 .trace_parent = in.trace_parent()};
  task.rows.resize(static_cast<std::size_t>(in.survived_count_size()));
  std::size_t at = 0;
  const std::size_t total = static_cast<std::size_t>(in.survived_size());
  const float* survived = in.survived().data();
  for (std::size_t row = 0; row < task.rows.size(); ++row) {
    const std::size_t count = in.survived_count(static_cast<int>(row));
    if (count > total - at) return Garbage("fewer thresholds than the rows have");
    task.rows[row].survived.assign(survived + at, survived + at + count);
    at += count;
  }
  if (at != total) return Garbage("more thresholds than the rows have");
  OFFRAMP_RETURN_IF_ERROR(TakeTensors(in.tensors(), std::move(payload), aligned, &task.tensors));
  return Frame(std::move(task));
}

Result<Frame> TakeAnswer(const v1::Answer& in, Buffer payload, bool aligned) {
  AnswerFrame answer{.id = in.id(),
                     .rows = {in.rows().begin(), in.rows().end()},
                     .exit_stage = ToStage(in.exit_stage()),
                     .confidence = {in.confidence().begin(), in.confidence().end()},
                     .retries = in.retries()};
  for (const v1::Hop& hop : in.path()) {
    answer.path.push_back(
        {.node = hop.node(), .queue_s = hop.queue_s(), .compute_s = hop.compute_s()});
  }
  if (in.has_report()) answer.report = Take(in.report());
  OFFRAMP_RETURN_IF_ERROR(TakeTensors(in.tensors(), std::move(payload), aligned, &answer.tensors));
  return Frame(std::move(answer));
}

Result<Frame> TakeRefuse(const v1::Refuse& in) {
  const auto* code =
      std::find(internal::kWireStatus.begin() + 1, internal::kWireStatus.end(), in.code());
  if (code == internal::kWireStatus.end()) return Garbage("a refusal with an unknown code");
  if (in.message().size() > FrameLimits::kStatusBytes)
    return Garbage("a refusal of too many words");
  return Frame(RefuseFrame{
      .id = in.id(),
      .rows = {in.rows().begin(), in.rows().end()},
      .status = Status(static_cast<StatusCode>(code - internal::kWireStatus.begin()), in.message()),
      .retries = in.retries()});
}

Result<Frame> Take(const v1::Frame& message, Buffer payload, bool aligned) {
  const auto kind = message.kind_case();
  if (kind == v1::Frame::kTask) return TakeTask(message.task(), std::move(payload), aligned);
  if (kind == v1::Frame::kAnswer) return TakeAnswer(message.answer(), std::move(payload), aligned);
  if (!payload.empty()) return Garbage("a payload in a frame without tensors");
  switch (kind) {
    case v1::Frame::kHello:
      return Frame(Take(message.hello()));
    case v1::Frame::kAck:
      return Frame(AckFrame{.id = message.ack().id(),
                            .at_receiver_s = message.ack().at_receiver_s(),
                            .report = Take(message.ack().report())});
    case v1::Frame::kRefuse:
      return TakeRefuse(message.refuse());
    case v1::Frame::kCancel:
      return Frame(CancelFrame{.id = message.cancel().id()});
    case v1::Frame::kReport:
      return Frame(Take(message.report()));
    case v1::Frame::kAgent:
      return Frame(Take(message.agent()));
    default:
      return Garbage("a frame of unknown kind");
  }
}

Result<Frame> ReadFrame(Reader* reader) {
  std::array<char, 4096> block;
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  google::protobuf::Arena arena(options);
  auto* message = google::protobuf::Arena::CreateMessage<v1::Frame>(&arena);

  OFFRAMP_RETURN_IF_ERROR(ReadEnvelope(reader, message));
  bool aligned = false;
  OFFRAMP_ASSIGN_OR_RETURN(Buffer payload, ReadPayload(reader, &aligned));
  OFFRAMP_ASSIGN_OR_RETURN(Frame frame, Take(*message, std::move(payload), aligned));
  OFFRAMP_RETURN_IF_ERROR(CheckFrame(frame));
  return frame;
}

}  // namespace

Result<Frame> DecodeFrame(const Buffer& bytes) {
  Reader reader(bytes);
  OFFRAMP_ASSIGN_OR_RETURN(Frame frame, ReadFrame(&reader));
  if (reader.left() > 0) return Garbage("more than a frame");
  return frame;
}

Status DecodeFrames(const Buffer& bytes, const std::function<bool(Frame)>& take) {
  Reader reader(bytes);
  do {
    OFFRAMP_ASSIGN_OR_RETURN(Frame frame, ReadFrame(&reader));
    if (!take(std::move(frame))) return OkStatus();
  } while (reader.left() > 0);
  return OkStatus();
}

}  // namespace offramp
