// Rows of an array as rows of an input: shapes, channels, datatypes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/convert.h"
#include "offramp/data/open_data.h"
#include "offramp/model/bundle.h"

namespace offramp {

// The shape that a row of `found` has as a row of `input` (open extents filled in): the same axes,
// where those of extent 1 may be missing on either side; or one flat axis for all, on either side.
// kInvalidArgument names both, with `name` in front.
Result<std::vector<std::int64_t>> FitRowShape(const std::vector<std::int64_t>& found,
                                              const TensorSpec& input, const std::string& name);

// Axes of a row that is an image: [c, h, w], [h, w, c], [h, w] or flat.
struct ImageAxes {
  std::int64_t channels = 1;
  std::int64_t height = 0;  // -1: open or not told
  std::int64_t width = 0;
  bool channels_first = true;
};

// Of a row shape as the input has it (-1: open). kInvalidArgument when it is no image's, or which
// axis holds the channels cannot be told.
Result<ImageAxes> ImageAxesOf(const std::vector<std::int64_t>& row_shape,
                              const ImageOptions& options, const std::string& name);

// What the options ask of rows of this shape; `pixels`: the stored numbers are 0 to 255.
// kInvalidArgument when mean or std are not one, or one a channel.
Result<Normalisation> NormalisationFor(const ImageOptions& options,
                                       const std::vector<std::int64_t>& row_shape,
                                       const TensorSpec& input, bool pixels);

// "[-1, 28, 28]" of a shape.
std::string ExtentsText(const std::vector<std::int64_t>& shape);

}  // namespace offramp
