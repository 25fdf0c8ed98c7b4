// Pictures as bytes: decoding (PNG, JPEG), grey levels, resizing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "offramp/base/result.h"

namespace offramp {

struct Image {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 3;         // 1 or 3
  std::vector<std::uint8_t> pixels;  // [height, width, channels]
};

// Bounds of one picture.
inline constexpr std::int64_t kMostImageBytes = std::int64_t{256} << 20;
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;

// Red, green and blue, 8 bits each; what is transparent lies on white; orientation marks are not
// followed. kNotFound, or kInvalidArgument for what is torn, too large or neither PNG nor JPEG.
Result<Image> ReadImage(const std::string& path);

// Grey levels: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601), rounded.
Image ToGray(const Image& image);

// Height and width of the picture, bilinear; where it shrinks the filter widens with it, so that
// every pixel counts. REQUIRES: height, width > 0.
Image Resize(const Image& image, std::int64_t height, std::int64_t width);

}  // namespace offramp
