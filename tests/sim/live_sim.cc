#include "tests/sim/live_sim.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <queue>

#include "offramp/base/random.h"
#include "offramp/base/units.h"
#include "offramp/optimize/reliability.h"
#include "tests/sim/sim_node.h"

namespace offramp {

namespace {

constexpr double kRound_s = 0.1;
constexpr std::int64_t kBytes[] = {784, 12544, 25088, 12544};  // into stage 1, 2, ...
constexpr double kLink_mbit_per_s = 100;

struct Event {
  double at_s;
  std::uint64_t sequence;  // events of one time happen in the order in which they were made
  std::function<void()> happen;
  bool operator<(const Event& other) const {
    return at_s != other.at_s ? at_s > other.at_s : sequence > other.sequence;
  }
};

struct Flight {
  std::size_t row = 0;
  int stage = 0;               // of the node that has it now, 0: a gateway
  std::vector<int> path;       // replica by stage, path[0]: the gateway
  std::vector<double> sent_s;  // by stage: when it was sent to the next
  std::vector<float> survived;
};

class Simulation {
 public:
  explicit Simulation(const SimOptions& options)
      : options_(options),
        stages_(static_cast<int>(options.capacity_per_s.size())),
        random_(options.seed) {
    MakeNodes();
    for (const SimEvent& event : options_.events) {
      At(event.at_s, [this, event] { Disturb(event); });
    }
    At(NextArrival(), [this] { Arrive(); });
    At(options_.report_period_s, [this] { ReportAll(); });
    At(kRound_s, [this] { Round(); });
  }

  SimResult Run() {
    while (!events_.empty() && events_.top().at_s < options_.duration_s + kDrain_s) {
      const Event event = events_.top();
      events_.pop();
      now_s_ = event.at_s;
      event.happen();
    }
    for (const SimNode& gateway : nodes_[0]) {
      result_.objective_met &= gateway.live.objective().met();
    }
    return std::move(result_);
  }

 private:
  static constexpr double kDrain_s = 60;

  void At(double at_s, std::function<void()> happen) {
    events_.push({at_s, next_sequence_++, std::move(happen)});
  }

  SimNode& node(int stage, int replica) {
    return nodes_[static_cast<std::size_t>(stage)][static_cast<std::size_t>(replica)];
  }

  void MakeNodes() {
    nodes_.resize(static_cast<std::size_t>(stages_) + 1);
    const std::vector<double> sources(static_cast<std::size_t>(options_.gateways), 0.0);
    // A link's latency belongs to its receiver and the sender's index: the same in every policy.
    Random links(99);
    const auto known = options_.agents ? WithExpectedCorrectness(options_.agent_profile) : nullptr;
    for (int h = 0; h <= stages_; ++h) {
      const auto& capacity = h == 0 ? sources : options_.capacity_per_s[h - 1];
      for (const double mu : capacity) {
        std::vector<ReceiverSpec> receivers;
        if (h < stages_) {
          for (const double next : options_.capacity_per_s[h]) {
            receivers.push_back({.name = "r",
                                 .capacity_tasks_per_s = next,
                                 .mbit_per_s = kLink_mbit_per_s,
                                 .latency_s = 0.001 + 0.004 * links.Uniform()});
          }
        }
        const int offloaders = h == 0 ? 0 : static_cast<int>(nodes_[h - 1].size());
        nodes_[h].emplace_back(options_, known, h, mu, offloaders, std::move(receivers),
                               h < stages_ ? kBytes[h] : 0, random_.Bits());
      }
      if (h > 0) result_.sent.emplace_back(capacity.size());
    }
  }

  double NextArrival() { return now_s_ + random_.Exponential(1 / options_.rate_per_s); }

  void Arrive() {
    if (now_s_ >= options_.duration_s) return;
    const std::size_t task = flights_.size();
    const auto rows = options_.profile->rows();
    const int gateway = static_cast<int>(random_.Below(options_.gateways));
    flights_.push_back({.row = random_.Below(rows), .path = {gateway}});
    SimNode& source = node(0, gateway);
    source.live.OnOffered(1);
    source.live.OnSurvived(1);
    result_.tasks.push_back({.arrival_s = now_s_, .weight_s = source.live.accuracy_weight_s()});
    Send(task, {});
    At(NextArrival(), [this] { Arrive(); });
  }

  void Send(std::size_t task, const std::vector<bool>& excluded) {
    Flight& flight = flights_[task];
    const int h = flight.stage;
    SimNode& from = node(h, flight.path.back());
    const int k = from.sender.Choose(now_s_, kBytes[h], excluded);
    if (k == Sender::kNone) return;
    if (!from.sender.receiver(k).available) ++result_.sent_to_unavailable;
    SimNode& to = node(h + 1, k);
    if (!to.alive) ++(to.known_dead ? result_.sent_to_unavailable : result_.swallowed);
    ++result_.sent[h][k];
    from.live.OnSent(k, 1);
    flight.sent_s.push_back(now_s_);
    flight.path.push_back(k);
    flight.stage = h + 1;
    const double delivered_s = from.sender.OnSent(k, now_s_, kBytes[h], 1);
    At(delivered_s, [this, task, h, k] { Receive(task, h + 1, k); });
  }

  void Receive(std::size_t task, int h, int k) {
    SimNode& at = node(h, k);
    if (!at.alive) return;
    const Flight& flight = flights_[task];
    at.Arrive(flight.path[h - 1], flight.survived, node(0, flight.path[0]).live.carried_weight_s());
    at.queue.push_back({task, now_s_});
    result_.deepest_queue = std::max(result_.deepest_queue, static_cast<int>(at.queue.size()));
    if (at.queue.size() == 1) Serve(h, k);
  }

  void Serve(int h, int k) {
    SimNode& at = node(h, k);
    const double waited_s = now_s_ - at.queue.front().since_s;
    const double service_s = at.slowness / at.capacity_per_s;
    at.busy_until_s = now_s_ + service_s;
    At(at.busy_until_s, [this, h, k, waited_s, service_s] { Complete(h, k, waited_s, service_s); });
  }

  void Complete(int h, int k, double waited_s, double service_s) {
    SimNode& at = node(h, k);
    if (!at.alive) return;
    const std::size_t task = at.queue.front().task;
    at.queue.pop_front();
    at.Served(waited_s, service_s);
    if (!at.queue.empty()) Serve(h, k);

    Flight& flight = flights_[task];
    const int i = flight.path[h - 1];
    const double sent_s = flight.sent_s[h - 1];
    const Report report = at.MakeReport(i, now_s_);
    At(now_s_ + Latency(h, i, k), [this, h, i, k, sent_s, report] {
      Sender& sender = node(h - 1, i).sender;
      sender.OnStageDone(k, now_s_, sent_s, 1);
      if (options_.report_age_s <= 0) sender.OnReport(k, now_s_, report);
    });

    if (h < stages_) {
      const double threshold = at.live.Threshold(now_s_, &at.sender);
      if (options_.profile->confidence(h)[flight.row] < threshold) {
        flight.survived.push_back(static_cast<float>(threshold));
        at.live.OnSurvived(1);
        Send(task, {});
        return;
      }
    }
    Answer(task, h);
  }

  double Latency(int h, int i, int k) { return node(h - 1, i).sender.receiver(k).spec.latency_s; }

  void Answer(std::size_t task, int h) {
    Flight& flight = flights_[task];
    double back_s = 0;
    for (int g = h; g > 0; --g) back_s += Latency(g, flight.path[g - 1], flight.path[g]);
    SimTask& done = result_.tasks[task];
    done.delay_s = now_s_ + back_s - done.arrival_s;
    done.exit_stage = h;
    done.correct = options_.profile->correct(h)[flight.row] > 0.5F;
    if (h < stages_) {
      done.confidence = static_cast<double>(options_.profile->confidence(h)[flight.row]);
    }
    At(now_s_ + back_s, [this, task, gateway = flight.path[0]] {
      const SimTask& answer = result_.tasks[task];
      node(0, gateway).live.OnAnswered(answer.exit_stage, answer.confidence, answer.delay_s);
    });
  }

  void ReportAll() {
    for (int h = 1; h <= stages_; ++h) {
      for (int k = 0; k < Size(h); ++k) {
        if (!node(h, k).alive) continue;
        for (int i = 0; i < Size(h - 1); ++i) {
          const Report report = node(h, k).MakeReport(i, now_s_);
          At(now_s_ + Latency(h, i, k) + options_.report_age_s,
             [this, h, i, k, report] { node(h - 1, i).sender.OnReport(k, now_s_, report); });
        }
      }
    }
    At(now_s_ + options_.report_period_s, [this] { ReportAll(); });
  }

  int Size(int h) const { return static_cast<int>(nodes_[h].size()); }

  void Disturb(const SimEvent& event) {
    SimNode& at = node(event.stage, event.replica);
    if (event.kind == SimEvent::Kind::kSlow) {
      at.slowness = event.factor;
      return;
    }
    at.alive = false;
    at.queue.clear();
    At(now_s_ + options_.detection_s, [this, event] { Detect(event.stage, event.replica); });
  }

  void Detect(int h, int k) {
    node(h, k).known_dead = true;
    std::vector<bool> excluded(nodes_[h].size());
    excluded[k] = true;
    for (SimNode& from : nodes_[h - 1]) from.sender.SetAvailable(k, false, now_s_);
    for (std::size_t task = 0; task < flights_.size(); ++task) {
      Flight& flight = flights_[task];
      if (result_.tasks[task].delay_s >= 0 || flight.stage != h || flight.path.back() != k)
        continue;
      node(h - 1, flight.path[h - 1]).sender.OnFailed(k, now_s_, flight.sent_s.back(), 1);
      flight.path.pop_back();
      flight.sent_s.pop_back();
      flight.stage = h - 1;
      Send(task, excluded);
    }
  }

  // Receivers speak before offloaders decide, last stage first, as nodes with one period do after a
  // few rounds.
  void Round() {
    for (auto& stage : nodes_) {
      for (SimNode& at : stage) at.BeginRound(now_s_);
    }
    for (int h = stages_; h >= 1; --h) {
      for (int k = 0; k < Size(h); ++k) {
        if (!node(h, k).alive) continue;
        for (int i = 0; i < Size(h - 1); ++i) {
          node(h - 1, i).live.OnAgentMessage(k, node(h, k).live.MessageTo(i));
        }
      }
    }
    for (auto& stage : nodes_) {
      for (SimNode& at : stage) {
        if (at.alive) at.EndRound();
      }
    }
    At(now_s_ + kRound_s, [this] { Round(); });
  }

  const SimOptions& options_;
  const int stages_;
  Random random_;
  double now_s_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::priority_queue<Event> events_;
  std::vector<std::vector<SimNode>> nodes_;  // by stage, gateways first
  std::deque<Flight> flights_;
  SimResult result_;
};

template <typename Value>
double Mean(const std::vector<SimTask>& tasks, double from_s, double to_s, Value value) {
  double sum = 0;
  int count = 0;
  for (const SimTask& task : tasks) {
    if (task.arrival_s < from_s || task.arrival_s >= to_s || task.delay_s < 0) continue;
    sum += value(task);
    ++count;
  }
  return sum / count;
}

}  // namespace

double SimResult::MeanDelay(double from_s, double to_s) const {
  return Mean(tasks, from_s, to_s, [](const SimTask& task) { return task.delay_s; });
}

double SimResult::MeanWeight(double from_s, double to_s) const {
  return Mean(tasks, from_s, to_s, [](const SimTask& task) { return task.weight_s; });
}

double SimResult::Accuracy(double from_s, double to_s) const {
  return Mean(tasks, from_s, to_s, [](const SimTask& task) { return task.correct ? 1.0 : 0.0; });
}

int SimResult::Unanswered() const {
  return static_cast<int>(std::count_if(tasks.begin(), tasks.end(),
                                        [](const SimTask& task) { return task.delay_s < 0; }));
}

SimResult Simulate(const SimOptions& options) { return Simulation(options).Run(); }

std::vector<std::vector<double>> FleetF2() {
  return {{120, 80, 40}, {60, 24, 12}, {50, 26}, {46, 14}};
}

std::shared_ptr<const ExitProfile> SyntheticProfile(int stages, int rows, std::uint64_t seed) {
  Random random(seed);
  // Sum of 12 uniforms: normal enough.
  const auto normal = [&random] {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += random.Uniform();
    return sum;
  };
  std::vector<std::vector<float>> confidence(static_cast<std::size_t>(stages));
  std::vector<std::vector<float>> correct(static_cast<std::size_t>(stages));
  for (int r = 0; r < rows; ++r) {
    const double ease = normal();
    const double luck = random.Uniform();  // one draw a row: what an exit gets right, later ones do
    for (int h = 0; h < stages; ++h) {
      const double right = 1 / (1 + std::exp(-(1.6 + 0.6 * h + 1.5 * ease + 0.3 * normal())));
      correct[h].push_back(luck < right ? 1.0F : 0.0F);
      if (h + 1 < stages) confidence[h].push_back(static_cast<float>(right));
    }
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

}  // namespace offramp
