// The peer: a scenario file played by SimGrid (S4U), for `make bench-simulator`. One actor a device
// and a node; a node takes its mailbox's tasks in turn, computes, and sends on without waiting.
// Links are "fat pipes": every transfer has the whole rate, as a scenario's links without queue.
//
//   simgrid_model FILE.yaml TASKS SEED THRESHOLD     (shares by capacity; prints one JSON object)
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <sys/resource.h>
#include <vector>

#include <nlohmann/json.hpp>
#include <simgrid/s4u.hpp>

#include "offramp/core/scenario.h"
#include "offramp/files/scenario_file.h"

namespace offramp {
namespace {

namespace sg = simgrid::s4u;

constexpr double kWarmupShare = 0.1;
constexpr int kBatches = 30;
constexpr double kStudent = 2.0452;  // 97.5 % quantile, 29 degrees of freedom

struct Task {
  double arrival_s = 0;
  std::size_t row = 0;
  long place = -1;  // among those that count; < 0: warm-up
};

struct Way {
  sg::Mailbox* to = nullptr;
  double up_to = 0;  // sum of shares
};

class Model {
 public:
  Model(const Scenario& scenario, long tasks, unsigned long seed, double threshold)
      : scenario_(scenario), tasks_(tasks), threshold_(threshold), random_(seed) {
    double rate = 0;
    for (const ScenarioDevice& device : scenario.devices) rate += device.tasks_per_s;
    warmup_s_ = static_cast<double>(tasks) / rate / (1 - kWarmupShare) * kWarmupShare;
    delay_s_.assign(static_cast<std::size_t>(tasks), -1);
  }

  void Build() {
    sg::NetZone* zone = sg::create_full_zone("fleet");
    std::vector<sg::Host*> hosts;
    for (int part = 0; part < scenario_.part_count(); ++part) {
      const int index = part - static_cast<int>(scenario_.devices.size());
      const double gflops_per_s =
          index < 0 ? 1 : scenario_.nodes[static_cast<std::size_t>(index)].gflops_per_s;
      hosts.push_back(zone->create_host(scenario_.part_name(part), gflops_per_s * 1e9)->seal());
    }
    ways_.resize(hosts.size());
    for (const ScenarioLink& link : scenario_.links) {
      sg::Host* from = hosts[static_cast<std::size_t>(link.from)];
      sg::Host* to = hosts[static_cast<std::size_t>(link.to)];
      const sg::Link* wire =
          zone->create_link(from->get_name() + ">" + to->get_name(), link.mbit_per_s * 1e6 / 8)
              ->set_latency(link.latency_ms / 1e3)
              ->set_sharing_policy(sg::Link::SharingPolicy::FATPIPE)
              ->seal();
      zone->add_route(from->get_netpoint(), to->get_netpoint(), nullptr, nullptr,
                      {sg::LinkInRoute(wire)}, false);
      auto& ways = ways_[static_cast<std::size_t>(link.from)];
      const auto node = static_cast<std::size_t>(link.to) - scenario_.devices.size();
      ways.push_back(
          {sg::Mailbox::by_name(to->get_name()),
           (ways.empty() ? 0 : ways.back().up_to) + scenario_.ServiceRate(scenario_.nodes[node])});
    }
    zone->seal();
    for (std::size_t part = 0; part < hosts.size(); ++part) {
      if (part < scenario_.devices.size()) {
        sg::Actor::create("device", hosts[part], [this, part] { Device(part); });
      } else {
        sg::Actor::create("node", hosts[part], [this, part] { Node(part); })->daemonize();
      }
    }
  }

  nlohmann::json Result() const {
    std::vector<double> means(kBatches);
    double mean = 0;
    const std::size_t count = delay_s_.size();
    for (std::size_t b = 0; b < kBatches; ++b) {
      const std::size_t begin = count * b / kBatches;
      const std::size_t end = count * (b + 1) / kBatches;
      for (std::size_t i = begin; i < end; ++i) means[b] += delay_s_[i];
      mean += means[b] / static_cast<double>(count);
      means[b] /= static_cast<double>(end - begin);
    }
    double square = 0;
    for (const double value : means) square += (value - mean) * (value - mean);
    const double half = kStudent * std::sqrt(square / (kBatches - 1) / kBatches);
    return {{"mean_delay_s", mean},
            {"mean_ci95", {mean - half, mean + half}},
            {"accuracy", right_ / static_cast<double>(count)},
            {"finished", finished_}};
  }

 private:
  double Exponential() { return std::exponential_distribution<double>(1)(random_); }

  void Device(std::size_t part) {
    const double rate = scenario_.devices[part].tasks_per_s;
    while (counted_ < tasks_) {
      sg::this_actor::sleep_for(Exponential() / rate);
      if (counted_ >= tasks_) return;
      auto* task = new Task;
      task->arrival_s = sg::Engine::get_clock();
      if (scenario_.profile) task->row = random_() % scenario_.profile->rows();
      if (task->arrival_s >= warmup_s_) task->place = counted_++;
      Send(part, task, scenario_.input_bytes);
    }
    // The simulation ends with the last actor that is no daemon: wait for the tasks.
    while (finished_ < tasks_) sg::this_actor::sleep_for(1);
  }

  void Node(std::size_t part) {
    sg::Mailbox* mailbox = sg::Mailbox::by_name(scenario_.part_name(static_cast<int>(part)));
    mailbox->set_receiver(sg::Actor::self());
    const int stage = scenario_.part_stage(static_cast<int>(part));
    const ScenarioStage& work = scenario_.stages[static_cast<std::size_t>(stage - 1)];
    const bool last = stage == scenario_.stage_count();
    const bool exponential = scenario_.service == ServiceLaw::kExponential;
    for (;;) {
      auto* task = mailbox->get<Task>();
      sg::this_actor::execute(work.gflops * 1e9 * (exponential ? Exponential() : 1));
      if (last || (work.exit && scenario_.profile->confidence(stage)[task->row] >=
                                    static_cast<float>(threshold_))) {
        Answer(task, stage);
      } else {
        Send(part, task, work.output_bytes);
      }
    }
  }

  void Send(std::size_t part, Task* task, std::int64_t bytes) {
    const std::vector<Way>& ways = ways_[part];
    const double draw = std::uniform_real_distribution<double>(0, ways.back().up_to)(random_);
    std::size_t k = 0;
    while (k + 1 < ways.size() && ways[k].up_to <= draw) ++k;
    ways[k].to->put_init(task, static_cast<std::uint64_t>(bytes))->detach();
  }

  void Answer(Task* task, int stage) {
    if (task->place >= 0) {
      delay_s_[static_cast<std::size_t>(task->place)] = sg::Engine::get_clock() - task->arrival_s;
      if (scenario_.profile) {
        right_ += static_cast<double>(scenario_.profile->correct(stage)[task->row]);
      }
      ++finished_;
    }
    delete task;
  }

  const Scenario& scenario_;
  const long tasks_;
  const double threshold_;
  std::mt19937_64 random_;
  double warmup_s_ = 0;
  std::vector<std::vector<Way>> ways_;
  std::vector<double> delay_s_;
  double right_ = 0;
  long counted_ = 0;
  long finished_ = 0;
};

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int Run(int argc, char** argv) {
  sg::Engine engine(&argc, argv);
  // Plain bytes / rate + latency, without corrections for TCP.
  for (const char* setting :
       {"network/model:CM02", "network/TCP-gamma:0", "network/latency-factor:1",
        "network/bandwidth-factor:1", "network/weight-S:0", "network/crosstraffic:0"}) {
    sg::Engine::set_config(setting);
  }
  const offramp::Result<Scenario> scenario = ReadScenario(argv[1]);
  if (!scenario.ok()) {
    std::fprintf(stderr, "%s\n", scenario.status().message().c_str());
    return 2;
  }
  Model model(*scenario, std::atol(argv[2]), std::strtoul(argv[3], nullptr, 10),
              std::atof(argv[4]));
  model.Build();
  const double begin_s = CpuSeconds();
  engine.run();
  nlohmann::json json = model.Result();
  json["cpu_s"] = CpuSeconds() - begin_s;
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  json["rss_mb"] = static_cast<double>(usage.ru_maxrss) / 1024;
  std::printf("%s\n", json.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace offramp

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: simgrid_model FILE.yaml TASKS SEED THRESHOLD\n");
    return 2;
  }
  return offramp::Run(argc, argv);
}
