// Prometheus metrics of a daemon. Names start with "offramp_", times are seconds, labels are
// bounded (names of the fleet file and our own codes).
#pragma once

#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace offramp {

// Thread-safe as prometheus-cpp is.
class Metrics {
 public:
  // Labels every metric with the part's name and adds offramp_build_info.
  explicit Metrics(const std::string& part, const std::string& role);

  prometheus::Family<prometheus::Counter>& Counter(const std::string& name,
                                                   const std::string& help);
  prometheus::Family<prometheus::Gauge>& Gauge(const std::string& name, const std::string& help);
  prometheus::Family<prometheus::Histogram>& Histogram(const std::string& name,
                                                       const std::string& help);

  // Text exposition format 0.0.4.
  std::string Text() const;

  // 0.1 ms to 30 s in steps of about 2.5: what queues, engines and networks take here.
  static prometheus::Histogram::BucketBoundaries SecondsBuckets();

 private:
  prometheus::Registry registry_;
  const prometheus::Labels labels_;
};

// Raises a counter to a total that is kept elsewhere; totals never fall.
void FollowTotal(prometheus::Counter& counter, double total);

}  // namespace offramp
