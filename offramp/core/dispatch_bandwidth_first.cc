#include <algorithm>

#include "offramp/base/units.h"
#include "offramp/core/dispatch_choice.h"
#include "offramp/core/dispatch_policy.h"

namespace offramp {

namespace {

// Stands for a link that nobody gave a rate: a local network.
constexpr double kUnstatedRate_mbit_per_s = 1000;

class BandwidthFirst final : public DispatchPolicy {
 public:
  int Choose(const DispatchQuestion& question, std::span<const ReceiverState> receivers,
             Random& random) override {
    const bool all_rated = std::all_of(
        question.candidates.begin(), question.candidates.end(),
        [&](int k) { return receivers[static_cast<std::size_t>(k)].spec.mbit_per_s > 0; });
    weights_.clear();
    for (const int k : question.candidates) {
      const ReceiverSpec& spec = receivers[static_cast<std::size_t>(k)].spec;
      weights_.push_back(all_rated ? spec.mbit_per_s : 1 / NominalTransferSeconds(spec));
    }
    return DrawByWeight(question.candidates, weights_, random);
  }

 private:
  static double NominalTransferSeconds(const ReceiverSpec& spec) {
    const double rate = spec.mbit_per_s > 0 ? spec.mbit_per_s : kUnstatedRate_mbit_per_s;
    return SerializationSeconds(kNominalTaskBytes, rate) + std::max(spec.latency_s, 0.0);
  }

  std::vector<double> weights_;
};

}  // namespace

std::unique_ptr<DispatchPolicy> MakeBandwidthFirst() { return std::make_unique<BandwidthFirst>(); }

}  // namespace offramp
