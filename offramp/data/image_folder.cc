#include "offramp/data/image_folder.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "offramp/base/text.h"
#include "offramp/data/convert.h"
#include "offramp/data/image_file.h"
#include "offramp/data/records.h"
#include "offramp/data/row_fit.h"

namespace offramp {

namespace {

namespace fs = std::filesystem;

struct Picture {
  std::string path;
  std::int32_t label = 0;
};

// How pictures become rows.
struct Plan {
  TensorSpec input;
  ImageAxes axes;  // with height and width
  std::vector<std::int64_t> row_shape;
  Normalisation normalisation;
  bool resize = false;
};

class ImageFolder final : public DataSet {
 public:
  ImageFolder(std::vector<Picture> pictures, bool labelled, Plan plan)
      : pictures_(std::move(pictures)), labelled_(labelled), plan_(std::move(plan)) {}

  std::int64_t rows() const override { return static_cast<std::int64_t>(pictures_.size()); }
  bool labelled() const override { return labelled_; }

  Result<DataRows> Read(std::int64_t first, std::int64_t count) override {
    const std::int64_t elements = ElementCount(plan_.row_shape).value_or(0);
    const std::int64_t row_bytes = elements * ElementBytes(plan_.input.datatype);
    MutableBuffer bytes(static_cast<std::size_t>(count * row_bytes));
    DataRows rows;
    for (std::int64_t i = 0; i < count; ++i) {
      const Picture& picture = pictures_[static_cast<std::size_t>(first + i)];
      OFFRAMP_ASSIGN_OR_RETURN(Image image, ReadImage(picture.path));
      OFFRAMP_ASSIGN_OR_RETURN(const std::vector<std::uint8_t> pixels, Arrange(image, picture));
      const auto bad =
          ConvertElements(reinterpret_cast<const std::byte*>(pixels.data()), DataType::kUint8,
                          bytes.data() + i * row_bytes, plan_.input.datatype, elements, elements,
                          plan_.normalisation);
      if (bad) return InvalidArgumentError(picture.path + ": a pixel " + bad->what);
      if (labelled_) rows.labels.push_back(picture.label);
    }
    Tensor tensor{
        .name = plan_.input.name, .datatype = plan_.input.datatype, .shape = plan_.row_shape};
    tensor.shape.insert(tensor.shape.begin(), count);
    tensor.data = std::move(bytes).Freeze();
    rows.inputs.push_back(std::move(tensor));
    return rows;
  }

 private:
  // Of the right size, colours and order of axes.
  Result<std::vector<std::uint8_t>> Arrange(Image& image, const Picture& picture) const {
    const ImageAxes& axes = plan_.axes;
    if (axes.channels == 1) image = ToGray(image);
    if (plan_.resize) {
      image = Resize(image, axes.height, axes.width);
    } else if (image.height != axes.height || image.width != axes.width) {
      return InvalidArgumentError(
          Format("%s: has %lld x %lld pixels, expected %lld x %lld as the first one (--resize)",
                 picture.path.c_str(), static_cast<long long>(image.width),
                 static_cast<long long>(image.height), static_cast<long long>(axes.width),
                 static_cast<long long>(axes.height)));
    }
    if (!axes.channels_first || axes.channels == 1) return std::move(image.pixels);
    std::vector<std::uint8_t> planes(image.pixels.size());
    const std::size_t plane = image.pixels.size() / 3;
    for (std::size_t i = 0; i < plane; ++i) {
      for (std::size_t c = 0; c < 3; ++c) planes[c * plane + i] = image.pixels[3 * i + c];
    }
    return planes;
  }

  const std::vector<Picture> pictures_;
  const bool labelled_;
  const Plan plan_;
};

bool IsPicture(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

// Names within `folder`, sorted, hidden ones left out.
Result<std::vector<fs::path>> Entries(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->path().filename().string()[0] != '.') entries.push_back(at->path());
  }
  if (error) return InvalidArgumentError(folder.string() + ": " + error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// The class of each sub-folder.
Result<std::vector<std::int32_t>> ClassesOf(const std::vector<fs::path>& folders,
                                            const ClassNames& classes) {
  std::vector<std::int32_t> found;
  const bool numbers = std::all_of(folders.begin(), folders.end(), [](const fs::path& folder) {
    std::int64_t unused = 0;
    return ParseInteger(folder.filename().string(), unused);
  });
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const Result<std::int32_t> label = classes.named() || numbers
                                           ? classes.Parse(folders[i].filename().string())
                                           : classes.Check(static_cast<std::int64_t>(i));
    if (!label.ok()) return label.status().At(folders[i].string());
    found.push_back(*label);
  }
  return found;
}

void AddPictures(const std::vector<fs::path>& entries, std::int32_t label,
                 std::vector<Picture>& pictures) {
  for (const fs::path& entry : entries) {
    if (IsPicture(entry)) pictures.push_back({entry.string(), label});
  }
}

// Height, width and channels: what the input fixes, else the options, else the first picture.
Result<Plan> PlanFor(const Image& first, const std::string& path, const ImageOptions& options,
                     const TensorSpec& input) {
  Plan plan{.input = input};
  std::vector<std::int64_t> shape(input.shape.begin() + 1, input.shape.end());
  OFFRAMP_ASSIGN_OR_RETURN(plan.axes,
                           ImageAxesOf(shape, options, "the input \"" + input.name + "\""));
  ImageAxes& axes = plan.axes;
  const bool asked = options.height > 0;
  const auto settle = [&](std::int64_t& extent, std::int64_t wanted, std::int64_t own) {
    const bool fixed = extent > 0;
    const bool fits = !asked || !fixed || extent == wanted;
    if (!fixed) extent = asked ? wanted : own;
    plan.resize = plan.resize || asked || fixed;
    return fits;
  };
  const bool high = settle(axes.height, options.height, first.height);
  const bool wide = settle(axes.width, options.width, first.width);
  if (!high || !wide) {
    return InvalidArgumentError(Format("--resize %lldx%lld: the input \"%s\" takes %lldx%lld",
                                       static_cast<long long>(options.height),
                                       static_cast<long long>(options.width), input.name.c_str(),
                                       static_cast<long long>(axes.height),
                                       static_cast<long long>(axes.width)));
  }
  using Colour = ImageOptions::Colour;
  if (axes.channels < 1) axes.channels = options.colour == Colour::kGray ? 1 : 3;
  const std::int64_t told = options.colour == Colour::kGray ? 1 : 3;
  if (axes.channels != 1 && axes.channels != 3) {
    return InvalidArgumentError(
        Format("%s: pictures have 1 or 3 channels, and the input \"%s\" takes "
               "%lld",
               path.c_str(), input.name.c_str(), static_cast<long long>(axes.channels)));
  }
  if (options.colour != Colour::kAuto && told != axes.channels) {
    return InvalidArgumentError(Format("--colour: the input \"%s\" takes %lld channels",
                                       input.name.c_str(), static_cast<long long>(axes.channels)));
  }
  if (shape.size() == 3) {
    plan.row_shape = axes.channels_first
                         ? std::vector<std::int64_t>{axes.channels, axes.height, axes.width}
                         : std::vector<std::int64_t>{axes.height, axes.width, axes.channels};
  } else if (shape.size() == 2) {
    plan.row_shape = {axes.height, axes.width};
  } else {
    plan.row_shape = {axes.channels * axes.height * axes.width};
  }
  if (axes.height > kMostPixels / axes.width) {
    return InvalidArgumentError(path + ": is to be resized to too many pixels");
  }
  OFFRAMP_ASSIGN_OR_RETURN(plan.normalisation,
                           NormalisationFor(options, plan.row_shape, input, true));
  return plan;
}

}  // namespace

Result<std::unique_ptr<DataSet>> OpenImageFolder(const std::string& path,
                                                 const ImageOptions& options,
                                                 const TensorSpec& input,
                                                 const ClassNames& classes) {
  OFFRAMP_ASSIGN_OR_RETURN(const std::vector<fs::path> entries, Entries(path));
  std::vector<fs::path> folders;
  for (const fs::path& entry : entries) {
    std::error_code error;
    if (fs::is_directory(entry, error)) folders.push_back(entry);
  }
  std::vector<Picture> pictures;
  if (folders.empty()) {
    AddPictures(entries, 0, pictures);
  } else {
    OFFRAMP_ASSIGN_OR_RETURN(const std::vector<std::int32_t> labels, ClassesOf(folders, classes));
    for (std::size_t i = 0; i < folders.size(); ++i) {
      OFFRAMP_ASSIGN_OR_RETURN(const std::vector<fs::path> files, Entries(folders[i]));
      AddPictures(files, labels[i], pictures);
    }
  }
  if (pictures.empty()) {
    return InvalidArgumentError(path +
                                ": holds no pictures (.png, .jpg, .jpeg), neither itself nor "
                                "in its sub-folders");
  }
  OFFRAMP_ASSIGN_OR_RETURN(const Image first, ReadImage(pictures[0].path));
  OFFRAMP_ASSIGN_OR_RETURN(Plan plan, PlanFor(first, path, options, input));
  return std::unique_ptr<DataSet>(
      std::make_unique<ImageFolder>(std::move(pictures), !folders.empty(), std::move(plan)));
}

}  // namespace offramp
