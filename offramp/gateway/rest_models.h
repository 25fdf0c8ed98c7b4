// The JSON documents about server and model: metadata, configuration, statistics, repository index.
#pragma once

#include <string>

#include "offramp/gateway/inference.h"

namespace offramp {

std::string ServerMetadataJson();
std::string ModelMetadataJson(const Bundle& model);

// Triton's model configuration, the part that clients read; `dims` are without the batch axis.
std::string ModelConfigJson(const Bundle& model, int max_batch_size);

// {"model_stats": [...]} with the one model.
std::string ModelStatisticsJson(const Bundle& model, const InferenceStatistics& statistics);

// An array of one entry, or of none when `only_ready` and the model is not.
std::string RepositoryIndexJson(const Bundle& model, bool ready, bool only_ready);

}  // namespace offramp
