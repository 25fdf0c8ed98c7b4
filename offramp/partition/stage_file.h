// Writing one stage as an ONNX file, its weights copied from the model's without holding them all.
#pragma once

#include <string>

#include "offramp/base/result.h"
#include "offramp/partition/carry.h"
#include "offramp/partition/onnx_model.h"
#include "offramp/partition/probe.h"
#include "offramp/partition/staging.h"

namespace offramp {

struct StageFile {
  std::string file;       // "stage1.onnx"
  std::string data_file;  // "stage1.data"; empty: the weights are within
  std::int64_t weight_bytes = 0;
};

// Writes into `folder`, and sees to it that the bytes are on the disk. Weights that are in files
// beside the model go into a file beside the stage, piece by piece, unless they are few.
// kInternal: the disk is full or the like.
Result<StageFile> WriteStageFile(const OnnxModel& model, const ModelGraph& graph,
                                 const Probed& probed, const StageParts& parts,
                                 const Narrowing& narrowing, int stage, const std::string& folder);

// Flushes a file, or a folder's entries, to the disk.
Status SyncToDisk(const std::string& path);

}  // namespace offramp
