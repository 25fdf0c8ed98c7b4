#include "bench/placement/fleets.h"

#include <algorithm>
#include <cmath>

#include "offramp/base/random.h"
#include "offramp/base/text.h"
#include "offramp/optimize/generate_scenario.h"

namespace offramp::bench {
namespace {

constexpr int kSizes[] = {4, 4, 4, 4, 6, 8, 8, 10, 12, 14, 16, 16};
constexpr std::size_t kRows = 1000;

double LogUniform(double low, double high, Random& random) {
  return low * std::pow(high / low, random.Uniform());
}

// A bundle of `stages` stages with exits after all but the last; deeper ones cost more.
PlacementModel Bundled(int stages, std::uint64_t seed, Random& random) {
  PlacementModel model;
  model.path = "bundle";
  model.fixed = true;
  model.input_bytes = static_cast<std::int64_t>(LogUniform(2e4, 3e5, random));
  std::vector<bool> exits;
  for (int h = 1; h <= stages; ++h) {
    const bool last = h == stages;
    model.segments.push_back(
        {.gflops = LogUniform(0.5, 3, random) * (1 + 0.3 * h),
         .memory_bytes = static_cast<std::int64_t>(LogUniform(1e7, 8e7, random)),
         .output_bytes = last ? 0 : static_cast<std::int64_t>(LogUniform(1e4, 4e5, random)),
         .exit = true});
    exits.push_back(!last);
  }
  model.profile = SyntheticProfile(exits, kRows, seed);
  return model;
}

// A network of `segments` pieces without exits: activations shrink and weights grow with depth.
PlacementModel Uncut(int segments, Random& random) {
  PlacementModel model;
  model.path = "model.onnx";
  model.input_bytes = 150'528;
  for (int s = 0; s < segments; ++s) {
    const double depth = (s + 1.0) / segments;
    const bool last = s + 1 == segments;
    const double bytes = 1.6e6 * std::exp(-3.5 * depth) * LogUniform(0.6, 1.7, random);
    model.segments.push_back({.gflops = LogUniform(0.3, 1, random) * 12 / segments,
                              .memory_bytes = static_cast<std::int64_t>(
                                  2e8 / segments * 2 * depth * LogUniform(0.7, 1.4, random)),
                              .output_bytes = last ? 0 : static_cast<std::int64_t>(bytes),
                              .exit = last});
    if (!last) model.cuts.push_back({Format("t%d", s)});
  }
  return model;
}

// Of a mean task where every threshold is 0.8.
double GflopsOfTask(const PlacementModel& model) {
  constexpr float kThreshold = 0.8F;
  double gflops = 0;
  const std::size_t rows = model.profile ? model.profile->rows() : 1;
  for (std::size_t r = 0; r < rows; ++r) {
    for (int h = 1; h <= model.segment_count(); ++h) {
      gflops += model.segments[static_cast<std::size_t>(h - 1)].gflops;
      if (model.profile && model.profile->has_exit(h) &&
          model.profile->confidence(h)[r] >= kThreshold) {
        break;
      }
    }
  }
  return gflops / static_cast<double>(rows);
}

Machines Unequal(int count, const PlacementModel& model, Random& random) {
  Machines machines;
  machines.path = "machines.yaml";
  double memory = 0;
  for (const ModelSegment& segment : model.segments) {
    memory += static_cast<double>(segment.memory_bytes);
  }
  double all = 0;
  for (int m = 0; m < count; ++m) {
    Machine machine;
    machine.name = Format("box-%c", 'a' + m);
    machine.gflops_per_s = LogUniform(12, 96, random);
    // From well below the whole model to some times it.
    machine.memory_bytes = static_cast<std::int64_t>(memory * LogUniform(0.45, 2.5, random));
    all += machine.gflops_per_s;
    machines.machines.push_back(machine);
  }
  for (int a = 0; a < count; ++a) {
    for (int b = a + 1; b < count; ++b) {
      // Some pairs cannot talk; neighbours in the list always can.
      if (b > a + 1 && random.Chance(0.15)) continue;
      const double mbit = LogUniform(80, 1000, random);
      const double latency = LogUniform(0.2, 4, random);
      machines.links.push_back({a, b, mbit, latency});
      machines.links.push_back({b, a, mbit, latency});
    }
  }
  // With exits at 0.8, 30 to 65 % of what all machines could do together.
  const double rate = all / GflopsOfTask(model) * (0.3 + 0.35 * random.Uniform());
  const int sources = 1 + static_cast<int>(random.Below(3));
  for (int s = 0; s < sources; ++s) {
    machines.sources.push_back({Format("gw%d", s),
                                static_cast<int>(random.Below(static_cast<std::uint64_t>(count))),
                                rate / sources});
  }
  return machines;
}

}  // namespace

std::vector<PlacementCase> MakePlacementCases(int count, int first_seed) {
  std::vector<PlacementCase> cases;
  for (int i = 0; i < count; ++i) {
    const auto seed = static_cast<std::uint64_t>(first_seed) + static_cast<std::uint64_t>(i);
    // A draw without any way to place it is drawn again.
    for (std::uint64_t attempt = 0;; ++attempt) {
      Random random(seed * 1000 + attempt);
      const int size = kSizes[static_cast<std::size_t>(i) % std::size(kSizes)];
      const bool small = size == 4;
      const bool bundled = i % 2 == 1;
      PlacementModel model =
          bundled ? Bundled(small ? 3 : 4 + static_cast<int>(random.Below(3)), seed, random)
                  : Uncut(small ? 4 : 24, random);
      const Objective objective{.accuracy_weight_s = bundled ? 1.0 : 0.0};
      Machines machines = Unequal(size, model, random);
      Result<PlacementTask> task =
          PlacementTask::Create(std::move(machines), std::move(model), objective, small ? 3 : 6);
      if (!task.ok()) continue;
      cases.push_back(
          {Format("%llu: %d machines, %s", static_cast<unsigned long long>(seed), size,
                  bundled ? Format("%d stages with exits", task->model().segment_count()).c_str()
                          : Format("%d pieces", task->model().segment_count()).c_str()),
           *std::move(task), small});
      break;
    }
  }
  return cases;
}

}  // namespace offramp::bench
