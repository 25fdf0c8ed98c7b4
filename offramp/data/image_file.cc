#include "offramp/data/image_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <png.h>
#include <turbojpeg.h>

#include "offramp/base/text.h"
#include "offramp/data/input_file.h"

namespace offramp {

namespace {

Status TooLarge(std::int64_t height, std::int64_t width) {
  return InvalidArgumentError(Format("has %lld x %lld pixels, expected at most %lld in all",
                                     static_cast<long long>(width), static_cast<long long>(height),
                                     static_cast<long long>(kMostPixels)));
}

Image Blank(std::int64_t height, std::int64_t width, std::int64_t channels) {
  Image image{.height = height, .width = width, .channels = channels};
  image.pixels.resize(static_cast<std::size_t>(height * width * channels));
  return image;
}

Result<Image> DecodePng(const std::vector<std::byte>& bytes) {
  png_image control;
  std::memset(&control, 0, sizeof control);
  control.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, decltype(&::png_image_free)> free(&control, &::png_image_free);
  if (::png_image_begin_read_from_memory(&control, bytes.data(), bytes.size()) == 0) {
    return InvalidArgumentError(std::string("is no sound PNG: ") + control.message);
  }
  const auto height = static_cast<std::int64_t>(control.height);
  const auto width = static_cast<std::int64_t>(control.width);
  if (height > kMostPixels / width) return TooLarge(height, width);
  control.format = PNG_FORMAT_RGB;
  control.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  Image image = Blank(height, width, 3);
  const png_color white = {255, 255, 255};
  if (::png_image_finish_read(&control, &white, image.pixels.data(), 0, nullptr) == 0) {
    return InvalidArgumentError(std::string("is no sound PNG: ") + control.message);
  }
  return image;
}

Result<Image> DecodeJpeg(const std::vector<std::byte>& bytes) {
  const std::unique_ptr<void, decltype(&::tjDestroy)> decoder(::tjInitDecompress(), &::tjDestroy);
  if (decoder == nullptr) return InternalError("no JPEG decoder can be made");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto size = static_cast<unsigned long>(bytes.size());
  int width = 0;
  int height = 0;
  int sampling = 0;
  int colours = 0;
  const auto broken = [&] {
    return InvalidArgumentError(std::string("is no sound JPEG: ") +
                                ::tjGetErrorStr2(decoder.get()));
  };
  if (::tjDecompressHeader3(decoder.get(), data, size, &width, &height, &sampling, &colours) != 0) {
    return broken();
  }
  if (width < 1 || height < 1 || height > kMostPixels / width) return TooLarge(height, width);
  Image image = Blank(height, width, 3);
  // A warning too: it is how a torn file shows.
  if (::tjDecompress2(decoder.get(), data, size, image.pixels.data(), width, 0, height, TJPF_RGB,
                      0) != 0) {
    return broken();
  }
  return image;
}

// How much each source pixel counts for one target pixel.
struct Weights {
  std::int64_t first = 0;
  std::vector<float> of;
};

std::vector<Weights> TriangleFilter(std::int64_t from, std::int64_t to) {
  const double step = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(step, 1.0);
  std::vector<Weights> filter(static_cast<std::size_t>(to));
  for (std::int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * step;
    Weights& weights = filter[static_cast<std::size_t>(i)];
    weights.first = std::max<std::int64_t>(std::lround(centre - support), 0);
    const std::int64_t end = std::min<std::int64_t>(std::lround(centre + support), from);
    double sum = 0;
    for (std::int64_t s = weights.first; s < end; ++s) {
      const double weight =
          std::max(1 - std::abs(static_cast<double>(s) + 0.5 - centre) / support, 0.0);
      weights.of.push_back(static_cast<float>(weight));
      sum += weight;
    }
    for (float& weight : weights.of) weight = static_cast<float>(static_cast<double>(weight) / sum);
  }
  return filter;
}

}  // namespace

Result<Image> ReadImage(const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::shared_ptr<const InputFile> file, InputFile::Open(path));
  if (file->size() > kMostImageBytes) {
    return InvalidArgumentError(Format("%s: has %lld bytes, expected at most %lld", path.c_str(),
                                       static_cast<long long>(file->size()),
                                       static_cast<long long>(kMostImageBytes)));
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(file->size()));
  OFFRAMP_RETURN_IF_ERROR(file->ReadAt(0, bytes));
  const auto begins = [&](std::string_view magic) {
    return bytes.size() > magic.size() &&
           std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
  };
  Result<Image> image = InvalidArgumentError("is neither PNG nor JPEG");
  if (begins("\x89PNG")) image = DecodePng(bytes);
  if (begins("\xff\xd8\xff")) image = DecodeJpeg(bytes);
  if (!image.ok()) return image.status().At(path);
  return image;
}

Image ToGray(const Image& image) {
  if (image.channels == 1) return image;
  Image gray = Blank(image.height, image.width, 1);
  for (std::size_t i = 0; i < gray.pixels.size(); ++i) {
    const std::uint8_t* rgb = &image.pixels[3 * i];
    gray.pixels[i] =
        static_cast<std::uint8_t>((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] + 500) / 1000);
  }
  return gray;
}

Image Resize(const Image& image, std::int64_t height, std::int64_t width) {
  if (image.height == height && image.width == width) return image;
  const std::int64_t channels = image.channels;
  const std::vector<Weights> across = TriangleFilter(image.width, width);
  const std::vector<Weights> down = TriangleFilter(image.height, height);
  std::vector<float> narrow(static_cast<std::size_t>(image.height * width * channels));
  for (std::int64_t y = 0; y < image.height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      const Weights& weights = across[static_cast<std::size_t>(x)];
      for (std::int64_t c = 0; c < channels; ++c) {
        float sum = 0;
        std::int64_t at = (y * image.width + weights.first) * channels + c;
        for (const float weight : weights.of) {
          sum += weight * image.pixels[static_cast<std::size_t>(at)];
          at += channels;
        }
        narrow[static_cast<std::size_t>((y * width + x) * channels + c)] = sum;
      }
    }
  }
  Image resized = Blank(height, width, channels);
  const std::int64_t row = width * channels;
  for (std::int64_t y = 0; y < height; ++y) {
    const Weights& weights = down[static_cast<std::size_t>(y)];
    for (std::int64_t i = 0; i < row; ++i) {
      float sum = 0.5F;
      std::int64_t at = weights.first * row + i;
      for (const float weight : weights.of) {
        sum += weight * narrow[static_cast<std::size_t>(at)];
        at += row;
      }
      resized.pixels[static_cast<std::size_t>(y * row + i)] =
          static_cast<std::uint8_t>(std::min(sum, 255.0F));
    }
  }
  return resized;
}

}  // namespace offramp
