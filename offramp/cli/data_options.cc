#include "offramp/cli/data_options.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr std::int64_t kMostPixels = 65536;

template <typename Number>
bool Parse(const std::string& word, Number& value) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size();
}

Status ParseSize(const std::string& text, ImageOptions& image) {
  if (text.empty()) return OkStatus();
  const std::vector<std::string> words = Split(text, 'x');
  const bool two = words.size() == 2 && Parse(words[0], image.height) &&
                   Parse(words[1], image.width) && image.height >= 1 && image.width >= 1 &&
                   image.height <= kMostPixels && image.width <= kMostPixels;
  if (two) return OkStatus();
  return InvalidArgumentError("--resize " + text + ": expected HEIGHTxWIDTH like 224x224");
}

Status ParseNumbers(const std::string& option, const std::string& text,
                    std::vector<double>& numbers, bool zero_allowed) {
  if (text.empty()) return OkStatus();
  for (const std::string& word : Split(text, ',')) {
    double number = 0;
    if (!Parse(word, number) || !std::isfinite(number) || (number == 0 && !zero_allowed)) {
      return InvalidArgumentError(option + " " + text + ": expected " +
                                  (zero_allowed ? "numbers" : "numbers other than 0") +
                                  " like 0.485,0.456,0.406");
    }
    numbers.push_back(number);
  }
  return OkStatus();
}

}  // namespace

void AddDataOptions(CLI::App* command, DataFlags* flags) {
  command
      ->add_option("--data", flags->data.paths,
                   "Rows to run: .npz, .npy, IDX (.gz), .csv, a folder of images, text lines")
      ->required()
      ->type_name("PATH or INPUT=PATH")
      ->allow_extra_args(false);
  command->add_option("--labels", flags->data.labels, "Their labels, where not with the data")
      ->type_name("PATH");
  command->add_option("--data-format", flags->data.format, "Where names and bytes do not tell")
      ->check(CLI::IsMember(
          std::vector<std::string>(std::begin(kDataFormats), std::end(kDataFormats))));
  command->add_option("--label-column", flags->data.label_column, "Of a CSV")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--text-column", flags->data.text_column, "Of a CSV of texts")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--resize", flags->resize, "Of images; default: as the input says")
      ->type_name("HxW");
  command
      ->add_option("--scale", flags->data.image.scale,
                   "Factor on stored numbers; default 1/255 for pixels, else 1")
      ->type_name("X");
  command->add_option("--mean", flags->mean, "Taken off after scaling; one, or one a channel")
      ->type_name("X[,X,X]");
  command->add_option("--std", flags->std, "Divides then; one, or one a channel")
      ->type_name("X[,X,X]");
  command->add_option("--layout", flags->layout, "Of the model's images")
      ->check(CLI::IsMember({"auto", "nchw", "nhwc"}));
  command->add_option("--colour", flags->colour, "Of the model's images")
      ->check(CLI::IsMember({"auto", "gray", "rgb"}));
}

Result<DataOptions> DataOptionsOf(const DataFlags& flags) {
  DataOptions options = flags.data;
  ImageOptions& image = options.image;
  OFFRAMP_RETURN_IF_ERROR(ParseSize(flags.resize, image));
  OFFRAMP_RETURN_IF_ERROR(ParseNumbers("--mean", flags.mean, image.mean, true));
  OFFRAMP_RETURN_IF_ERROR(ParseNumbers("--std", flags.std, image.std, false));
  if (flags.layout == "nchw") image.layout = ImageOptions::Layout::kNchw;
  if (flags.layout == "nhwc") image.layout = ImageOptions::Layout::kNhwc;
  if (flags.colour == "gray") image.colour = ImageOptions::Colour::kGray;
  if (flags.colour == "rgb") image.colour = ImageOptions::Colour::kRgb;
  return options;
}

}  // namespace offramp
