// A data set of pictures in a folder, a sub-folder a class.
#pragma once

#include <memory>
#include <string>

#include "offramp/base/result.h"
#include "offramp/data/class_labels.h"
#include "offramp/data/dataset.h"
#include "offramp/data/open_data.h"

namespace offramp {

// Files that end in .png, .jpg or .jpeg; rows in the order of folders' and files' names. A
// sub-folder is a class by the bundle's labels, else by its number, else by its place in the order
// of names. Pictures that lie in the folder itself have no labels.
// Hidden files and folders are passed over.
Result<std::unique_ptr<DataSet>> OpenImageFolder(const std::string& path,
                                                 const ImageOptions& options,
                                                 const TensorSpec& input,
                                                 const ClassNames& classes);

}  // namespace offramp
