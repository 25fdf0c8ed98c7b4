// A bundle.yaml of any bytes: stages that chain, or one line that says why not.
#include <cstddef>
#include <cstdint>
#include <string>

#include "offramp/base/check.h"
#include "offramp/files/bundle_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const offramp::Result<offramp::BundleYaml> read = offramp::ParseBundleYaml(text, "bundle.yaml");
  if (!read.ok()) {
    OFFRAMP_CHECK(read.status().code() == offramp::StatusCode::kInvalidArgument, "its own fault");
    OFFRAMP_CHECK(read.status().message().find('\n') == std::string::npos, "one line");
    return 0;
  }
  const offramp::Bundle& bundle = read->bundle;
  OFFRAMP_CHECK(bundle.stage_count() > 0 && !bundle.inputs.empty() && !bundle.outputs.empty(),
                "a model has parts");
  OFFRAMP_CHECK(!bundle.stages.back().exit.empty(), "the last stage answers");
  for (const offramp::BundleStage& stage : bundle.stages) {
    OFFRAMP_CHECK(stage.file[0] != '/' && stage.file.rfind("../", 0) != 0, "in the folder");
    OFFRAMP_CHECK(stage.temperature > 0 && stage.gflops > 0, "finite work");
  }
  return 0;
}
