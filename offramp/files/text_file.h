// Whole small files as text, for the readers of this folder.
#pragma once

#include <cstddef>
#include <string>

#include "offramp/base/result.h"

namespace offramp {

// The content of the regular file `path`. Errors name the file: kNotFound when it is not there,
// kInvalidArgument when it is something else than a file, longer than `max_bytes` or unreadable.
Result<std::string> ReadTextFile(const std::string& path, std::size_t max_bytes);

}  // namespace offramp
