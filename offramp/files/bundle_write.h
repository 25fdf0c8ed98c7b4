// Writes a bundle.yaml that ReadBundle reads back as it was.
#pragma once

#include <string>

#include "offramp/model/bundle.h"

namespace offramp {

// `labels` and `exit_profile`: files within the folder; empty: none. Of `bundle` everything but
// folder, labels, profile and digest.
std::string BundleYamlText(const Bundle& bundle, const std::string& labels,
                           const std::string& exit_profile);

}  // namespace offramp
