#include "offramp/profiling/profiled_bundle.h"

#include <cstdlib>

#include "offramp/base/text.h"
#include "offramp/files/bundle_draft.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/bundle_write.h"
#include "offramp/files/scenario_file.h"
#include "offramp/files/text_file.h"
#include "offramp/files/yaml_reader.h"

namespace offramp {

namespace {

constexpr char kProfileFile[] = "exits.csv";

// A row's bytes differ from the bundle's only where extents are open.
bool HasOpenExtents(const Bundle& bundle) {
  for (const TensorSpec& input : bundle.inputs) {
    for (std::size_t axis = 1; axis < input.shape.size(); ++axis) {
      if (input.shape[axis] < 1) return true;
    }
  }
  return bundle.tokenizer.has_value();
}

// No measurement knows more.
double FourDigits(double value) { return std::strtod(Format("%.4g", value).c_str(), nullptr); }

}  // namespace

Status WriteProfiledBundle(const Bundle& bundle, const ExitReport& exits,
                           const TimingReport* timing, const std::string& target) {
  const std::string path = bundle.folder + "/bundle.yaml";
  OFFRAMP_ASSIGN_OR_RETURN(const std::string old_text, ReadTextFile(path, kYamlMaxBytes));
  OFFRAMP_ASSIGN_OR_RETURN(BundleYaml yaml, ParseBundleYaml(old_text, path));
  if (yaml.bundle.digest != bundle.digest) {
    return FailedPreconditionError(path + ": has changed meanwhile; nothing was written");
  }
  Bundle& next = yaml.bundle;
  for (const ExitFigures& exit : exits.exits) {
    next.stages[static_cast<std::size_t>(exit.stage - 1)].temperature = exit.temperature;
  }
  for (std::size_t s = 0; timing != nullptr && s < next.stages.size(); ++s) {
    const StageTiming& measured = timing->stages[s];
    BundleStage& stage = next.stages[s];
    stage.gflops_per_s = FourDigits(measured.batches.front().gflops_per_s);
    if (measured.peak_memory_bytes > 0) stage.memory_bytes = measured.peak_memory_bytes;
    if (HasOpenExtents(bundle) && measured.output_bytes > 0) {
      stage.output_bytes = measured.output_bytes;
    }
  }
  if (timing != nullptr && timing->histogram) next.service_histogram = timing->histogram;
  OFFRAMP_ASSIGN_OR_RETURN(BundleDraft draft, BundleDraft::Begin(bundle.folder, target));
  if (!yaml.exit_profile.empty() && yaml.exit_profile != kProfileFile) {
    draft.Remove(yaml.exit_profile);
  }
  OFFRAMP_RETURN_IF_ERROR(draft.Write(kProfileFile, ExitProfileText(*exits.profile)));
  OFFRAMP_RETURN_IF_ERROR(
      draft.Write("bundle.yaml", BundleYamlText(next, yaml.labels, kProfileFile)));
  // Read back as whoever serves it will.
  OFFRAMP_RETURN_IF_ERROR(ReadBundle(draft.folder()).status());
  return draft.Keep();
}

}  // namespace offramp
