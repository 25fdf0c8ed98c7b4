#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "bench/scenarios/client/loop.h"

namespace offramp::bench {
namespace {

// So that every thread is up when the first request is due.
constexpr double kStartDelay_s = 0.3;

struct Record {
  double sent_s = 0;
  double delay_s = 0;
  Answer answer;
};

using Clock = std::chrono::steady_clock;

Clock::time_point At(double monotonic_s) {
  return Clock::time_point(
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(monotonic_s)));
}

Status WriteRecords(const std::string& path, const std::vector<Due>& schedule,
                    const std::vector<Record>& records) {
  std::ofstream file(path);
  for (std::size_t i = 0; i < schedule.size(); ++i) {
    const Answer& answer = records[i].answer;
    file << schedule[i].due_s << '\t' << records[i].sent_s << '\t' << records[i].delay_s << '\t'
         << schedule[i].target << '\t' << schedule[i].sample << '\t' << OutcomeName(answer.outcome)
         << '\t' << answer.code << '\t'
         << (answer.exit_stages.empty() ? -1 : answer.exit_stages.front()) << '\t'
         << (answer.classes.empty() ? -1 : answer.classes.front()) << '\t'
         << (answer.path.empty() ? "-" : answer.path) << '\n';
  }
  file.close();
  return file ? OkStatus() : UnavailableError(path + ": cannot be written");
}

}  // namespace

Result<std::vector<Due>> ReadSchedule(const std::string& path, std::size_t targets) {
  std::ifstream file(path);
  if (!file) return NotFoundError(path + ": cannot be read");
  std::vector<Due> schedule;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    Due due;
    words >> due.due_s >> due.target >> due.sample;
    const bool known = due.target >= 0 && std::size_t(due.target) < targets && due.sample >= 0;
    if (!words || !known || (!schedule.empty() && due.due_s < schedule.back().due_s)) {
      return InvalidArgumentError(path + ":" + std::to_string(schedule.size() + 1) +
                                  ": expected \"due_s target sample\", ascending");
    }
    schedule.push_back(due);
  }
  return schedule;
}

Status RunSchedule(const std::vector<Due>& schedule, int threads, CallerFactory& callers,
                   const std::vector<std::string>& addresses, const Samples& samples,
                   const std::string& records_path) {
  std::vector<Record> records(schedule.size());
  std::atomic<std::size_t> next{0};
  const double start_s = MonotonicSeconds() + kStartDelay_s;
  // Whoever is free takes the next request and sleeps until it is due.
  const auto work = [&] {
    std::vector<std::unique_ptr<Caller>> mine(addresses.size());
    for (std::size_t i = next++; i < schedule.size(); i = next++) {
      const Due& due = schedule[i];
      auto& caller = mine[std::size_t(due.target)];
      if (!caller) caller = callers.Make(addresses[std::size_t(due.target)]);
      std::this_thread::sleep_until(At(start_s + due.due_s));
      records[i].sent_s = MonotonicSeconds() - start_s;
      records[i].answer = caller->Call(samples.Rows(due.sample));
      records[i].delay_s = MonotonicSeconds() - start_s - due.due_s;
    }
  };
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) pool.emplace_back(work);
  std::cout << "{\"started_s\":" << std::fixed << start_s << "}" << std::endl;
  for (std::thread& thread : pool) thread.join();
  return WriteRecords(records_path, schedule, records);
}

}  // namespace offramp::bench
