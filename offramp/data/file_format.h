// Which of the formats a file is of, by its name and first bytes.
#pragma once

#include <string>

#include "offramp/base/result.h"

namespace offramp {

enum class FileFormat { kNpz, kNpy, kIdx, kCsv, kImages, kText };

// A folder is kImages; what nothing else recognises is kText. kNotFound, or kInvalidArgument for
// what is neither file nor folder.
Result<FileFormat> FormatOf(const std::string& path);

// One of kDataFormats. kInvalidArgument names what was expected.
Result<FileFormat> ParseFormat(const std::string& name);

}  // namespace offramp
