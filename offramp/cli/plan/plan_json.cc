#include "offramp/cli/plan/plan_json.h"

#include <cmath>

namespace offramp {
namespace {

constexpr double kNever = 2;

std::size_t Index(int i) { return static_cast<std::size_t>(i); }

OrderedJson PredictionToJson(const Evaluation& evaluation) {
  return {{"mean_delay_s", evaluation.mean_delay_s},
          {"accuracy", evaluation.accuracy},
          {"objective_s", evaluation.objective_s}};
}

}  // namespace

OrderedJson OffloadingToJson(const Problem& problem, const Strategy& strategy) {
  OrderedJson offloading = OrderedJson::object();
  for (int node = 0; node < problem.first_node(problem.stages()); ++node) {
    OrderedJson shares = OrderedJson::object();
    for (int link = problem.first_link(node); link < problem.first_link(node + 1); ++link) {
      shares[problem.node(problem.link(link).to).name] = strategy.share[Index(link)];
    }
    offloading[problem.node(node).name] = std::move(shares);
  }
  return offloading;
}

OrderedJson ThresholdsToJson(const Problem& problem, const Strategy& strategy) {
  OrderedJson thresholds = OrderedJson::object();
  for (int node = problem.first_node(1); node < problem.node_count(); ++node) {
    if (!problem.has_exit(problem.node(node).stage)) continue;
    const double threshold = strategy.threshold[Index(node)];
    thresholds[problem.node(node).name] = threshold > 1 ? kNever : threshold;
  }
  return thresholds;
}

OrderedJson PlanToJson(const Problem& problem, const Plan& plan) {
  OrderedJson json = {{"policy", PolicyName(plan.policy)},
                      {"offloading", OffloadingToJson(problem, plan.strategy)},
                      {"thresholds", ThresholdsToJson(problem, plan.strategy)},
                      {"predicted", PredictionToJson(plan.predicted)}};
  if (plan.held_out) json["held_out"] = PredictionToJson(*plan.held_out);
  json["rounds"] = plan.rounds;
  json["optimality_gap_s"] =
      plan.certificate ? OrderedJson(plan.certificate->gap_s) : OrderedJson();
  OrderedJson history = OrderedJson::array();
  for (const RoundSummary& round : plan.history) {
    history.push_back({{"round", round.round},
                       {"mean_delay_s", round.mean_delay_s},
                       {"accuracy", round.accuracy},
                       {"objective_s", round.objective_s}});
  }
  json["history"] = std::move(history);
  json["accuracy_weight_s"] = plan.accuracy_weight_s;
  json["objective_met"] = plan.objective_met;
  json["stop"] = PlanStopName(plan.stop);
  json["message"] = plan.message;
  json["restart"] = plan.restart;
  if (plan.certificate) {
    json["certificate"] = {{"lower_bound_s", plan.certificate->lower_bound_s},
                           {"class", plan.certificate->policy_class},
                           {"grid", plan.certificate->grid}};
  }
  OrderedJson utilisation = OrderedJson::object();
  for (int node = problem.first_node(1); node < problem.node_count(); ++node) {
    utilisation[problem.node(node).name] = plan.predicted.utilization[Index(node)];
  }
  json["utilisation"] = std::move(utilisation);
  OrderedJson exits = OrderedJson::object();
  for (int stage = 1; stage <= problem.stages(); ++stage) {
    if (stage < problem.stages() && !problem.has_exit(stage)) continue;
    exits[std::to_string(stage)] = plan.predicted.exit_share[Index(stage - 1)];
  }
  json["exit_share"] = std::move(exits);
  return json;
}

}  // namespace offramp
