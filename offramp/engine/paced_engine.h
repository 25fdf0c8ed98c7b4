// A slower machine than this one: real inference, then the rest of its time is waited out.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "offramp/engine/engine.h"

namespace offramp {

// Run takes at least rows * gflops / gflops_per_s seconds of the steady clock; longer where the
// inner engine alone takes longer. Errors of the inner engine come back without a wait. Run belongs
// to one thread, SetSpeed and Interrupt to any.
class PacedEngine final : public Engine {
 public:
  // `gflops` of one task (bundle.yaml); `gflops_per_s` of the emulated machine, 0: no wait.
  PacedEngine(std::unique_ptr<Engine> inner, double gflops, double gflops_per_s);

  Result<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs) override;
  const std::vector<std::string>& OutputNames() const override { return inner_->OutputNames(); }

  // A wait under way ends by the new speed, as if it had held since the call began.
  void SetSpeed(double gflops_per_s) override;
  void Interrupt() override;

 private:
  const std::unique_ptr<Engine> inner_;
  const double gflops_;

  std::mutex mutex_;
  std::condition_variable changed_;
  double gflops_per_s_;       // guarded by mutex_
  bool interrupted_ = false;  // guarded by mutex_
};

}  // namespace offramp
