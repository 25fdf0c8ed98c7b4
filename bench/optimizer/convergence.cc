// From the cold start to within 5, 1 and 0.1 % of the best known, and what is left after 300
// rounds; the same under losses, late messages and sleeping nodes.
#include <cmath>
#include <cstdio>

#include "bench/optimizer/figures.h"

namespace offramp::bench {
namespace {

constexpr int kRounds = 300;
constexpr int kFaultyRounds = 500;

std::string Reached(const std::vector<double>& rounds, std::size_t of) {
  return Number(Median(rounds), "%.4g") + " / " + Number(Worst(rounds), "%.4g") + ", reached " +
         std::to_string(rounds.size()) + " of " + std::to_string(of);
}

// U and T of every round.
std::vector<Evaluation> Run(const Problem& problem, RoundFaults faults, int rounds) {
  DtoEe fleet(problem, {.seed = 7, .faults = faults});
  std::vector<Evaluation> history;
  for (int r = 0; r <= rounds; ++r) {
    const Evaluation& e = r < rounds ? fleet.Round() : fleet.Evaluate();
    Evaluation kept;
    kept.objective_s = e.objective_s;
    kept.mean_delay_s = e.mean_delay_s;
    history.push_back(kept);
  }
  return history;
}

}  // namespace

void Convergence(std::vector<Case>& suite, bool verbose) {
  std::vector<std::vector<Evaluation>> runs(suite.size());
  Parallel(static_cast<int>(suite.size()), [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    runs[index] = Run(suite[index].problem, {}, kRounds);
    for (const Evaluation& e : runs[index]) Note(suite[index], e.objective_s);
  });
  std::vector<double> end;
  std::vector<std::vector<double>> reached(3);
  const double marks[] = {5, 1, 0.1};
  for (std::size_t i = 0; i < suite.size(); ++i) {
    std::string line = suite[i].name;
    for (std::size_t m = 0; m < 3; ++m) {
      double first = NAN;
      for (std::size_t r = 0; r < runs[i].size() && std::isnan(first); ++r) {
        if (Excess(runs[i][r], suite[i].best_s) <= marks[m]) first = static_cast<double>(r);
      }
      if (!std::isnan(first)) reached[m].push_back(first);
      line += " " + Number(first, "%4.0f");
    }
    end.push_back(Excess(runs[i].back(), suite[i].best_s));
    line += " end " + Number(end.back(), "%.4f");
    if (verbose) {
      std::fprintf(stderr, "%s  nodes %d links %d stages %d T %.3f\n", line.c_str(),
                   suite[i].problem.node_count(), suite[i].problem.link_count(),
                   suite[i].problem.stages(), runs[i].back().mean_delay_s);
    }
  }
  Print("excess after 300 rounds, %: median / worst",
        Number(Median(end)) + " / " + Number(Worst(end)), "0.02 / 1");
  Print("rounds to 5 %: median / worst", Reached(reached[0], suite.size()), "8 / 20");
  Print("rounds to 1 %: median / worst", Reached(reached[1], suite.size()), "30 / 90");
  Print("rounds to 0.1 %: median / worst", Reached(reached[2], suite.size()),
        "95 % of scenarios within 300");
}

void Faults(std::vector<Case>& suite, bool verbose) {
  struct Kind {
    const char* name;
    RoundFaults faults;
  };
  const Kind kinds[] = {{"20 % of messages lost", {.loss = 0.2}},
                        {"messages up to 5 rounds old", {.age = 5}},
                        {"nodes active half of the time", {.active = 0.5}},
                        {"all three at once", {.loss = 0.2, .age = 5, .active = 0.5}}};
  for (const Kind& kind : kinds) {
    std::vector<double> end(suite.size());
    Parallel(static_cast<int>(suite.size()), [&](int i) {
      const auto index = static_cast<std::size_t>(i);
      const std::vector<Evaluation> run = Run(suite[index].problem, kind.faults, kFaultyRounds);
      end[index] = Excess(run.back(), suite[index].best_s);
    });
    int within = 0;
    for (std::size_t i = 0; i < end.size(); ++i) {
      within += end[i] <= 1 ? 1 : 0;
      if (verbose && end[i] > 1) {
        std::fprintf(stderr, "%s: %s %.3f\n", kind.name, suite[i].name.c_str(), end[i]);
      }
    }
    Print(std::string(kind.name) + ": within 1 % after 500 rounds; median / worst excess, %",
          std::to_string(within) + " of " + std::to_string(end.size()) + "; " +
              Number(Median(end)) + " / " + Number(Worst(end)),
          "all");
  }
}

}  // namespace offramp::bench
