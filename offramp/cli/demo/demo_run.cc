#include "offramp/cli/demo/demo_run.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "offramp/base/text.h"
#include "offramp/cli/admin_client.h"
#include "offramp/cli/process/launcher.h"
#include "offramp/cli/signals.h"

namespace offramp {
namespace {

constexpr double kSampleSeconds = 0.5;
constexpr double kTickSeconds = 0.05;
constexpr double kAdminSeconds = 1;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Everything that happens beside the load while it runs.
class Stage {
 public:
  Stage(const DemoScenario& scenario, const DemoRunOptions& options, Launcher& launcher)
      : scenario_(scenario),
        options_(options),
        launcher_(launcher),
        sampler_(launcher.state_dir()) {}

  // One look at the clock.
  void Tick(double t_s, std::int64_t sent, std::int64_t done) {
    while (next_event_ < scenario_.events.size() && t_s >= scenario_.events[next_event_].at_s) {
      Happen(scenario_.events[next_event_++]);
    }
    if (t_s >= next_sample_s_) {
      sampler_.Sample(t_s);
      next_sample_s_ += kSampleSeconds;
    }
    for (const PartEnd& end : launcher_.TakeEnded()) {
      if (end.name == killed_) {
        killed_.clear();
        continue;
      }
      trouble_.push_back(
          Format("%.1f s: %s ended unasked, %s", t_s, end.name.c_str(), end.text.c_str()));
      for (const std::string& line : LastLines(LogPath(launcher_.state_dir(), end.name), 5)) {
        trouble_.push_back("  " + line);
      }
    }
    if (options_.progress) {
      options_.progress(t_s, Format("%s: %lld sent, %lld done", PartAt(scenario_, t_s).c_str(),
                                    static_cast<long long>(sent), static_cast<long long>(done)));
    }
  }

  std::vector<PartSample> TakeSamples() { return sampler_.Take(); }
  std::vector<std::string> TakeTrouble() { return std::move(trouble_); }

 private:
  void Happen(const DemoEvent& event) {
    Status status;
    switch (event.kind) {
      case DemoEvent::Kind::kKill:
        killed_ = scenario_.victim;
        status = launcher_.Kill(scenario_.victim);
        break;
      case DemoEvent::Kind::kRestart:
        status = launcher_.Restart(scenario_.victim);
        break;
      case DemoEvent::Kind::kSlow:
        status = SetSpeed(scenario_.victim_gflops_per_s / kDemoSlowdown);
        break;
      case DemoEvent::Kind::kRecover:
        status = SetSpeed(scenario_.victim_gflops_per_s);
        break;
    }
    if (!status.ok()) trouble_.push_back(event.label + ": " + status.message());
  }

  Status SetSpeed(double gflops_per_s) {
    OFFRAMP_ASSIGN_OR_RETURN(const PartFile part,
                             ReadPart(launcher_.state_dir(), scenario_.victim));
    return RequestSpeed(part.metrics, gflops_per_s, kAdminSeconds);
  }

  const DemoScenario& scenario_;
  const DemoRunOptions& options_;
  Launcher& launcher_;
  Sampler sampler_;
  std::size_t next_event_ = 0;
  double next_sample_s_ = 0;
  std::string killed_;  // whose end is expected
  std::vector<std::string> trouble_;
};

Result<DemoRun> LoadFleet(const DemoScenario& scenario, const std::vector<double>& arrivals_s,
                          const DemoRunOptions& options, Launcher& launcher) {
  LoadOptions load;
  load.seed = options.seed;
  for (const FleetGateway& gateway : launcher.fleet().gateways) {
    OFFRAMP_ASSIGN_OR_RETURN(const PartFile part, ReadPart(launcher.state_dir(), gateway.name));
    load.targets.push_back(part.grpc);
    load.weights.push_back(gateway.tasks_per_s > 0 ? gateway.tasks_per_s : 1);
  }
  OFFRAMP_ASSIGN_OR_RETURN(const auto client, LoadClient::Connect(load));
  OFFRAMP_ASSIGN_OR_RETURN(const RequestData data,
                           RequestData::Images(client->model(), options.data_folder));
  Stage stage(scenario, options, launcher);
  DemoRun run;
  run.policy = options.policy;
  std::atomic<bool> finished{false};
  std::atomic<std::int64_t> sent{0};
  std::atomic<std::int64_t> done{0};
  const double start_s = Now();
  std::thread loader([&] {
    run.records = client->RunOpen(arrivals_s, data, [&](const LoadProgress& progress) {
      sent = progress.sent;
      done = progress.done;
    });
    finished = true;
  });
  while (!finished) {
    stage.Tick(Now() - start_s, sent, done);
    if (SleepUnlessInterrupted(kTickSeconds)) {
      client->Stop();
      break;
    }
  }
  loader.join();
  run.samples = stage.TakeSamples();
  run.trouble = stage.TakeTrouble();
  if (Interrupted()) return CancelledError("interrupted");
  return run;
}

}  // namespace

Result<DemoRun> RunDemoPolicy(const DemoScenario& scenario, const std::vector<double>& arrivals_s,
                              const DemoRunOptions& options) {
  const auto say = [&](const std::string& text) {
    if (options.progress) options.progress(-1, text);
  };
  LaunchOptions launch;
  launch.fleet_path = options.fleet_path;
  launch.overrides.policy = options.policy;
  launch.overrides.thresholds = options.thresholds;
  launch.log_level = options.log_level;
  launch.progress = say;
  OFFRAMP_ASSIGN_OR_RETURN(Launcher launcher, Launcher::Launch(launch));
  auto run = LoadFleet(scenario, arrivals_s, options, launcher);
  StopOptions stop;
  stop.progress = say;
  const StopReport report = launcher.Stop(stop);
  if (run.ok() && report.killed + report.left > 0) {
    run->trouble.push_back(
        Format("%d parts did not drain and were killed, %d are left", report.killed, report.left));
  }
  return run;
}

}  // namespace offramp
