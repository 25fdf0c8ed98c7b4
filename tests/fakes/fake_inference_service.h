// A fleet that is not there: answers by arithmetic, so that protocol front ends are tested alone.
//
// The model "fake" takes `image` FP32 [-1, 1, 2, 2] and answers `logits` FP32 [-1, 3] in four
// stages: for a row whose values sum to s, logits are (s, s + 1, s + 2), the exit stage is 1 + |s|
// mod 4 (4 without early exits), the confidence 1 / (1 + exit stage), the path "fake-1,fake-2".
//
// A request's id may ask for more, separated by ';': "delay=0.2" answers after 0.2 s, "error=5"
// fails with that StatusCode by number, "hold" is answered by Release or Cancel only, "nan" answers
// NaN.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "offramp/gateway/inference.h"

namespace offramp {

// Thread-safe. Answers on a thread of its own, as a gateway's loop does. The destructor cancels
// what is still unanswered.
class FakeInferenceService final : public InferenceService {
 public:
  FakeInferenceService();
  explicit FakeInferenceService(Bundle model);
  ~FakeInferenceService() override;

  // The model described above.
  static Bundle FakeModel();

  RequestId Infer(InferenceRequest request, Done done) override;
  void Cancel(RequestId id) override;
  const Bundle& model() const override { return model_; }
  bool live() const override { return true; }
  bool ready() const override;
  int max_batch_size() const override { return kMaxBatchSize; }
  InferenceStatistics statistics() const override;

  static constexpr int kMaxBatchSize = 8;

  void SetReady(bool ready);
  // Every later request fails with `status`, asking to come back after `retry_after_s`; OK ends
  // that.
  void FailWith(Status status, double retry_after_s = 0);
  // Answers everything that is held.
  void Release();

  // All requests so far.
  std::vector<InferenceRequest> requests() const;
  std::size_t cancelled() const;
  std::size_t unanswered() const;
  // Waits until `count` requests have come or been cancelled; false after ten seconds.
  bool WaitForRequests(std::size_t count);
  bool WaitForCancelled(std::size_t count);

 private:
  struct Job {
    InferenceRequest request;
    Done done;
    double due_s = 0;
    InferenceReply reply;  // already known, given at due_s
  };

  InferenceReply Answer(const InferenceRequest& request) const;
  void Run();
  bool WaitFor(const std::function<bool()>& condition);

  const Bundle model_;
  mutable std::mutex mutex_;  // guards everything below
  mutable std::condition_variable changed_;
  std::map<RequestId, Job> jobs_;
  std::vector<InferenceRequest> requests_;
  std::size_t cancelled_ = 0;
  RequestId next_id_ = 1;
  bool ready_ = true;
  bool stopping_ = false;
  Status failure_;
  double retry_after_s_ = 0;
  InferenceStatistics statistics_;
  std::thread thread_;  // last: uses all of the above
};

}  // namespace offramp
