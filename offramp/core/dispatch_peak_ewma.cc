#include <algorithm>
#include <cmath>

#include "offramp/core/dispatch_choice.h"
#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

constexpr double kDecay_s = 10;
constexpr double kFailureFactor = 4;
constexpr double kMaxPeak_s = 10;
// Before anything is measured or expected.
constexpr double kUnknownLatency_s = 0.02;

class PeakEwma final : public DispatchPolicy {
 public:
  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    return LeastScore(question.candidates, random, [&](int k) {
      const ReceiverState& receiver = receivers[static_cast<std::size_t>(k)];
      return (static_cast<double>(receiver.outstanding) + 1) * Peak(receiver, question.now_s);
    });
  }

  // Up at once, down slowly: a receiver that gets slow is left with its first slow answer.
  void OnStageDone(double now_s, double elapsed_s, ReceiverState& receiver) override {
    const double peak_s = receiver.peak_latency_s;
    const double kept = std::exp(-std::max(now_s - receiver.peak_updated_at_s, 0.0) / kDecay_s);
    Set(receiver, now_s, elapsed_s > peak_s ? elapsed_s : elapsed_s + (peak_s - elapsed_s) * kept);
  }

  // Failing fast must not look like answering fast.
  void OnFailed(double now_s, double elapsed_s, ReceiverState& receiver) override {
    Set(receiver, now_s, std::max(elapsed_s, kFailureFactor * Peak(receiver, now_s)));
  }

 private:
  static void Set(ReceiverState& receiver, double now_s, double peak_s) {
    receiver.peak_latency_s = std::min(peak_s, kMaxPeak_s);
    receiver.peak_updated_at_s = now_s;
  }

  // Fades while nothing is sent, so that one bad moment does not shut a receiver out for ever; down
  // to what an idle receiver needs at least.
  static double Peak(const ReceiverState& receiver, double now_s) {
    if (receiver.peak_latency_s <= 0) {
      return receiver.service_s > 0 ? 2 * receiver.service_s : kUnknownLatency_s;
    }
    const double kept = std::exp(-std::max(now_s - receiver.peak_updated_at_s, 0.0) / kDecay_s);
    return std::max(receiver.peak_latency_s * kept, receiver.service_s);
  }
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakePeakEwma() { return std::make_unique<PeakEwma>(); }

}  // namespace offramp
