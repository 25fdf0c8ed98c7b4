#include "offramp/cli/reproduce/paper_scenario.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "offramp/base/random.h"
#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr int kDevices = 50;
constexpr int kNodes = 18;
constexpr int kDegree = 4;  // receivers of a device
constexpr double kThreshold = 0.8;

// Boards and modes: CUDA cores times clock (GHz) times 4 operations (half precision) a cycle, of
// which a network reaches about three tenths.
struct Board {
  double cores;
  double clock_ghz;
  double gflops_per_s() const { return 0.3 * 4 * cores * clock_ghz; }
};
constexpr std::array<Board, 9> kBoards = {{
    {256, 0.85},   // TX2 at 7.5 W
    {256, 1.12},   // TX2 at 15 W
    {256, 1.30},   // TX2 unlimited
    {384, 0.80},   // Xavier NX at 10 W
    {384, 1.10},   // Xavier NX at 15 W
    {512, 0.52},   // AGX Xavier at 10 W
    {512, 0.67},   // AGX Xavier at 15 W
    {512, 0.90},   // AGX Xavier at 30 W
    {512, 1.377},  // AGX Xavier unlimited
}};

double Between(Random& random, double low, double high) {
  return low + (high - low) * random.Uniform();
}

// Shares of the tasks that reach each stage when every threshold is kThreshold.
std::vector<double> Reach(const ExitProfile& profile) {
  std::vector<double> reach;
  std::vector<bool> goes_on(profile.rows(), true);
  for (int h = 1; h <= profile.stages(); ++h) {
    const auto count = std::count(goes_on.begin(), goes_on.end(), true);
    reach.push_back(static_cast<double>(count) / static_cast<double>(profile.rows()));
    if (!profile.has_exit(h)) continue;
    for (std::size_t row = 0; row < goes_on.size(); ++row) {
      goes_on[row] = goes_on[row] && profile.confidence(h)[row] < kThreshold;
    }
  }
  return reach;
}

// Nodes of each stage in proportion to the work there, two at least.
std::vector<int> NodesByStage(const PaperModel& model, const std::vector<double>& reach) {
  const std::size_t stages = model.stages.size();
  std::vector<int> count(stages, 2);
  for (int left = kNodes - 2 * static_cast<int>(stages); left > 0; --left) {
    std::size_t neediest = 0;
    double most = 0;
    for (std::size_t s = 0; s < stages; ++s) {
      const double work = reach[s] * model.stages[s].gflops / count[s];
      if (work > most) {
        most = work;
        neediest = s;
      }
    }
    ++count[neediest];
  }
  return count;
}

// Speeds of one stage's nodes.
std::vector<double> Speeds(int count, double heterogeneity, Random& random) {
  std::vector<double> speeds;
  double boards = 0;
  for (int i = 0; i < count; ++i) {
    const auto kind = static_cast<std::size_t>(random.Below(kBoards.size()));
    speeds.push_back(kBoards[kind].gflops_per_s());
    boards += speeds.back();
  }
  if (!(heterogeneity > 0)) return speeds;
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    const double along = static_cast<double>(i) / (count - 1);
    speeds[static_cast<std::size_t>(i)] = std::pow(heterogeneity, along);
    sum += speeds[static_cast<std::size_t>(i)];
  }
  for (double& speed : speeds) speed *= boards / sum;
  return speeds;
}

void AddNodes(const PaperModel& model, const std::vector<double>& reach, double heterogeneity,
              Random& random, Scenario& scenario) {
  const std::vector<int> count = NodesByStage(model, reach);
  for (std::size_t s = 0; s < count.size(); ++s) {
    const std::vector<double> speeds = Speeds(count[s], heterogeneity, random);
    for (std::size_t i = 0; i < speeds.size(); ++i) {
      scenario.nodes.push_back({Format("es%zu-%zu", s + 1, i), static_cast<int>(s + 1), speeds[i]});
    }
  }
}

void AddLinks(Random& random, Scenario& scenario) {
  std::vector<std::vector<int>> parts(scenario.stages.size() + 1);
  for (int part = 0; part < scenario.part_count(); ++part) {
    parts[static_cast<std::size_t>(scenario.part_stage(part))].push_back(part);
  }
  for (std::size_t stage = 0; stage + 1 < parts.size(); ++stage) {
    for (const int from : parts[stage]) {
      std::vector<int> receivers = parts[stage + 1];
      // Devices reach a few nodes near them; nodes of neighbouring stages all reach each other.
      while (stage == 0 && receivers.size() > kDegree) {
        receivers.erase(receivers.begin() +
                        static_cast<std::ptrdiff_t>(random.Below(receivers.size())));
      }
      for (const int to : receivers) {
        scenario.links.push_back({.from = from,
                                  .to = to,
                                  .mbit_per_s = Between(random, 20, 80),
                                  .latency_ms = Between(random, 0.5, 3)});
      }
    }
  }
}

// Tasks/s of all devices at which the scarcest stage as a whole is busy `load` of the time.
double RateOf(const Scenario& scenario, const std::vector<double>& reach, double load) {
  std::vector<double> capacity(scenario.stages.size(), 0);
  for (const ScenarioNode& node : scenario.nodes) {
    capacity[static_cast<std::size_t>(node.stage - 1)] += scenario.ServiceRate(node);
  }
  double rate = INFINITY;
  for (std::size_t s = 0; s < capacity.size(); ++s) {
    rate = std::min(rate, load * capacity[s] / std::max(reach[s], 1e-9));
  }
  return rate;
}

// What a task needs from end to end where it never waits, on average over parts.
double UnhinderedSeconds(const Scenario& scenario, const std::vector<double>& reach) {
  std::vector<double> service(scenario.stages.size(), 0);
  std::vector<double> nodes(scenario.stages.size(), 0);
  std::vector<double> transfer(scenario.stages.size(), 0);
  std::vector<double> links(scenario.stages.size(), 0);
  for (const ScenarioNode& node : scenario.nodes) {
    const auto s = static_cast<std::size_t>(node.stage - 1);
    service[s] += 1 / scenario.ServiceRate(node);
    ++nodes[s];
  }
  for (const ScenarioLink& link : scenario.links) {
    const auto s = static_cast<std::size_t>(scenario.part_stage(link.to) - 1);
    transfer[s] += scenario.TransferSeconds(link);
    ++links[s];
  }
  double seconds = 0;
  for (std::size_t s = 0; s < service.size(); ++s) {
    seconds += reach[s] * (service[s] / nodes[s] + transfer[s] / links[s]);
  }
  return seconds;
}

}  // namespace

std::span<const PaperModel> PaperModels() {
  static const std::array<PaperModel, 2> kModels = {{
#include "offramp/cli/reproduce/paper_models.inc"
  }};
  return kModels;
}

Result<Scenario> PaperScenario(const PaperModel& model, std::shared_ptr<const ExitProfile> profile,
                               const PaperOptions& options) {
  if (profile->stages() != static_cast<int>(model.stages.size())) {
    return InvalidArgumentError(Format("the exit profile has %d stages, expected %zu",
                                       profile->stages(), model.stages.size()));
  }
  Random random(options.seed);
  Scenario scenario;
  scenario.path = model.name;
  scenario.input_bytes = model.input_bytes;
  scenario.stages = model.stages;
  for (int h = 1; h < profile->stages(); ++h) {
    scenario.stages[static_cast<std::size_t>(h - 1)].exit = profile->has_exit(h);
  }
  scenario.profile = std::move(profile);
  const std::vector<double> reach = Reach(*scenario.profile);
  std::vector<double> parts_of_rate;
  double sum = 0;
  for (int i = 0; i < kDevices; ++i) {
    parts_of_rate.push_back(Between(random, 0.5, 1.5));
    sum += parts_of_rate.back();
    scenario.devices.push_back({Format("ed%d", i), 0});
  }
  AddNodes(model, reach, options.heterogeneity, random, scenario);
  AddLinks(random, scenario);
  const double rate = RateOf(scenario, reach, options.load);
  for (std::size_t i = 0; i < parts_of_rate.size(); ++i) {
    scenario.devices[i].tasks_per_s = rate * parts_of_rate[i] / sum;
  }
  scenario.objective.accuracy_weight_s = options.weight * UnhinderedSeconds(scenario, reach);
  OFFRAMP_RETURN_IF_ERROR(CheckScenario(scenario));
  return scenario;
}

std::shared_ptr<const ExitProfile> ThinProfile(const ExitProfile& profile, std::size_t step) {
  const auto thin = [step](std::span<const float> column) {
    std::vector<float> rows;
    for (std::size_t i = 0; i < column.size(); i += step) rows.push_back(column[i]);
    return rows;
  };
  std::vector<std::vector<float>> confidence;
  std::vector<std::vector<float>> correct;
  for (int h = 1; h <= profile.stages(); ++h) {
    confidence.push_back(thin(profile.confidence(h)));
    correct.push_back(thin(profile.correct(h)));
  }
  return std::make_shared<const ExitProfile>(std::move(confidence), std::move(correct));
}

}  // namespace offramp
