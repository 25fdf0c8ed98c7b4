// Reads a bundle: a folder with bundle.yaml and what it names (formats.md "Bundle").
#pragma once

#include <string>

#include "offramp/base/result.h"
#include "offramp/model/bundle.h"

namespace offramp {

// bundle.yaml as values, and the files it names besides the stages; nothing else is opened.
struct BundleYaml {
  Bundle bundle;             // without labels and profile
  std::string labels;        // file within the folder; empty: none
  std::string exit_profile;  // file within the folder; empty: none
};

// Reads bundle.yaml, the labels and the exit profile. The files of stages and tokenizer need not be
// here: a machine may hold only those that it runs. LoadEngine checks a stage's; CheckBundleFiles
// does for all.
//
// Checked: keys, types and ranges; what a stage receives is what the stage before it sends (or, in
// stage 1, an input or what the tokenizer makes); the last stage has an exit and sends nothing;
// files lie within the folder, also after symbolic links are followed; labels fit the answer; the
// profile's columns fit the exits. Errors are one line with file, line or key, what is wrong and
// what is expected: kNotFound when a file is not there, else kInvalidArgument.
Result<Bundle> ReadBundle(const std::string& folder);

// The same for the text of a bundle.yaml at `path`, without opening the files it names.
Result<BundleYaml> ParseBundleYaml(const std::string& text, const std::string& path);

// Whether every stage's file, and the tokenizer's, is there with the SHA-256 that the bundle says.
// kNotFound, or kFailedPrecondition when the content differs.
Status CheckBundleFiles(const Bundle& bundle);

}  // namespace offramp
