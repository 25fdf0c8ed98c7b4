#include "offramp/cli/simulate/run_set.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "offramp/cli/scenario_options.h"

namespace offramp {
namespace {

constexpr auto kProgressPeriod = std::chrono::milliseconds(100);

// What the worker threads share.
struct Shared {
  std::atomic<std::size_t> next{0};  // job that nobody has taken
  std::atomic<bool> failed{false};
  std::vector<std::atomic<double>> done;  // share of each job

  std::mutex mutex;
  std::condition_variable all_idle;
  int running = 0;                  // guarded by mutex
  Status error;                     // guarded by mutex: of the first job that failed
  std::size_t error_job = SIZE_MAX;  // guarded by mutex

  explicit Shared(std::size_t jobs) : done(jobs) {}
};

class Runner {
 public:
  Runner(RunSet& set, const RunSetOptions& options, const std::function<bool()>& stop)
      : set_(set), options_(options), stop_(stop), shared_(set.results.size()) {}

  Status Run(const std::function<void(double)>& progress) {
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(std::max(1, options_.threads)),
                                             set_.results.size());
    shared_.running = static_cast<int>(count);
    std::vector<std::thread> threads;
    threads.reserve(count);
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back([this] { Work(); });
    {
      std::unique_lock lock(shared_.mutex);
      while (!shared_.all_idle.wait_for(lock, kProgressPeriod,
                                        [this] { return shared_.running == 0; })) {
        lock.unlock();
        if (progress) progress(ShareDone());
        lock.lock();
      }
    }
    for (std::thread& thread : threads) thread.join();
    return shared_.error;
  }

 private:
  double ShareDone() const {
    double sum = 0;
    for (const std::atomic<double>& share : shared_.done) sum += share.load();
    return sum / static_cast<double>(shared_.done.size());
  }

  bool Stopped() const { return shared_.failed.load() || (stop_ && stop_()); }

  void Work() {
    while (!Stopped()) {
      const std::size_t job = shared_.next.fetch_add(1);
      if (job >= set_.results.size()) break;
      RunJob(job);
    }
    const std::lock_guard lock(shared_.mutex);
    if (--shared_.running == 0) shared_.all_idle.notify_one();
  }

  void RunJob(std::size_t job) {
    const std::size_t policies = set_.policies.size();
    const std::size_t seeds = set_.seeds.size();
    const Scenario& scenario = set_.scenarios[job / (policies * seeds)];
    SimulateOptions options = options_.each;
    options.policy = set_.policies[job % policies];
    options.seed = set_.seeds[job / policies % seeds];
    options.thresholds = {.fixed = scenario.fixed_threshold.value_or(kDefaultThreshold),
                          .tuned = scenario.tuned};
    options.progress = [this, job](double share) { shared_.done[job].store(share); };
    options.stop = [this] { return Stopped(); };
    Result<SimulationResult> result = Simulate(scenario, options);
    shared_.done[job].store(1);
    if (result.ok()) {
      set_.results[job] = *std::move(result);
      return;
    }
    const std::lock_guard lock(shared_.mutex);
    shared_.failed.store(true);
    // Of several errors always the same one is told.
    if (job < shared_.error_job) {
      shared_.error_job = job;
      shared_.error = result.status();
    }
  }

  RunSet& set_;
  const RunSetOptions& options_;
  const std::function<bool()>& stop_;
  Shared shared_;
};

}  // namespace

Result<RunSet> RunSimulations(const Scenario& scenario, const RunSetOptions& options,
                              const std::function<void(double)>& progress,
                              const std::function<bool()>& stop) {
  RunSet set;
  set.policies = options.policies;
  set.sweep = options.sweep;
  for (int i = 0; i < options.seeds; ++i) {
    set.seeds.push_back(options.first_seed + static_cast<std::uint64_t>(i));
  }
  if (options.sweep.values.empty()) set.scenarios.push_back(scenario);
  for (const double value : options.sweep.values) {
    set.scenarios.push_back(scenario);
    OFFRAMP_RETURN_IF_ERROR(ApplySweep(options.sweep.key, value, set.scenarios.back()));
  }
  set.results.resize(set.scenarios.size() * set.seeds.size() * set.policies.size());
  OFFRAMP_RETURN_IF_ERROR(Runner(set, options, stop).Run(progress));
  for (const auto& result : set.results) {
    set.interrupted = set.interrupted || !result || result->interrupted;
  }
  return set;
}

SeedStatistics OverSeeds(const std::vector<double>& values) {
  // Two-sided 95 % quantiles of Student's t by degrees of freedom, then the normal's.
  constexpr double kQuantiles[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262,
                                   2.228,  2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101,
                                   2.093,  2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052,
                                   2.048,  2.045};
  SeedStatistics statistics;
  const auto n = static_cast<double>(values.size());
  if (values.empty()) return statistics;
  for (const double value : values) statistics.mean += value / n;
  if (values.size() == 1) return statistics;
  double square = 0;
  for (const double value : values) {
    square += (value - statistics.mean) * (value - statistics.mean) / (n - 1);
  }
  const std::size_t freedom = values.size() - 2;  // index of n - 1 degrees
  const double quantile = freedom < std::size(kQuantiles) ? kQuantiles[freedom] : 1.96;
  statistics.half_width = quantile * std::sqrt(square / n);
  return statistics;
}

}  // namespace offramp
