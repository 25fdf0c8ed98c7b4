// The study as Markdown and as one HTML page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "offramp/cli/reproduce/study.h"

namespace offramp {

// Everything about one model. Stopped before its end: what was done by then.
struct ModelStudy {
  std::string model;
  std::vector<Experiment> experiments;
  Convergence convergence;  // without rounds: not done
};

struct Study {
  std::string version;
  std::string command;  // that printed it
  std::string profile;  // file of the exit profile
  std::size_t rows = 0;
  int seeds = 0;
  double seconds = 0;
  bool interrupted = false;
  std::vector<ModelStudy> models;
  std::optional<Experiment> ingredients;
};

std::string StudyIntroduction(const Study& study);

// What the paper claims beside what was found: DTO-EE against each baseline at the load of 0.7,
// whichever way it comes out. Empty where that was not run.
std::string ClaimsMarkdown(const ModelStudy& model);

std::string StudyMarkdown(const Study& study);
std::string StudyHtml(const Study& study);

}  // namespace offramp
