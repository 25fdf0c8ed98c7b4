#include "offramp/cli/load/arrivals.h"

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "offramp/base/text.h"

namespace offramp {
namespace {

constexpr double kMaxSeconds = 1e6;
constexpr double kMaxRate = 1e6;
constexpr std::size_t kMaxArrivals = 50'000'000;

// A whole text as a finite number.
bool ParseNumber(const std::string& text, double& value) {
  char* end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(value);
}

}  // namespace

Result<std::vector<LoadStep>> ParseSteps(std::string_view text) {
  std::vector<LoadStep> steps;
  double expected = 0;
  for (const std::string& part : Split(text, ',')) {
    const std::size_t x = part.find('x');
    LoadStep step;
    if (x == std::string::npos || !ParseNumber(part.substr(0, x), step.seconds) ||
        !ParseNumber(part.substr(x + 1), step.tasks_per_s) || step.seconds <= 0 ||
        step.seconds > kMaxSeconds || step.tasks_per_s < 0 || step.tasks_per_s > kMaxRate) {
      return InvalidArgumentError("--steps: is '" + part +
                                  "', expected SECONDSxRATE, for instance 10x80,5x160");
    }
    expected += step.seconds * step.tasks_per_s;
    steps.push_back(step);
  }
  if (steps.empty()) {
    return InvalidArgumentError("--steps: is empty, expected SECONDSxRATE, for instance 10x80");
  }
  if (expected > static_cast<double>(kMaxArrivals)) {
    return InvalidArgumentError(
        Format("--steps: asks for %.0f requests, expected at most %zu", expected, kMaxArrivals));
  }
  return steps;
}

double TotalSeconds(const std::vector<LoadStep>& steps) {
  double seconds = 0;
  for (const LoadStep& step : steps) seconds += step.seconds;
  return seconds;
}

std::vector<double> PoissonArrivals(const std::vector<LoadStep>& steps, Random& random) {
  std::vector<double> arrivals;
  double start_s = 0;
  for (const LoadStep& step : steps) {
    // Without memory: each step may begin with a fresh gap.
    for (double t = 0; step.tasks_per_s > 0;) {
      t += random.Exponential(1 / step.tasks_per_s);
      if (t >= step.seconds) break;
      arrivals.push_back(start_s + t);
    }
    start_s += step.seconds;
  }
  return arrivals;
}

std::vector<double> EvenArrivals(const std::vector<LoadStep>& steps) {
  std::vector<double> arrivals;
  double start_s = 0;
  for (const LoadStep& step : steps) {
    const auto count = static_cast<std::int64_t>(step.seconds * step.tasks_per_s + 1e-9);
    for (std::int64_t i = 0; i < count; ++i) {
      arrivals.push_back(start_s + (static_cast<double>(i) + 0.5) / step.tasks_per_s);
    }
    start_s += step.seconds;
  }
  return arrivals;
}

Result<std::vector<double>> ReadArrivals(const std::string& path) {
  std::ifstream file(path);
  if (!file) return NotFoundError(path + ": cannot be opened, expected a file of arrival times");
  std::vector<double> arrivals;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    line.erase(0, line.find_first_not_of(" \t"));
    if (line.empty() || line.front() == '#') continue;
    double value = 0;
    if (!ParseNumber(line, value) || value < 0 || value > kMaxSeconds) {
      return InvalidArgumentError(Format("%s:%d: is '%.40s', expected seconds from 0 to %.0f",
                                         path.c_str(), number, line.c_str(), kMaxSeconds));
    }
    if (!arrivals.empty() && value < arrivals.back()) {
      return InvalidArgumentError(Format("%s:%d: is %g after %g, expected ascending times",
                                         path.c_str(), number, value, arrivals.back()));
    }
    if (arrivals.size() == kMaxArrivals) {
      return InvalidArgumentError(
          Format("%s:%d: expected at most %zu times", path.c_str(), number, kMaxArrivals));
    }
    arrivals.push_back(value);
  }
  if (arrivals.empty()) return InvalidArgumentError(path + ": holds no arrival time");
  return arrivals;
}

}  // namespace offramp
