#include "tests/unit/optimize/scenario.h"

#include <algorithm>
#include <cmath>

#include "offramp/base/random.h"
#include "offramp/core/queue_model.h"

namespace offramp {
namespace {

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Roughly normal: enough for scatter between exits.
double Scatter(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Uniform();
  return sum;
}

}  // namespace

std::shared_ptr<const ExitProfile> SyntheticProfile(int stages, int exits, std::size_t rows,
                                                    std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<float>> confidence(static_cast<std::size_t>(stages));
  std::vector<std::vector<float>> correct(static_cast<std::size_t>(stages));
  for (std::size_t r = 0; r < rows; ++r) {
    const double difficulty = random.Uniform();
    for (int h = 1; h <= stages; ++h) {
      const double skill = 0.55 + 0.45 * h / stages;
      const double sure = 0.1 + 0.9 * Sigmoid(7 * (skill - difficulty) + 0.6 * Scatter(random));
      const bool right = random.Chance(sure);
      const auto index = static_cast<std::size_t>(h - 1);
      if (h <= exits && h < stages) confidence[index].push_back(static_cast<float>(sure));
      if (h <= exits || h == stages) correct[index].push_back(right ? 1.0F : 0.0F);
    }
  }
  return std::make_shared<ExitProfile>(std::move(confidence), std::move(correct));
}

Problem GenerateProblem(const ScenarioOptions& options, std::uint64_t seed) {
  Random random(seed);
  const int stages = static_cast<int>(options.replicas.size());
  const auto profile = SyntheticProfile(stages, stages - 1, options.rows, seed + 1000);
  std::vector<ProblemNode> nodes;
  std::vector<ProblemLink> links;
  double total = 0;
  for (int i = 0; i < options.sources; ++i) {
    const double rate = 2 + 8 * random.Uniform();
    total += rate;
    nodes.push_back({.name = "s" + std::to_string(i), .arrival_rate_per_s = rate});
  }
  std::vector<char> alive(options.rows, 1);  // rows that a threshold of 0.8 lets through
  std::size_t survivors = options.rows;
  int before = 0;
  int senders = options.sources;
  for (int h = 1; h <= stages; ++h) {
    const int count = options.replicas[static_cast<std::size_t>(h - 1)];
    std::vector<double> speed;
    double sum = 0;
    for (int j = 0; j < count; ++j) {
      speed.push_back(std::pow(options.heterogeneity, random.Uniform()));
      sum += speed.back();
    }
    const double reach = static_cast<double>(survivors) / static_cast<double>(options.rows);
    const int first = static_cast<int>(nodes.size());
    for (int j = 0; j < count; ++j) {
      nodes.push_back({.name = "r" + std::to_string(h) + std::to_string(j),
                       .stage = h,
                       .service_rate_per_s =
                           total * reach / options.load * speed[static_cast<std::size_t>(j)] / sum,
                       .congestion = CongestionOfScv(options.service_scv)});
    }
    for (int i = 0; i < senders; ++i) {
      // A run of receivers from a random start: connected, unequal, at most `degree`.
      const int start = static_cast<int>(random.Below(static_cast<std::uint64_t>(count)));
      for (int d = 0; d < std::min(options.degree, count); ++d) {
        links.push_back({.from = before + i,
                         .to = first + (start + d) % count,
                         .transfer_s = 0.001 + 0.03 * random.Uniform()});
      }
    }
    before = first;
    senders = count;
    if (h == stages) break;
    for (std::size_t r = 0; r < options.rows; ++r) {
      if (alive[r] && profile->confidence(h)[r] >= 0.8F) {
        alive[r] = 0;
        --survivors;
      }
    }
  }
  return Problem::Create(nodes, links, profile, options.accuracy_weight_s).value();
}

Problem FleetProblem(int gateways, double rate_per_s, const std::vector<std::vector<double>>& rates,
                     double transfer_s, std::shared_ptr<const ExitProfile> profile,
                     double accuracy_weight_s) {
  std::vector<ProblemNode> nodes;
  std::vector<ProblemLink> links;
  for (int i = 0; i < gateways; ++i) {
    nodes.push_back({.name = "g" + std::to_string(i), .arrival_rate_per_s = rate_per_s / gateways});
  }
  int before = 0;
  int senders = gateways;
  for (std::size_t h = 0; h < rates.size(); ++h) {
    const int first = static_cast<int>(nodes.size());
    const int count = static_cast<int>(rates[h].size());
    for (const double rate : rates[h]) {
      nodes.push_back({.name = "n" + std::to_string(nodes.size()),
                       .stage = static_cast<int>(h) + 1,
                       .service_rate_per_s = rate,
                       .congestion = 0.5});
    }
    for (int i = 0; i < senders; ++i) {
      for (int j = 0; j < count; ++j) {
        links.push_back({.from = before + i, .to = first + j, .transfer_s = transfer_s});
      }
    }
    before = first;
    senders = count;
  }
  return Problem::Create(nodes, links, std::move(profile), accuracy_weight_s).value();
}

}  // namespace offramp
