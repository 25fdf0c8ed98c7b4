#include "offramp/placement/placement_model.h"

#include <algorithm>
#include <cmath>

#include "offramp/files/fleet_scenario.h"

namespace offramp {

namespace {

constexpr double kLeastGflops = 1e-9;  // as in a bundle: what only moves numbers takes time, too

std::int64_t BytesOfInputs(const Inspection& inspection, const InputShapes& shapes) {
  std::int64_t bytes = 0;
  for (const TensorSpec& input : inspection.inputs) {
    const auto given = shapes.find(input.name);
    std::int64_t row = ElementBytes(input.datatype);
    for (std::size_t axis = 1; axis < input.shape.size(); ++axis) {
      std::int64_t extent = input.shape[axis];
      if (extent < 1 && given != shapes.end() && axis < given->second.size()) {
        extent = given->second[axis];
      }
      row *= std::max<std::int64_t>(extent, 1);
    }
    bytes += row;
  }
  return bytes;
}

// Indices of cut points: in each of `most` equal parts of the work the one with the fewest bytes.
std::vector<std::size_t> Spread(const Inspection& inspection, int most) {
  std::vector<std::size_t> kept;
  int part = -1;
  for (std::size_t i = 0; i < inspection.cuts.size(); ++i) {
    const InspectedCut& cut = inspection.cuts[i];
    if (cut.gflops_before <= 0 || cut.gflops_after <= 0) continue;
    const int here = static_cast<int>(cut.gflops_before / inspection.gflops * most);
    if (here != part) {
      kept.push_back(i);
      part = here;
    } else if (cut.bytes < inspection.cuts[kept.back()].bytes) {
      kept.back() = i;
    }
  }
  return kept;
}

}  // namespace

PlacementModel ModelOfBundle(const Bundle& bundle) {
  PlacementModel model;
  model.path = bundle.folder;
  model.input_bytes = InputBytes(bundle);
  model.fixed = true;
  model.profile = bundle.profile;
  model.service_histogram = bundle.service_histogram;
  for (const BundleStage& stage : bundle.stages) {
    model.segments.push_back({.gflops = stage.gflops,
                              .memory_bytes = stage.memory_bytes,
                              .output_bytes = stage.output_bytes,
                              .exit = bundle.profile != nullptr && !stage.exit.empty()});
  }
  model.segments.back().output_bytes = 0;
  model.segments.back().exit = true;
  return model;
}

PlacementModel ModelOfInspection(const Inspection& inspection, const InputShapes& shapes,
                                 int most_cuts) {
  PlacementModel model;
  model.path = inspection.path;
  model.input_bytes = BytesOfInputs(inspection, shapes);
  double gflops_before = 0;
  std::int64_t weights_before = 0;
  const auto add = [&](double gflops, std::int64_t weights, std::int64_t bytes) {
    model.segments.push_back({.gflops = std::max(gflops - gflops_before, kLeastGflops),
                              .memory_bytes = std::max<std::int64_t>(weights - weights_before, 0),
                              .output_bytes = bytes});
    gflops_before = gflops;
    weights_before = weights;
  };
  for (const std::size_t i : Spread(inspection, most_cuts)) {
    const InspectedCut& cut = inspection.cuts[i];
    add(cut.gflops_before, cut.weight_bytes_before, cut.bytes);
    model.cuts.emplace_back();
    for (const TensorSpec& tensor : cut.tensors) model.cuts.back().push_back(tensor.name);
  }
  add(inspection.gflops, inspection.weight_bytes, 0);
  model.segments.back().exit = true;
  return model;
}

std::int64_t PlacementModel::Widest(int begin, int end) const {
  std::int64_t widest =
      begin == 0 ? input_bytes : segments[static_cast<std::size_t>(begin - 1)].output_bytes;
  for (int s = begin; s < end; ++s) {
    widest = std::max(widest, segments[static_cast<std::size_t>(s)].output_bytes);
  }
  return widest;
}

double ActivationFactor(const PlacementModel& model, const std::vector<int>& ends,
                        const Bundle& bundle) {
  double factor = 0;
  int begin = 0;
  for (std::size_t h = 0; h < ends.size(); ++h) {
    std::int64_t rest = bundle.stages[h].memory_bytes;
    for (int s = begin; s < ends[h]; ++s) {
      rest -= model.segments[static_cast<std::size_t>(s)].memory_bytes;
    }
    const auto widest =
        static_cast<double>(std::max<std::int64_t>(model.Widest(begin, ends[h]), 1));
    factor = std::max(factor, static_cast<double>(rest) / widest);
    begin = ends[h];
  }
  return factor;
}

}  // namespace offramp
