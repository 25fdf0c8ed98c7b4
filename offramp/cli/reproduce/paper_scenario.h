// Scenarios like the paper's evaluation (Xie et al., arXiv 2412.08284): 50 devices, 18 nodes like
// Jetson boards in several power modes, links of tens of Mbit/s, models shaped like its two.
//
// Shapes are computed by models/paper_shapes.py. Exits behave as the profile that is given says.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/core/scenario.h"

namespace offramp {

struct PaperModel {
  std::string name;
  std::int64_t input_bytes;
  std::vector<ScenarioStage> stages;
};

// ResNet-101 and BERT-large, four stages each.
std::span<const PaperModel> PaperModels();

struct PaperOptions {
  std::uint64_t seed = 1;
  // Utilisation of the scarcest stage as a whole when thresholds are 0.8.
  double load = 0.7;
  // Fastest over slowest node of a stage, capacity as a whole the same; 0: Jetson boards as they
  // come.
  double heterogeneity = 0;
  // The accuracy weight, in times that an unhindered task would need from end to end.
  double weight = 8;
};

// The profile has as many stages as the model; kInvalidArgument otherwise.
Result<Scenario> PaperScenario(const PaperModel& model, std::shared_ptr<const ExitProfile> profile,
                               const PaperOptions& options);

// Every `step`-th row.
std::shared_ptr<const ExitProfile> ThinProfile(const ExitProfile& profile, std::size_t step);

}  // namespace offramp
