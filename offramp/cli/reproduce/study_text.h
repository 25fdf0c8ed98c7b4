// The study as Markdown and as one HTML page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "offramp/cli/reproduce/study.h"

namespace offramp {

// Everything about one model.
struct Study {
  std::string model;
  std::vector<Experiment> experiments;  // the first is that over the arrival rate
  Convergence convergence;
};

struct StudyFacts {
  std::string version;
  std::string command;  // that printed it
  std::string profile;  // file of the exit profile
  std::size_t rows = 0;
  int seeds = 0;
  double seconds = 0;
};

// What the paper claims beside what `study` found: DTO-EE against each of the paper's baselines at
// the load of 0.7, whichever way it comes out.
std::string ClaimsMarkdown(const Study& study);

std::string StudyMarkdown(const StudyFacts& facts, const std::vector<Study>& studies);
std::string StudyHtml(const StudyFacts& facts, const std::vector<Study>& studies);

}  // namespace offramp
