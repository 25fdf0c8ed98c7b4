#include "offramp/daemon/metrics.h"

#include <algorithm>

#include <prometheus/text_serializer.h>

#include "offramp_version.h"

namespace offramp {

Metrics::Metrics(const std::string& part, const std::string& role)
    : labels_{{"part", part}, {"role", role}} {
  Gauge("offramp_build_info", "Version of this part; always 1.")
      .Add({{"version", std::string(kVersion)}})
      .Set(1);
}

prometheus::Family<prometheus::Counter>& Metrics::Counter(const std::string& name,
                                                          const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Labels(labels_).Register(registry_);
}

prometheus::Family<prometheus::Gauge>& Metrics::Gauge(const std::string& name,
                                                      const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Labels(labels_).Register(registry_);
}

prometheus::Family<prometheus::Histogram>& Metrics::Histogram(const std::string& name,
                                                              const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Labels(labels_).Register(registry_);
}

std::string Metrics::Text() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

prometheus::Histogram::BucketBoundaries Metrics::SecondsBuckets() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
          0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30};
}

void FollowTotal(prometheus::Counter& counter, double total) {
  counter.Increment(std::max(total - counter.Value(), 0.0));
}

}  // namespace offramp
