#include "offramp/gateway/pending_inference.h"

#include <gtest/gtest.h>

namespace offramp {
namespace {

// Keeps the one request; `inside_infer` runs before Infer returns its id.
class OneRequestService final : public InferenceService {
 public:
  RequestId Infer(InferenceRequest /*request*/, Done done) override {
    done_ = std::move(done);
    if (inside_infer) inside_infer();
    return 7;
  }
  void Cancel(RequestId id) override {
    EXPECT_EQ(id, 7U);
    ++cancels;
    Answer(CancelledError("cancelled"));
  }
  void Answer(Status status) {
    if (!done_) return;
    const Done done = std::move(done_);
    done_ = nullptr;
    done({.status = std::move(status)});
  }
  const Bundle& model() const override { return model_; }
  bool live() const override { return true; }
  bool ready() const override { return true; }
  int max_batch_size() const override { return 1; }
  InferenceStatistics statistics() const override { return {}; }

  std::function<void()> inside_infer;
  int cancels = 0;

 private:
  Bundle model_;
  Done done_;
};

struct Fixture {
  OneRequestService service;
  std::shared_ptr<PendingInference> pending = std::make_shared<PendingInference>(service);
  std::vector<StatusCode> answers;

  void Start() {
    pending->Start({}, [this](InferenceReply reply) { answers.push_back(reply.status.code()); });
  }
};

using Codes = std::vector<StatusCode>;

TEST(PendingInference, AnswersOnceAndForgetsALaterCancel) {
  Fixture f;
  f.Start();
  f.service.Answer(OkStatus());
  f.pending->Cancel();
  EXPECT_EQ(f.answers, Codes{StatusCode::kOk});
  EXPECT_EQ(f.service.cancels, 0);
}

TEST(PendingInference, AClientThatLeavesCancelsOnce) {
  Fixture f;
  f.Start();
  f.pending->Cancel();
  f.pending->Cancel();
  EXPECT_EQ(f.service.cancels, 1);
  EXPECT_EQ(f.answers, Codes{StatusCode::kCancelled});
}

TEST(PendingInference, AClientThatLeavesBeforeTheIdIsKnownIsNotForgotten) {
  Fixture early;
  early.pending->Cancel();
  early.Start();
  EXPECT_EQ(early.service.cancels, 1);

  Fixture within;
  within.service.inside_infer = [&] { within.pending->Cancel(); };
  within.Start();
  EXPECT_EQ(within.service.cancels, 1);
  EXPECT_EQ(within.answers, Codes{StatusCode::kCancelled});
}

TEST(PendingInference, AnAnswerBeforeInferReturnsIsFine) {
  Fixture f;
  f.service.inside_infer = [&] { f.service.Answer(OkStatus()); };
  f.Start();
  f.pending->Cancel();
  EXPECT_EQ(f.answers, Codes{StatusCode::kOk});
  EXPECT_EQ(f.service.cancels, 0);
}

}  // namespace
}  // namespace offramp
