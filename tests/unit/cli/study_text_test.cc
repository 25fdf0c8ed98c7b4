// What is told of the experiments.
#include "offramp/cli/reproduce/study_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace offramp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Figures FiguresOf(double delay_s, double accuracy, double lower = 0, double higher = 0) {
  return {.delay_s = {delay_s, 0.001},
          .accuracy = {accuracy, 0.001},
          .objective_s = {0, 0},
          .objective_above_s = {0.0125, 0.002},
          .delay_lower = {lower, 0.03},
          .accuracy_higher = {higher, 0.001}};
}

Study Small() {
  Experiment rate{
      .title = "Arrival rate",
      .text = "t",
      .axis = "load",
      .x = {0.5, 0.7},
      .curves = {{"dto-ee", false, {FiguresOf(0.1, 0.9), FiguresOf(0.2, 0.92)}},
                 {"nash, tuned", true, {FiguresOf(0.1, 0.9), FiguresOf(0.25, 0.9, 0.2, 0.02)}},
                 {"peak-ewma, tuned", false, {FiguresOf(1, 0), FiguresOf(1, 0, 0.8)}}},
      .equal = {
          {"nash", true, {{{0.3, 0.01}, {0.33, 0.05}, 5, 5}, {{0.4, 0.01}, {0.5, 0.04}, 4, 5}}},
          {"peak-ewma", false, {{{}, {}, 0, 5}, {{}, {}, 0, 5}}}}};
  ModelStudy model{
      .model = "m", .experiments = {rate}, .convergence = {{0, 1}, {{50, 1}, {0.5, 0}}}};
  Study study{.command = "offramp reproduce", .seeds = 5};
  study.models.push_back(model);
  return study;
}

TEST(StudyTextTest, ClaimsStandBesideWhatWasFound) {
  const std::string claims = ClaimsMarkdown(Small().models[0]);
  EXPECT_THAT(claims, HasSubstr("| nash, tuned | 21-41 % | 20 ± 3 % | 1-4 points | 2.0 ± 0.1 "
                                "points | 50 ± 4 % | 12.5 ± 2.0 ms |"));
  // Not one of the paper's, and never as accurate.
  EXPECT_THAT(claims, HasSubstr("| peak-ewma, tuned | - | 80 ± 3 % | - | 0.0 ± 0.1 points | - |"));
  EXPECT_THAT(claims, Not(HasSubstr("| dto-ee |")));
}

TEST(StudyTextTest, EveryFigureHasItsInterval) {
  const std::string text = StudyMarkdown(Small());
  EXPECT_THAT(text, HasSubstr("| dto-ee | 100 ± 1.0 ms, 90.0 ± 0.1 % | 200 ± 1.0 ms"));
  EXPECT_THAT(text, HasSubstr("| nash | 300 ± 10.0 ms, 33 ± 5 % | 400 ± 10.0 ms, 50 ± 4 % (4 of 5 "
                              "seeds) |"));
  EXPECT_THAT(text, HasSubstr("| peak-ewma | never so accurate | never so accurate |"));
  EXPECT_THAT(text, HasSubstr("| 1 | 0.5 ± 0 |"));
  EXPECT_THAT(StudyHtml(Small()), HasSubstr("\"Arrival rate\""));
}

TEST(StudyTextTest, VariantsAreComparedByTheObjectiveAndNamedColumnsComeLast) {
  Study study = Small();
  Experiment variants = study.models[0].experiments[0];
  variants.title = "Ingredients";
  variants.by_objective = true;
  variants.x = {7};
  variants.columns = {"a surge"};
  study.ingredients = variants;
  const std::string text = StudyMarkdown(study);
  EXPECT_THAT(text, HasSubstr("| load | 7 | a surge |\n|---|---:|---:|"));
  EXPECT_THAT(text, HasSubstr("| dto-ee | 12.5 ± 2.0 ms | 12.5 ± 2.0 ms |"));
}

TEST(StudyTextTest, WhatWasInterruptedSaysSo) {
  Study study = Small();
  study.interrupted = true;
  study.models[0].convergence = {};
  study.models[0].experiments.push_back({.title = "Never begun", .text = "t", .axis = "x"});
  const std::string text = StudyMarkdown(study);
  EXPECT_THAT(text, HasSubstr("Interrupted: what was complete by then."));
  EXPECT_THAT(text, Not(HasSubstr("Never begun")));
  EXPECT_THAT(text, Not(HasSubstr("Convergence")));
  study.models.clear();
  EXPECT_THAT(StudyMarkdown(study), HasSubstr("Interrupted"));
}

}  // namespace
}  // namespace offramp
