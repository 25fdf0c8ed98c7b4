#include "offramp/files/bundle_file.h"

#include <algorithm>
#include <filesystem>

#include "offramp/base/text.h"
#include "offramp/files/profile_file.h"
#include "offramp/files/text_file.h"
#include "offramp/files/yaml_reader.h"
#include "offramp/model/digest.h"

namespace offramp {

namespace {

constexpr std::size_t kMaxLabelsBytes = std::size_t{16} << 20;

// `file` below `folder` once every symbolic link is followed; bundle.yaml comes from outside, and
// what it names must not reach the rest of the disk.
Result<std::string> ResolveWithin(const std::string& folder, const std::string& file) {
  const std::filesystem::path path = std::filesystem::path(folder) / file;
  std::error_code error;
  const std::filesystem::path real_folder = std::filesystem::canonical(folder, error);
  if (error) return NotFoundError(folder + ": " + error.message());
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error == std::errc::no_such_file_or_directory) {
    return NotFoundError(path.string() + ": there is no such file, though bundle.yaml names it");
  }
  if (error) return InvalidArgumentError(path.string() + ": " + error.message());
  const auto [in_folder, in_real] =
      std::mismatch(real_folder.begin(), real_folder.end(), real.begin(), real.end());
  if (in_folder != real_folder.end()) {
    return InvalidArgumentError(path.string() + ": leads to " + real.string() +
                                ", expected a file within the bundle's folder");
  }
  return path.string();
}

// One label a line.
Result<std::vector<std::string>> ReadLabels(const std::string& path, std::int64_t classes) {
  OFFRAMP_ASSIGN_OR_RETURN(std::string text, ReadTextFile(path, kMaxLabelsBytes));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  std::vector<std::string> labels = Split(text, '\n');
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!labels[i].empty() && labels[i].back() == '\r') labels[i].pop_back();
    if (labels[i].empty()) {
      return InvalidArgumentError(path + Format(":%zu: is empty, expected a label", i + 1));
    }
  }
  if (classes > 0 && static_cast<std::int64_t>(labels.size()) != classes) {
    return InvalidArgumentError(
        path + Format(": has %zu labels, expected %lld: the last extent of the answer",
                      labels.size(), static_cast<long long>(classes)));
  }
  return labels;
}

std::vector<bool> ExitsOf(const Bundle& bundle) {
  std::vector<bool> exits;
  for (const BundleStage& stage : bundle.stages) exits.push_back(!stage.exit.empty());
  return exits;
}

}  // namespace

Result<Bundle> ReadBundle(const std::string& folder) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(folder, error).lexically_normal();
  if (error) return InvalidArgumentError(folder + ": " + error.message());
  if (!path.has_filename()) path = path.parent_path();  // a trailing slash
  const std::string yaml_path = (path / "bundle.yaml").string();
  OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(yaml_path, kYamlMaxBytes));
  OFFRAMP_ASSIGN_OR_RETURN(BundleYaml yaml, ParseBundleYaml(text, yaml_path));
  Bundle bundle = std::move(yaml.bundle);
  bundle.folder = path.string();
  std::vector<std::string> names;
  for (const BundleStage& stage : bundle.stages) {
    names.push_back(stage.file);
    if (!stage.data.empty()) names.push_back(stage.data);
  }
  if (bundle.tokenizer) names.push_back(bundle.tokenizer->file);
  for (const std::string& name : names) {
    const Result<std::string> file = ResolveWithin(bundle.folder, name);
    if (!file.ok() && file.status().code() != StatusCode::kNotFound) return file.status();
  }
  if (!yaml.labels.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string file, ResolveWithin(bundle.folder, yaml.labels));
    OFFRAMP_ASSIGN_OR_RETURN(bundle.labels, ReadLabels(file, bundle.outputs.back().shape.back()));
  }
  if (!yaml.exit_profile.empty()) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string file,
                             ResolveWithin(bundle.folder, yaml.exit_profile));
    OFFRAMP_ASSIGN_OR_RETURN(bundle.profile, ReadExitProfile(file, ExitsOf(bundle)));
  }
  return bundle;
}

Status CheckBundleFiles(const Bundle& bundle) {
  for (const BundleStage& stage : bundle.stages) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string file, ResolveWithin(bundle.folder, stage.file));
    OFFRAMP_RETURN_IF_ERROR(CheckFileSha256(file, stage.sha256));
    if (stage.data.empty()) continue;
    OFFRAMP_ASSIGN_OR_RETURN(const std::string data, ResolveWithin(bundle.folder, stage.data));
    OFFRAMP_RETURN_IF_ERROR(CheckFileSha256(data, stage.data_sha256));
  }
  if (bundle.tokenizer) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::string file,
                             ResolveWithin(bundle.folder, bundle.tokenizer->file));
    OFFRAMP_RETURN_IF_ERROR(CheckFileSha256(file, bundle.tokenizer->sha256));
  }
  return OkStatus();
}

}  // namespace offramp
