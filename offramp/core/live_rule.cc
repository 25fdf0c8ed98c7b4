#include "offramp/core/live_rule.h"

#include <array>

namespace offramp {
namespace {

struct Ingredient {
  std::string_view name;
  bool LiveRule::*on;
};

constexpr std::array<Ingredient, 8> kIngredients = {{
    {"externality", &LiveRule::externality},
    {"deficits", &LiveRule::deficits},
    {"unseen", &LiveRule::unseen},
    {"reports", &LiveRule::reports},
    {"queue-aware-exits", &LiveRule::queue_aware_exits},
    {"measured-congestion", &LiveRule::measured_congestion},
    {"visit-cap", &LiveRule::visit_cap},
    {"load-cap", &LiveRule::load_cap},
}};

}  // namespace

std::vector<std::string> IngredientNames() {
  std::vector<std::string> names;
  for (const Ingredient& ingredient : kIngredients) names.emplace_back(ingredient.name);
  return names;
}

bool SwitchOff(std::string_view ingredient, LiveRule& rule) {
  for (const Ingredient& known : kIngredients) {
    if (known.name != ingredient) continue;
    rule.*known.on = false;
    return true;
  }
  return false;
}

}  // namespace offramp
