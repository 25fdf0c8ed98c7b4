// Rounds back to within 5 % of what is then best: after a node's death, a doubled rate, a halved
// link.
#include <algorithm>
#include <cstdio>

#include "bench/optimizer/figures.h"

namespace offramp::bench {
namespace {

constexpr int kSettle = 150;
constexpr int kLong = 300;
constexpr int kMost = 100;

using Change = std::function<void(DtoEe&)>;

int Busiest(const Problem& problem, const Evaluation& e, int stage) {
  int busiest = problem.first_node(stage);
  for (int n = busiest; n < problem.first_node(stage + 1); ++n) {
    if (e.arrival_rate_per_s[static_cast<std::size_t>(n)] >
        e.arrival_rate_per_s[static_cast<std::size_t>(busiest)]) {
      busiest = n;
    }
  }
  return busiest;
}

// The first round belongs to the change: neighbours learn of it.
int RoundsBack(const Problem& problem, const Change& change) {
  DtoEe fleet(problem, {.seed = 7});
  for (int r = 0; r < kSettle; ++r) fleet.Round();
  DtoEe other(problem, {.seed = 8});
  other.Start(fleet.strategy());
  change(fleet);
  change(other);
  double best = 1e300;
  for (int r = 0; r <= kLong; ++r) {
    const double objective = other.Round().objective_s;
    if (r > 0) best = std::min(best, objective);
  }
  for (int r = 0; r < kMost; ++r) {
    if (r > 0 && Excess(fleet.Evaluate(), best) <= 5) return r - 1;
    fleet.Round();
  }
  return kMost;
}

Problem Halved(Problem problem) {
  for (int i = 0; i < problem.first_node(1); ++i) {
    problem.SetArrivalRate(i, 0.5 * problem.node(i).arrival_rate_per_s);
  }
  return problem;
}

}  // namespace

void Events(std::vector<Case>& suite, bool verbose) {
  const Change death = [](DtoEe& fleet) {
    fleet.SetAlive(Busiest(fleet.problem(), fleet.Evaluate(), 2), false);
  };
  const Change doubled = [](DtoEe& fleet) {
    Problem& problem = fleet.problem();
    for (int i = 0; i < problem.first_node(1); ++i) {
      problem.SetArrivalRate(i, 2 * problem.node(i).arrival_rate_per_s);
    }
  };
  const Change link = [](DtoEe& fleet) {
    const std::vector<double>& flow = fleet.Evaluate().link_flow_per_s;
    const auto busiest = std::max_element(flow.begin(), flow.end()) - flow.begin();
    const int l = static_cast<int>(busiest);
    fleet.problem().SetTransfer(l, 2 * fleet.problem().link(l).transfer_s);
  };
  struct Kind {
    const char* name;
    const Change* change;
    bool from_half;  // so that the doubled rate is the scenario's own
  };
  const Kind kinds[] = {{"the death of the busiest node of stage 2", &death, false},
                        {"a doubled rate", &doubled, true},
                        {"the busiest link at half its rate", &link, false}};
  for (const Kind& kind : kinds) {
    std::vector<double> rounds(suite.size());
    Parallel(static_cast<int>(suite.size()), [&](int i) {
      const auto index = static_cast<std::size_t>(i);
      const Problem& problem = suite[index].problem;
      rounds[index] = RoundsBack(kind.from_half ? Halved(problem) : problem, *kind.change);
    });
    for (std::size_t i = 0; verbose && i < rounds.size(); ++i) {
      std::fprintf(stderr, "%s: %s %g\n", kind.name, suite[i].name.c_str(), rounds[i]);
    }
    Print("rounds back to 5 % after " + std::string(kind.name) + ": median / worst",
          Number(Median(rounds)) + " / " + Number(Worst(rounds)), "median 5");
  }
}

}  // namespace offramp::bench
