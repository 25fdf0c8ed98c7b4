// The model as it is placed: a chain of segments that stages are made of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/exit_profile.h"
#include "offramp/core/service_law.h"
#include "offramp/model/bundle.h"
#include "offramp/partition/inspect.h"

namespace offramp {

// What is never cut. All figures are of one task.
struct ModelSegment {
  double gflops = 0;              // > 0
  std::int64_t memory_bytes = 0;  // its weights; of a bundle's stage what the bundle says
  std::int64_t output_bytes = 0;  // what crosses if it is cut after this one; 0 in the last
  bool exit = false;              // answers here; of a bundle only
};

struct PlacementModel {
  std::string path;  // of the bundle's folder or ONNX file, for messages
  std::int64_t input_bytes = 0;
  std::vector<ModelSegment> segments;  // at least one
  bool fixed = false;                  // every segment is a stage: a bundle
  // Where not fixed: the tensors after segment i, for `Split`; one fewer than segments.
  std::vector<std::vector<std::string>> cuts;
  // Memory of a stage beside its weights, in multiples of the widest tensors at cuts in or around
  // it; a guess until a split says more (ActivationFactor).
  double activation_factor = 2;
  std::shared_ptr<const ExitProfile> profile;  // null: nothing is known of exits
  std::optional<ServiceHistogram> service_histogram;

  int segment_count() const { return static_cast<int>(segments.size()); }
  // The most bytes that cross at cuts in or around segments [begin, end).
  std::int64_t Widest(int begin, int end) const;
};

// A bundle's stages.
PlacementModel ModelOfBundle(const Bundle& bundle);

// An ONNX model between at most `most_cuts` of its cut points: spread over the work, those with the
// fewest bytes. Memory beside the weights is guessed from what crosses. `shapes`: of inputs with
// open extents, as for `InspectModel`.
PlacementModel ModelOfInspection(const Inspection& inspection, const InputShapes& shapes,
                                 int most_cuts);

// The least factor with which no stage of `bundle`, split at `ends` (placement.h), needs more than
// is guessed of it.
double ActivationFactor(const PlacementModel& model, const std::vector<int>& ends,
                        const Bundle& bundle);

}  // namespace offramp
