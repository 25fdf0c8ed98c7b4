#include "offramp/optimize/generate_scenario.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "offramp/base/random.h"

namespace offramp {
namespace {

constexpr int kMostDevices = 5'000'000;
constexpr double kNominalThreshold = 0.8;

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Roughly normal, standard deviation 1.
double Scatter(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Uniform();
  return sum;
}

// Log-uniform in [1 / sqrt(spread), sqrt(spread)].
double Spread(double spread, Random& random) { return std::pow(spread, random.Uniform() - 0.5); }

Status Refuse(const char* what) { return InvalidArgumentError(std::string("generator: ") + what); }

Status Check(const GeneratorOptions& o) {
  if (o.stages < 1 || o.stages > 16) return Refuse("stages must be 1 to 16");
  if (o.devices < 1 || o.devices > kMostDevices) return Refuse("devices must be 1 to 5000000");
  if (o.nodes < o.stages || o.nodes > kMostDevices) {
    return Refuse("nodes must be at least one a stage and at most 5000000");
  }
  if (o.exits < 0 || o.exits > o.stages - 1) return Refuse("exits must be 0 to stages - 1");
  if (!(o.heterogeneity >= 1 && o.heterogeneity <= 1e6)) {
    return Refuse("heterogeneity must be 1 to 1e6");
  }
  if (!(o.load > 0 && o.load < 1)) return Refuse("load must be > 0 and < 1");
  if (o.degree < 1) return Refuse("degree must be >= 1");
  if (o.rows < 1 || o.rows > 10'000'000) return Refuse("rows must be 1 to 10000000");
  if (!(o.task_rate_per_s > 0 && o.task_rate_per_s <= 1e6)) {
    return Refuse("task rate must be > 0 and <= 1e6");
  }
  if (!(o.accuracy_weight_s >= 0 && o.accuracy_weight_s <= 1e6)) {
    return Refuse("accuracy weight must be >= 0 and <= 1e6");
  }
  return OkStatus();
}

// One stage while it is made: who sends to it, how fast its nodes are.
struct Tier {
  std::vector<double> inflow;             // tasks/s, by sender
  std::vector<std::vector<int>> targets;  // by sender, indices of this tier's nodes
  std::vector<double> speed;              // by node, relative at first

  std::vector<double> Arrivals(const std::vector<std::vector<double>>& share) const {
    std::vector<double> arrivals(speed.size(), 0.0);
    for (std::size_t i = 0; i < inflow.size(); ++i) {
      for (std::size_t d = 0; d < targets[i].size(); ++d) {
        arrivals[static_cast<std::size_t>(targets[i][d])] += inflow[i] * share[i][d];
      }
    }
    return arrivals;
  }

  // Shares that even out utilisation as far as the links allow; scales the speeds so that the
  // busiest node is then at `load`. Returns the arrivals.
  std::vector<double> Balance(double load) {
    std::vector<std::vector<double>> share;
    for (const std::vector<int>& to : targets) {
      share.emplace_back(to.size(), 1.0 / static_cast<double>(to.size()));
    }
    std::vector<double> arrivals = Arrivals(share);
    constexpr int kPasses = 60;
    for (int pass = 0; pass < kPasses; ++pass) {
      for (std::size_t i = 0; i < targets.size(); ++i) {
        double total = 0;
        for (std::size_t d = 0; d < targets[i].size(); ++d) {
          const auto k = static_cast<std::size_t>(targets[i][d]);
          share[i][d] *= std::sqrt(speed[k] / std::max(arrivals[k], 1e-12));
          total += share[i][d];
        }
        for (double& part : share[i]) part /= total;
      }
      arrivals = Arrivals(share);
    }
    double busiest = 0;
    for (std::size_t k = 0; k < speed.size(); ++k) {
      busiest = std::max(busiest, arrivals[k] / speed[k]);
    }
    for (double& value : speed) value *= busiest / load;
    return arrivals;
  }
};

// `degree` distinct nodes of `count`; the first walks around, so that nobody is left out.
std::vector<int> Targets(int sender, int senders, int count, int degree, Random& random) {
  const int wanted = std::min(degree, count);
  std::vector<int> targets = {
      static_cast<int>(static_cast<std::int64_t>(sender) * std::max(count, senders) / senders) %
      count};
  while (static_cast<int>(targets.size()) < wanted) {
    const int next = static_cast<int>(random.Below(static_cast<std::uint64_t>(count)));
    if (std::find(targets.begin(), targets.end(), next) == targets.end()) targets.push_back(next);
  }
  return targets;
}

// Earlier stages see more tasks and get more nodes.
std::vector<int> NodesByStage(int nodes, int stages) {
  std::vector<int> count(static_cast<std::size_t>(stages), 1);
  const int weights = stages * (stages + 3) / 2;  // of stages + 1, ..., 2
  int left = nodes - stages;
  for (int h = 0; h < stages; ++h) {
    const int part = (nodes - stages) * (stages + 1 - h) / weights;
    count[static_cast<std::size_t>(h)] += part;
    left -= part;
  }
  for (int h = 0; left > 0; h = (h + 1) % stages, --left) ++count[static_cast<std::size_t>(h)];
  return count;
}

class Generator {
 public:
  explicit Generator(const GeneratorOptions& options) : options_(options), random_(options.seed) {}

  Scenario Make() {
    MakeModel();
    for (int i = 0; i < options_.devices; ++i) {
      scenario_.devices.push_back({.name = "ed" + std::to_string(i),
                                   .tasks_per_s = options_.task_rate_per_s * Spread(4, random_)});
    }
    Tier tier;
    for (const ScenarioDevice& device : scenario_.devices) {
      tier.inflow.push_back(device.tasks_per_s);
    }
    int first_sender = 0;
    double path_s = 0;  // service of a task that never exits, at the nominal load
    const std::vector<int> count = NodesByStage(options_.nodes, options_.stages);
    for (int h = 1; h <= options_.stages; ++h) {
      const int first = scenario_.part_count();
      const std::vector<double> arrivals =
          AddStage(h, count[static_cast<std::size_t>(h - 1)], first_sender, tier);
      const double speed = std::accumulate(tier.speed.begin(), tier.speed.end(), 0.0);
      path_s += static_cast<double>(tier.speed.size()) / speed / (1 - options_.load);
      tier = {};
      for (const double rate : arrivals) tier.inflow.push_back(rate * Survival(h));
      first_sender = first;
    }
    const double multiple = 1 + 3 * random_.Uniform();
    scenario_.objective.accuracy_weight_s =
        options_.accuracy_weight_s > 0 ? options_.accuracy_weight_s : multiple * path_s;
    scenario_.service = options_.law;
    return std::move(scenario_);
  }

 private:
  void MakeModel() {
    const int stages = options_.stages;
    std::vector<bool> exit(static_cast<std::size_t>(stages), false);
    for (int h = stages - options_.exits; h < stages; ++h) {
      exit[static_cast<std::size_t>(h - 1)] = true;
    }
    scenario_.input_bytes = 150'528;
    for (int h = 1; h <= stages; ++h) {
      const bool last = h == stages;
      scenario_.stages.push_back({.gflops = std::round(10 * (2 + 6 * random_.Uniform())) / 10,
                                  .output_bytes = last ? 0 : 50'000 * (stages - h + 1),
                                  .memory_bytes = 20'000'000 * h,
                                  .exit = exit[static_cast<std::size_t>(h - 1)]});
    }
    scenario_.profile = SyntheticProfile(exit, options_.rows, options_.seed + 0x5eed);
    alive_.assign(options_.rows, true);
  }

  // Of the rows that reach stage h, the share that goes on at the nominal threshold.
  double Survival(int stage) {
    if (!scenario_.profile->has_exit(stage)) return 1;
    const std::span<const float> confidence = scenario_.profile->confidence(stage);
    double before = 0;
    double after = 0;
    for (std::size_t r = 0; r < alive_.size(); ++r) {
      before += alive_[r] ? 1 : 0;
      alive_[r] = alive_[r] && static_cast<double>(confidence[r]) < kNominalThreshold;
      after += alive_[r] ? 1 : 0;
    }
    // Nobody left: the stage still gets nodes of some speed.
    return std::max(after, 0.01 * before) / std::max(before, 1.0);
  }

  std::vector<double> AddStage(int stage, int count, int first_sender, Tier& tier) {
    const int senders = static_cast<int>(tier.inflow.size());
    const int first = scenario_.part_count();
    for (int j = 0; j < count; ++j) tier.speed.push_back(Spread(options_.heterogeneity, random_));
    for (int i = 0; i < senders; ++i) {
      tier.targets.push_back(Targets(i, senders, count, options_.degree, random_));
      for (const int to : tier.targets.back()) {
        scenario_.links.push_back(
            {.from = first_sender + i,
             .to = first + to,
             .mbit_per_s = 60 * Spread(std::sqrt(options_.heterogeneity), random_),
             .latency_ms = 1 + 4 * random_.Uniform()});
      }
    }
    const std::vector<double> arrivals = tier.Balance(options_.load);
    for (int j = 0; j < count; ++j) {
      scenario_.nodes.push_back(
          {.name = "es" + std::to_string(stage) + "-" + std::to_string(j),
           .stage = stage,
           .gflops_per_s = tier.speed[static_cast<std::size_t>(j)] *
                           scenario_.stages[static_cast<std::size_t>(stage - 1)].gflops});
    }
    return arrivals;
  }

  const GeneratorOptions& options_;
  Random random_;
  Scenario scenario_;
  std::vector<bool> alive_;  // rows that the nominal thresholds have let through
};

}  // namespace

std::shared_ptr<const ExitProfile> SyntheticProfile(const std::vector<bool>& exit, std::size_t rows,
                                                    std::uint64_t seed) {
  Random random(seed);
  const std::size_t stages = exit.size();
  std::vector<std::vector<float>> confidence(stages);
  std::vector<std::vector<float>> correct(stages);
  for (std::size_t r = 0; r < rows; ++r) {
    const double difficulty = random.Uniform();
    for (std::size_t h = 0; h < stages; ++h) {
      const double skill = 0.5 + 0.5 * static_cast<double>(h + 1) / static_cast<double>(stages);
      const double sure = 0.1 + 0.9 * Sigmoid(7 * (skill - difficulty) + 0.6 * Scatter(random));
      const bool right = random.Chance(sure);
      const bool last = h + 1 == stages;
      if (exit[h] && !last) confidence[h].push_back(static_cast<float>(sure));
      if (exit[h] || last) correct[h].push_back(right ? 1.0F : 0.0F);
    }
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

Result<Scenario> GenerateScenario(const GeneratorOptions& options) {
  OFFRAMP_RETURN_IF_ERROR(Check(options));
  return Generator(options).Make();
}

std::vector<GeneratorOptions> ScenarioSuite(int count, std::uint64_t first_seed, std::size_t rows) {
  std::vector<GeneratorOptions> suite;
  for (int s = 0; s < count; ++s) {
    GeneratorOptions options;
    options.seed = first_seed + static_cast<std::uint64_t>(s);
    Random random(options.seed ^ 0x0ff4a3b);
    options.stages = 2 + s % 4;
    options.devices = static_cast<int>(20 * std::pow(10, random.Uniform()));
    options.nodes = options.stages * (3 + static_cast<int>(random.Below(5)));
    options.exits = std::max(1, options.stages - 1 - static_cast<int>(random.Below(2)));
    options.load = 0.5 + 0.42 * random.Uniform();
    options.degree = 2 + static_cast<int>(random.Below(4));
    options.law = random.Chance(0.5) ? ServiceLaw::kExponential : ServiceLaw::kDeterministic;
    options.rows = rows;
    suite.push_back(options);
  }
  return suite;
}

}  // namespace offramp
