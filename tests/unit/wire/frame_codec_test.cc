#include "offramp/wire/frame_codec.h"

#include <cmath>
#include <functional>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "offramp/base/random.h"
#include "tests/unit/wire/example_frames.h"

#include "offramp/v1/node.pb.h"

namespace offramp {
namespace {

using ::testing::HasSubstr;

Buffer Encode(const Frame& frame) { return EncodeFrame(frame).Joined(); }

TEST(FrameCodecTest, EveryFieldOfATaskSurvives) {
  const TaskFrame sent = ExampleTask(3, 5);
  const auto decoded = DecodeFrame(Encode(sent));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  const auto& got = std::get<TaskFrame>(*decoded);
  EXPECT_EQ(got.id, sent.id);
  EXPECT_EQ(got.deadline_s, sent.deadline_s);
  EXPECT_EQ(got.retry_budget, sent.retry_budget);
  EXPECT_EQ(got.early_exit, sent.early_exit);
  EXPECT_EQ(got.shadow, sent.shadow);
  EXPECT_EQ(got.accuracy_weight_s, sent.accuracy_weight_s);
  EXPECT_EQ(got.request_id, sent.request_id);
  EXPECT_EQ(got.trace_parent, sent.trace_parent);
  ASSERT_EQ(got.rows.size(), 3u);
  EXPECT_EQ(got.rows[2].survived, sent.rows[2].survived);
  ASSERT_EQ(got.tensors.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(got.tensors[i].name, sent.tensors[i].name);
    EXPECT_EQ(got.tensors[i].datatype, sent.tensors[i].datatype);
    EXPECT_EQ(got.tensors[i].shape, sent.tensors[i].shape);
    EXPECT_EQ(got.tensors[i].data.text(), sent.tensors[i].data.text());
  }
}

TEST(FrameCodecTest, EveryFieldOfTheOthersSurvives) {
  const auto hello = std::get<Hello>(*DecodeFrame(Encode(ExampleFrames()[0])));
  EXPECT_EQ(hello.protocol, 1u);
  EXPECT_EQ(hello.fleet, "f");
  EXPECT_EQ(hello.name, "s1-a");
  EXPECT_EQ(hello.stage, 1);
  EXPECT_EQ(hello.incarnation, ~0ull);

  const auto ack = std::get<AckFrame>(
      *DecodeFrame(Encode(AckFrame{.id = 5, .at_receiver_s = 0.125f, .report = ExampleReport()})));
  EXPECT_EQ(ack.id, 5u);
  EXPECT_EQ(ack.report.backlog_s, 0.5);
  EXPECT_EQ(ack.report.service_s, 0.01);
  EXPECT_EQ(ack.report.service_scv, 0.2);
  EXPECT_EQ(ack.report.arrival_rate_per_s, 42.5);
  EXPECT_EQ(ack.report.queued_tasks, 7);
  EXPECT_EQ(ack.report.received_tasks, 1234567890123u);
  EXPECT_EQ(ack.report.finished_tasks, 99u);
  EXPECT_FALSE(ack.report.accepting);
  EXPECT_FALSE(ack.report.reaches_end);
  EXPECT_TRUE(ack.report.progressing);
  EXPECT_EQ(ack.at_receiver_s, 0.125f);

  const auto answer = std::get<AnswerFrame>(*DecodeFrame(Encode(ExampleAnswer())));
  EXPECT_EQ(answer.id, 78u);
  EXPECT_EQ(answer.rows, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(answer.exit_stage, 3);
  EXPECT_EQ(answer.confidence, (std::vector<float>{0.9f, 0.25f}));
  ASSERT_EQ(answer.path.size(), 2u);
  EXPECT_EQ(answer.path[0].node, "s1-a");
  EXPECT_EQ(answer.path[0].queue_s, 0.001f);
  EXPECT_EQ(answer.path[0].compute_s, 0.25f);
  EXPECT_EQ(answer.retries, 2u);
  ASSERT_TRUE(answer.report.has_value());
  EXPECT_EQ(answer.report->backlog_s, 0.5);
  AnswerFrame without = ExampleAnswer();
  without.report.reset();
  EXPECT_FALSE(std::get<AnswerFrame>(*DecodeFrame(Encode(without))).report.has_value());
  EXPECT_EQ(answer.tensors[0].data.text(), ExampleAnswer().tensors[0].data.text());

  const auto agent = std::get<AgentMessage>(*DecodeFrame(Encode(ExampleAgentMessage())));
  EXPECT_EQ(agent.stage, 2);
  EXPECT_EQ(agent.visit_delay_s, (std::vector<double>{0.1, 0.2, 0.3}));
  EXPECT_EQ(agent.thresholds, (std::vector<double>{0.8, 1.5}));
  EXPECT_EQ(agent.curvature, 0.25);
  EXPECT_EQ(agent.headroom, 10);
  EXPECT_EQ(agent.excess, 0.5);
  EXPECT_EQ(agent.weight, 0.75);
  EXPECT_EQ(agent.flow, 3);
  EXPECT_EQ(agent.own_marginal_s, 0.125);
  EXPECT_EQ(agent.accuracy_weight_s, 2.5);
  EXPECT_EQ(agent.stamp, 12u);

  EXPECT_EQ(std::get<CancelFrame>(*DecodeFrame(Encode(CancelFrame{.id = 6}))).id, 6u);
}

TEST(FrameCodecTest, EveryStatusCodeSurvivesARefusal) {
  for (int code = 1; code < kStatusCodeCount; ++code) {
    const Status status(static_cast<StatusCode>(code), "because");
    const auto refuse = std::get<RefuseFrame>(
        *DecodeFrame(Encode(RefuseFrame{.id = 3, .rows = {9}, .status = status, .retries = 4})));
    EXPECT_EQ(refuse.status, status);
    EXPECT_EQ(refuse.rows, std::vector<std::uint32_t>{9});
    EXPECT_EQ(refuse.retries, 4u);
  }
  const auto cut = std::get<RefuseFrame>(*DecodeFrame(
      Encode(RefuseFrame{.rows = {0}, .status = InternalError(std::string(10000, 'x'))})));
  EXPECT_EQ(cut.status.message().size(), FrameLimits::kStatusBytes);
}

TEST(FrameCodecTest, EveryDatatypeSurvives) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto type = static_cast<DataType>(i);
    // BYTES: one element of three bytes a row.
    const std::string element =
        type == DataType::kBytes ? std::string("\3\0\0\0abc", 7)
                                 : std::string(static_cast<std::size_t>(ElementBytes(type)), 'e');
    TaskFrame task{.rows = {{}, {}}};
    task.tensors = {{"t", type, {2, 1}, Buffer::CopyOf(element + element)}};
    const auto decoded = DecodeFrame(Encode(task));
    ASSERT_TRUE(decoded.ok()) << DataTypeName(type) << decoded.status();
    EXPECT_EQ(std::get<TaskFrame>(*decoded).tensors[0].datatype, type);
    EXPECT_EQ(std::get<TaskFrame>(*decoded).tensors[0].data.text(), element + element);
  }
}

TEST(FrameCodecTest, AFrameIsAProtobufMessage) {
  const TaskFrame task = ExampleTask(2, 10);  // 80 and 24 bytes of tensors
  v1::Frame message;
  ASSERT_TRUE(message.ParseFromString(std::string(Encode(task).text())));
  EXPECT_EQ(message.task().tensors(1).name(), "skip");
  ASSERT_EQ(message.payload().size(), 128u + 24u);
  EXPECT_EQ(message.payload().substr(0, 80), task.tensors[0].data.text());
  EXPECT_EQ(message.payload().substr(80, 48), std::string(48, '\0'));
  EXPECT_EQ(message.payload().substr(128), task.tensors[1].data.text());
}

TEST(FrameCodecTest, SendingSharesTheTensors) {
  const TaskFrame task = ExampleTask();
  const EncodedFrame encoded = EncodeFrame(task);
  ASSERT_EQ(encoded.payload.size(), 3u);
  EXPECT_EQ(encoded.payload[0].data(), task.tensors[0].data.data());
  EXPECT_EQ(encoded.payload[2].data(), task.tensors[1].data.data());
}

// `bytes` behind `shift` others, so that what lies `shift` behind a multiple of 64 is aligned.
Buffer Shifted(const Buffer& bytes, std::size_t shift) {
  MutableBuffer room(shift + bytes.size());
  std::memcpy(room.data() + shift, bytes.data(), bytes.size());
  return std::move(room).Freeze().Slice(shift, bytes.size());
}

TEST(FrameCodecTest, LargeTensorsAreSharedOnArrivalIfAligned) {
  const EncodedFrame encoded = EncodeFrame(ExampleTask(1, 10000));
  const std::size_t head = encoded.head.size() % Buffer::kAlignment;
  const Buffer bytes = Shifted(encoded.Joined(), Buffer::kAlignment - head);
  const auto aligned = DecodeFrame(bytes);
  ASSERT_TRUE(aligned.ok()) << aligned.status();
  EXPECT_EQ(std::get<TaskFrame>(*aligned).tensors[0].data.data(),
            bytes.data() + encoded.head.size());

  const auto copied = DecodeFrame(Shifted(bytes, Buffer::kAlignment - head + 1));
  ASSERT_TRUE(copied.ok()) << copied.status();
  for (const Tensor& tensor : std::get<TaskFrame>(*copied).tensors) {
    EXPECT_TRUE(tensor.data.IsAlignedTo(Buffer::kAlignment));
  }
  EXPECT_EQ(std::get<TaskFrame>(*copied).tensors[0].data.text(),
            std::get<TaskFrame>(*aligned).tensors[0].data.text());
}

TEST(FrameCodecTest, FramesMayLieAnywhere) {
  for (const Frame& frame : ExampleFrames()) {
    const Buffer whole = Encode(frame);
    for (std::size_t shift = 0; shift < Buffer::kAlignment; ++shift) {
      const auto decoded = DecodeFrame(Shifted(whole, shift));
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(Encode(*decoded).text(), whole.text());
    }
  }
}

TEST(FrameCodecTest, TruncatedAndExtendedFramesAreRefused) {
  for (const Frame& frame : ExampleFrames()) {
    const Buffer whole = Encode(frame);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      ASSERT_FALSE(DecodeFrame(whole.Slice(0, size)).ok()) << size << " of " << whole.size();
    }
    EXPECT_FALSE(DecodeFrame(Buffer::CopyOf(std::string(whole.text()) + "x")).ok());
  }
}

TEST(FrameCodecTest, SeveralFramesAfterEachOther) {
  std::string bytes;
  for (const Frame& frame : ExampleFrames()) bytes += Encode(frame).text();
  const Buffer whole = Buffer::CopyOf(bytes);
  std::string again;
  EXPECT_TRUE(DecodeFrames(whole, [&](const Frame& frame) {
                again += Encode(frame).text();
                return true;
              }).ok());
  EXPECT_EQ(again, bytes);
  EXPECT_FALSE(DecodeFrame(whole).ok());

  int taken = 0;
  EXPECT_TRUE(DecodeFrames(whole, [&](const Frame&) { return ++taken < 3; }).ok());
  EXPECT_EQ(taken, 3);
  const Buffer spoilt = Buffer::CopyOf(bytes + "x");
  taken = 0;
  EXPECT_FALSE(DecodeFrames(spoilt, [&](const Frame&) { return ++taken > 0; }).ok());
  EXPECT_EQ(taken, 8);
  EXPECT_FALSE(DecodeFrames(Buffer(), [](const Frame&) { return true; }).ok());
}

TEST(FrameCodecTest, FlippedBitsNeverAbort) {
  Random random(12);
  for (const Frame& frame : ExampleFrames()) {
    const std::string whole(Encode(frame).text());
    for (int round = 0; round < 3000; ++round) {
      std::string bytes = whole;
      for (std::uint64_t flips = 1 + random.Below(4); flips > 0; --flips) {
        bytes[random.Below(bytes.size())] ^= static_cast<char>(1 << random.Below(8));
      }
      const auto decoded = DecodeFrame(Buffer::CopyOf(bytes));
      if (decoded.ok()) {
        EXPECT_TRUE(CheckFrame(*decoded).ok());
      } else {
        EXPECT_EQ(decoded.status().code(), StatusCode::kInvalidArgument);
      }
    }
  }
}

TEST(FrameCodecTest, UnknownKindsAreRefused) {
  v1::Frame nothing;
  nothing.set_envelope_bytes(5);
  EXPECT_THAT(DecodeFrame(Buffer::CopyOf(nothing.SerializeAsString())).status().message(),
              HasSubstr("unknown kind"));
}

// What decoding says of a task that has been spoilt after it was built.
Status Spoilt(const std::function<void(TaskFrame*)>& spoil) {
  TaskFrame task = ExampleTask();
  spoil(&task);
  EXPECT_EQ(CheckFrame(task).ok(), DecodeFrame(Encode(task)).ok());
  return CheckFrame(task);
}

TEST(FrameCodecTest, LimitsOfATask) {
  EXPECT_TRUE(Spoilt([](TaskFrame*) {}).ok());
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->rows.clear(); }).message(), HasSubstr("without rows"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->rows.resize(65537); }).message(),
              HasSubstr("rows: 65537"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->rows.resize(3); }).message(),
              HasSubstr("\"block1_out\" has 2 rows, the frame has 3"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->rows[1].survived.resize(65); }).message(),
              HasSubstr("thresholds of a row: 65, at most 64"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->rows[1].survived[0] = NAN; }).message(),
              HasSubstr("threshold is not a finite"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) {
                t->deadline_s = std::numeric_limits<double>::infinity();
              }).message(),
              HasSubstr("deadline_s is not a finite"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->request_id.resize(1025); }).message(),
              HasSubstr("request id: 1025"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->trace_parent.resize(257); }).message(),
              HasSubstr("trace parent: 257"));
  EXPECT_THAT(Spoilt([](TaskFrame* t) { t->tensors[0].name.resize(257); }).message(),
              HasSubstr("name: 257"));
  EXPECT_FALSE(Spoilt([](TaskFrame* t) { t->tensors.resize(65, t->tensors[0]); }).ok());
  EXPECT_FALSE(Spoilt([](TaskFrame* t) { t->tensors[0].shape.resize(17, 1); }).ok());
  EXPECT_FALSE(Spoilt([](TaskFrame* t) { t->tensors[0].shape.clear(); }).ok());
  EXPECT_FALSE(Spoilt([](TaskFrame* t) { t->tensors[0].shape[1] = 11; }).ok());
  EXPECT_FALSE(Spoilt([](TaskFrame* t) { t->tensors[0].shape[1] = -10; }).ok());
  EXPECT_FALSE(Spoilt([](TaskFrame* t) {
                 t->tensors[0].shape = {2, std::int64_t{1} << 40, 1 << 30};
               }).ok());
  EXPECT_FALSE(Spoilt([](TaskFrame* t) { t->tensors[0].datatype = DataType::kBytes; }).ok());
}

TEST(FrameCodecTest, LimitsOfTheOthers) {
  const auto refused = [](const Frame& frame) {
    return !CheckFrame(frame).ok() && !DecodeFrame(Encode(frame)).ok();
  };
  EXPECT_TRUE(refused(Hello{.stage = 65}));
  EXPECT_TRUE(refused(Hello{.stage = -1}));
  EXPECT_TRUE(refused(Hello{.fleet = std::string(257, 'x')}));
  EXPECT_TRUE(refused(Report{.backlog_s = NAN}));
  EXPECT_TRUE(refused(AckFrame{.report = {.queued_tasks = -1}}));
  EXPECT_TRUE(refused(AckFrame{.at_receiver_s = NAN}));
  EXPECT_TRUE(refused(AnswerFrame{.exit_stage = 1}));
  AnswerFrame spoilt = ExampleAnswer();
  spoilt.report->service_s = NAN;
  EXPECT_TRUE(refused(spoilt));
  EXPECT_TRUE(refused(AnswerFrame{.rows = {0}, .exit_stage = 0, .confidence = {1}}));
  EXPECT_TRUE(refused(AnswerFrame{.rows = {65536}, .exit_stage = 1, .confidence = {1}}));
  EXPECT_TRUE(refused(AnswerFrame{.rows = {0, 1}, .exit_stage = 1, .confidence = {1}}));
  EXPECT_TRUE(refused(
      AnswerFrame{.rows = {0}, .exit_stage = 1, .confidence = {1}, .path = std::vector<Hop>(65)}));
  EXPECT_TRUE(refused(RefuseFrame{.rows = {0}}));
  EXPECT_TRUE(refused(RefuseFrame{.status = UnavailableError("x")}));
  EXPECT_TRUE(refused(AgentMessage{.visit_delay_s = std::vector<double>(65)}));
  EXPECT_TRUE(refused(AgentMessage{.flow = NAN}));
}

TEST(FrameCodecTest, ALyingTensorDescriptionIsRefused) {
  v1::Frame message;
  ASSERT_TRUE(message.ParseFromString(std::string(Encode(ExampleTask()).text())));
  const auto decode = [](v1::Frame changed) {
    std::string payload;
    payload.swap(*changed.mutable_payload());
    changed.set_envelope_bytes(static_cast<std::uint32_t>(changed.ByteSizeLong()));
    std::string bytes = changed.SerializeAsString();
    changed.set_payload(payload);
    return DecodeFrame(Buffer::CopyOf(bytes + changed.SerializeAsString().substr(bytes.size())));
  };
  EXPECT_TRUE(decode(message).ok());
  v1::Frame changed = message;
  changed.mutable_task()->mutable_tensors(1)->set_size_bytes(~0ull);
  EXPECT_FALSE(decode(changed).ok());
  changed = message;
  changed.mutable_task()->mutable_tensors(0)->set_size_bytes(1);
  EXPECT_FALSE(decode(changed).ok());
  changed = message;
  changed.mutable_task()->mutable_tensors(0)->set_datatype(static_cast<v1::DataType>(99));
  EXPECT_FALSE(decode(changed).ok());
  changed = message;
  changed.mutable_task()->set_survived_count(0, 1000);
  EXPECT_FALSE(decode(changed).ok());
  changed = message;
  changed.mutable_cancel();  // a payload with no tensors
  EXPECT_FALSE(decode(changed).ok());
}

}  // namespace
}  // namespace offramp
