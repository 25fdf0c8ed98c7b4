#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <sys/resource.h>
#include <thread>

#include <nlohmann/json.hpp>

#include "bench/scenarios/client/loop.h"

namespace offramp::bench {
namespace {

using Json = nlohmann::ordered_json;

// What one thread saw; kept apart so that threads share nothing while they ask.
struct Tally {
  std::vector<double> delays_s;
  std::map<std::string, std::int64_t> outcomes;
  std::map<std::string, std::int64_t> exits;  // rows by the stage that answered
  std::string error;
};

struct Phase {
  std::atomic<bool> measure{false};
  std::atomic<bool> stop{false};
};

void Ask(Caller& caller, const Samples& samples, std::int64_t first, const Phase& phase,
         Tally& tally) {
  for (std::int64_t sample = first; !phase.stop; ++sample) {
    const bool measured = phase.measure;
    const double start_s = MonotonicSeconds();
    const Answer answer = caller.Call(samples.Rows(sample));
    if (!measured || phase.stop) continue;
    ++tally.outcomes[std::string(OutcomeName(answer.outcome))];
    if (answer.outcome == Outcome::kOk) {
      tally.delays_s.push_back(MonotonicSeconds() - start_s);
      for (const std::int32_t stage : answer.exit_stages) ++tally.exits[std::to_string(stage)];
    } else {
      tally.error = answer.error;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double AtShare(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const double at = share * double(sorted.size() - 1);
  return sorted[std::size_t(std::lround(at))];
}

}  // namespace

double MonotonicSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Status RunClosedLoop(const ClosedLoop& loop, CallerFactory& callers, const std::string& address,
                     const Samples& samples) {
  Phase phase;
  std::vector<Tally> tallies(std::size_t(loop.outstanding));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < tallies.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto caller = callers.Make(address);
      Ask(*caller, samples, std::int64_t(i) * 97, phase, tallies[i]);
    });
  }
  const auto wait = [](double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  };
  wait(loop.warmup_s);
  const double start_s = MonotonicSeconds();
  const double start_cpu_s = OwnCpuSeconds();
  phase.measure = true;
  std::cout << Json{{"started_s", start_s}}.dump() << std::endl;
  wait(loop.seconds);
  phase.stop = true;
  const double end_s = MonotonicSeconds();
  const double cpu_s = OwnCpuSeconds() - start_cpu_s;
  // The reader looks at the servers' CPU time now, before the last answers arrive.
  std::cout << Json{{"ended_s", end_s}}.dump() << std::endl;
  for (std::thread& thread : threads) thread.join();

  Tally all;
  for (const Tally& tally : tallies) {
    all.delays_s.insert(all.delays_s.end(), tally.delays_s.begin(), tally.delays_s.end());
    for (const auto& [name, count] : tally.outcomes) all.outcomes[name] += count;
    for (const auto& [stage, count] : tally.exits) all.exits[stage] += count;
    if (!tally.error.empty()) all.error = tally.error;
  }
  std::sort(all.delays_s.begin(), all.delays_s.end());
  double sum_s = 0;
  for (const double delay_s : all.delays_s) sum_s += delay_s;
  const double count = double(all.delays_s.size());
  std::cout << Json{{"seconds", end_s - start_s},
                    {"answers", all.delays_s.size()},
                    {"per_s", count / (end_s - start_s)},
                    {"mean_s", count > 0 ? sum_s / count : 0},
                    {"p50_s", AtShare(all.delays_s, 0.5)},
                    {"p90_s", AtShare(all.delays_s, 0.9)},
                    {"p99_s", AtShare(all.delays_s, 0.99)},
                    {"client_cpu_s", cpu_s},
                    {"outcomes", all.outcomes},
                    {"exits", all.exits},
                    {"error", all.error}}
                   .dump()
            << std::endl;
  return OkStatus();
}

}  // namespace offramp::bench
