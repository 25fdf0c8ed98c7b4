#include "offramp/cli/simulate/run_jobs.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

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
  int running = 0;                   // guarded by mutex
  Status error;                      // guarded by mutex: of the first job that failed
  std::size_t error_job = SIZE_MAX;  // guarded by mutex

  explicit Shared(std::size_t jobs) : done(jobs) {}
};

class Runner {
 public:
  Runner(const std::vector<SimulationJob>& jobs, const std::function<bool()>& stop)
      : jobs_(jobs), stop_(stop), shared_(jobs.size()), results_(jobs.size()) {}

  Result<JobResults> Run(int most_threads, const std::function<void(double)>& progress) {
    const auto count =
        std::min<std::size_t>(static_cast<std::size_t>(std::max(1, most_threads)), jobs_.size());
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
    if (!shared_.error.ok()) return shared_.error;
    return std::move(results_);
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
      if (job >= jobs_.size()) break;
      RunJob(job);
    }
    const std::lock_guard lock(shared_.mutex);
    if (--shared_.running == 0) shared_.all_idle.notify_one();
  }

  void RunJob(std::size_t job) {
    SimulateOptions options = jobs_[job].options;
    options.progress = [this, job](double share) { shared_.done[job].store(share); };
    options.stop = [this] { return Stopped(); };
    Result<SimulationResult> result = Simulate(*jobs_[job].scenario, options);
    shared_.done[job].store(1);
    if (result.ok()) {
      results_[job] = *std::move(result);
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

  const std::vector<SimulationJob>& jobs_;
  const std::function<bool()>& stop_;
  Shared shared_;
  JobResults results_;
};

}  // namespace

Result<JobResults> RunJobs(const std::vector<SimulationJob>& jobs, int threads,
                           const std::function<void(double)>& progress,
                           const std::function<bool()>& stop) {
  if (jobs.empty()) return JobResults();
  return Runner(jobs, stop).Run(threads, progress);
}

}  // namespace offramp
