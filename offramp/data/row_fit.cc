#include "offramp/data/row_fit.h"

#include <algorithm>

#include "offramp/base/text.h"

namespace offramp {

namespace {

using Shape = std::vector<std::int64_t>;

// Whether `found` fills `wanted` axis by axis.
bool Fills(const Shape& found, const Shape& wanted) {
  return std::equal(found.begin(), found.end(), wanted.begin(), wanted.end(),
                    [](std::int64_t have, std::int64_t want) { return want < 1 || have == want; });
}

Shape WithoutOnes(const Shape& shape) {
  Shape kept;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(kept),
               [](std::int64_t extent) { return extent != 1; });
  return kept;
}

bool Fixed(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(), [](std::int64_t extent) { return extent > 0; });
}

}  // namespace

std::string ExtentsText(const Shape& shape) {
  std::vector<std::string> extents;
  for (const std::int64_t extent : shape) extents.push_back(std::to_string(extent));
  return "[" + Join(extents) + "]";
}

Result<Shape> FitRowShape(const Shape& found, const TensorSpec& input, const std::string& name) {
  const Shape wanted(input.shape.begin() + 1, input.shape.end());
  if (Fills(found, wanted)) return found;
  if (Fixed(wanted) && ElementCount(found) == ElementCount(wanted) &&
      (WithoutOnes(found) == WithoutOnes(wanted) || WithoutOnes(found).size() < 2 ||
       WithoutOnes(wanted).size() < 2)) {
    return wanted;
  }
  Shape all = found;
  all.insert(all.begin(), -1);
  return InvalidArgumentError(name + ": has the shape " + ExtentsText(all) + ", expected " +
                              ExtentsText(input.shape) + " for the input \"" + input.name + "\"");
}

Result<ImageAxes> ImageAxesOf(const Shape& row_shape, const ImageOptions& options,
                              const std::string& name) {
  using Layout = ImageOptions::Layout;
  const auto channels = [](std::int64_t extent) { return extent == 1 || extent == 3; };
  const auto& s = row_shape;
  if (s.size() == 3) {
    const bool first =
        options.layout == Layout::kNchw || (options.layout == Layout::kAuto && channels(s[0]));
    const bool last =
        options.layout == Layout::kNhwc || (options.layout == Layout::kAuto && channels(s[2]));
    if (first) return ImageAxes{.channels = s[0], .height = s[1], .width = s[2]};
    if (last) {
      return ImageAxes{.channels = s[2], .height = s[0], .width = s[1], .channels_first = false};
    }
    return InvalidArgumentError(name + ": takes rows of shape " + ExtentsText(s) +
                                ", expected 1 or 3 channels in front or at the end (--layout)");
  }
  if (s.size() == 2) return ImageAxes{.channels = 1, .height = s[0], .width = s[1]};
  if (s.size() == 1 && options.height > 0 && options.width > 0) {
    const std::int64_t pixels = options.height * options.width;
    if (s[0] == pixels || (s[0] == 3 * pixels && options.layout != Layout::kAuto)) {
      return ImageAxes{.channels = s[0] / pixels,
                       .height = options.height,
                       .width = options.width,
                       .channels_first = options.layout != Layout::kNhwc};
    }
  }
  return InvalidArgumentError(name + ": takes rows of shape " + ExtentsText(s) +
                              ", expected those of an image: [channels, height, width]");
}

Result<Normalisation> NormalisationFor(const ImageOptions& options, const Shape& row_shape,
                                       const TensorSpec& input, bool pixels) {
  Normalisation n;
  const bool to_unit = pixels && IsFloating(input.datatype);
  n.scale = options.scale.value_or(to_unit ? 1.0 / 255 : 1.0);
  n.mean = options.mean;
  n.std = options.std;
  const std::size_t given = std::max(n.mean.size(), n.std.size());
  if (given <= 1) return n;
  OFFRAMP_ASSIGN_OR_RETURN(const ImageAxes axes, ImageAxesOf(row_shape, options, input.name));
  n.channels = axes.channels;
  n.channel_run = axes.channels_first && row_shape.size() == 3 ? row_shape[1] * row_shape[2] : 1;
  if (axes.channels_first && row_shape.size() == 1) n.channel_run = axes.height * axes.width;
  for (std::vector<double>* values : {&n.mean, &n.std}) {
    if (values->size() == 1) values->resize(static_cast<std::size_t>(n.channels), values->front());
    if (values->empty() || values->size() == static_cast<std::size_t>(n.channels)) continue;
    return InvalidArgumentError(
        Format("--mean and --std have %zu values, expected one, or one for "
               "each of the %lld channels of \"%s\"",
               values->size(), static_cast<long long>(n.channels), input.name.c_str()));
  }
  return n;
}

}  // namespace offramp
