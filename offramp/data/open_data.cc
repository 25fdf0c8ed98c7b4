#include "offramp/data/open_data.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "offramp/base/text.h"
#include "offramp/data/array_data.h"
#include "offramp/data/class_labels.h"
#include "offramp/data/csv_data.h"
#include "offramp/data/file_format.h"
#include "offramp/data/image_folder.h"
#include "offramp/data/npz_file.h"
#include "offramp/data/stored_array.h"
#include "offramp/data/text_lines.h"

namespace offramp {

namespace {

using Labels = std::vector<std::int32_t>;

std::string NamesOf(const std::vector<TensorSpec>& inputs) {
  std::vector<std::string> names;
  for (const TensorSpec& input : inputs) names.push_back(input.name);
  return Join(names);
}

// `paths[i]` is of `inputs[i]`.
Result<std::vector<std::string>> PathsByInput(const std::vector<std::string>& paths,
                                              const std::vector<TensorSpec>& inputs) {
  std::vector<std::string> ordered(inputs.size());
  for (const std::string& path : paths) {
    // A file may have an equals sign in its name.
    const std::size_t equals = path.find('=');
    const auto input = std::find_if(inputs.begin(), inputs.end(), [&](const TensorSpec& spec) {
      return equals != std::string::npos && spec.name == path.substr(0, equals);
    });
    if (input == inputs.end()) {
      if (inputs.size() == 1 && paths.size() == 1) return paths;
      return InvalidArgumentError("--data " + path +
                                  ": expected NAME=PATH for each input: " + NamesOf(inputs));
    }
    std::string& slot = ordered[static_cast<std::size_t>(input - inputs.begin())];
    if (!slot.empty()) return InvalidArgumentError("--data " + path + ": the input is given twice");
    slot = path.substr(equals + 1);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (ordered[i].empty()) {
      return InvalidArgumentError("--data: nothing is given for the input \"" + inputs[i].name +
                                  "\"");
    }
  }
  return ordered;
}

// The labels of MNIST's files: train-images-idx3-ubyte and train-labels-idx1-ubyte.
std::string LabelsBeside(const std::string& path) {
  const std::filesystem::path images(path);
  std::string name = images.filename().string();
  const std::size_t at = name.find("images-idx3-ubyte");
  if (at == std::string::npos) return "";
  name.replace(at, 17, "labels-idx1-ubyte");
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  for (const char* extension : {"", ".gz"}) {
    std::error_code error;
    const std::filesystem::path labels = images.parent_path() / (name + extension);
    if (std::filesystem::is_regular_file(labels, error)) return labels.string();
  }
  return "";
}

class Opener {
 public:
  Opener(const DataOptions& options, const Bundle& bundle)
      : options_(options), bundle_(bundle), classes_(bundle) {}

  Result<std::unique_ptr<DataSet>> Open() {
    OFFRAMP_RETURN_IF_ERROR(Check());
    std::string path = options_.paths[0];
    // NAME=PATH also where one would do.
    if (options_.paths.size() == 1 && bundle_.inputs.size() == 1) {
      OFFRAMP_ASSIGN_OR_RETURN(const auto paths, PathsByInput(options_.paths, bundle_.inputs));
      path = paths[0];
    }
    std::error_code error;
    if (options_.paths.size() > 1 ||
        (!std::filesystem::exists(path, error) && bundle_.inputs.size() > 1 &&
         path.find('=') != std::string::npos)) {
      return OpenArrays();
    }
    OFFRAMP_ASSIGN_OR_RETURN(const FileFormat format, options_.format.empty()
                                                          ? FormatOf(path)
                                                          : ParseFormat(options_.format));
    switch (format) {
      case FileFormat::kNpz:
        return OpenNpz(path);
      case FileFormat::kNpy:
      case FileFormat::kIdx:
        return OpenArrays();
      case FileFormat::kCsv:
        if (TakesText()) return OpenTextLines(path, options_, bundle_);
        return OpenTable(path);
      case FileFormat::kImages:
        return OpenImages(path);
      case FileFormat::kText:
        break;
    }
    if (!TakesText() && options_.format.empty()) {
      return InvalidArgumentError(
          path +
          ": is of no format that is known for numbers, expected .npz, .npy, "
          "IDX, .csv or a folder of images (--data-format)");
    }
    return OpenTextLines(path, options_, bundle_);
  }

 private:
  Status Check() const {
    if (options_.paths.empty()) return InvalidArgumentError("--data: nothing is given");
    for (const double value : options_.image.std) {
      if (!(value > 0)) return InvalidArgumentError("--std: expected numbers above 0");
    }
    return OkStatus();
  }

  bool TakesText() const {
    return std::any_of(bundle_.inputs.begin(), bundle_.inputs.end(),
                       [](const TensorSpec& input) { return input.datatype == DataType::kBytes; });
  }

  // Those of --labels, held against the rows later.
  Result<std::optional<Labels>> LabelsGiven() const {
    if (options_.labels.empty()) return std::optional<Labels>();
    OFFRAMP_ASSIGN_OR_RETURN(Labels labels,
                             ReadLabelsFile(options_.labels, options_.label_column, classes_));
    return std::optional<Labels>(std::move(labels));
  }

  static Status CheckCount(const Labels& labels, std::int64_t rows, const std::string& where) {
    if (labels.empty() || static_cast<std::int64_t>(labels.size()) == rows) return OkStatus();
    return InvalidArgumentError(Format("%s: has %zu labels, expected one for each of the %lld rows",
                                       where.c_str(), labels.size(), static_cast<long long>(rows)));
  }

  Result<std::unique_ptr<DataSet>> OpenNpz(const std::string& path) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<NpzFile> file, NpzFile::Open(path));
    const std::vector<std::string>& names = file->names();
    const auto has = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    const auto is_input = [&](const std::string& name) {
      return std::any_of(bundle_.inputs.begin(), bundle_.inputs.end(),
                         [&](const TensorSpec& input) { return input.name == name; });
    };
    std::string label_name;
    for (const char* name : kLabelNames) {
      if (label_name.empty() && has(name) && !is_input(name)) label_name = name;
    }
    std::vector<StoredArray> arrays;
    for (const TensorSpec& input : bundle_.inputs) {
      std::string name = input.name;
      if (!has(name)) {
        // The only array that is left, whatever its name.
        std::vector<std::string> others;
        for (const std::string& other : names) {
          const bool label = std::any_of(std::begin(kLabelNames), std::end(kLabelNames),
                                         [&](const char* known) { return other == known; });
          if (!label) others.push_back(other);
        }
        if (bundle_.inputs.size() > 1 || others.size() != 1) {
          return InvalidArgumentError(path + ": has no array \"" + name + "\", only " +
                                      Join(names));
        }
        name = others[0];
      }
      OFFRAMP_ASSIGN_OR_RETURN(StoredArray array, file->Read(name));
      arrays.push_back(std::move(array));
    }
    OFFRAMP_ASSIGN_OR_RETURN(std::optional<Labels> labels, LabelsGiven());
    std::string where = options_.labels;
    if (!labels && !label_name.empty()) {
      OFFRAMP_ASSIGN_OR_RETURN(const StoredArray array, file->Read(label_name));
      OFFRAMP_ASSIGN_OR_RETURN(labels, LabelsOf(array, classes_));
      where = array.name;
    }
    return Finish(std::move(arrays), std::move(labels), where, false);
  }

  // .npy and IDX, one file an input.
  Result<std::unique_ptr<DataSet>> OpenArrays() {
    OFFRAMP_ASSIGN_OR_RETURN(const auto paths, PathsByInput(options_.paths, bundle_.inputs));
    std::vector<StoredArray> arrays;
    bool pixels = false;
    for (const std::string& path : paths) {
      OFFRAMP_ASSIGN_OR_RETURN(const FileFormat format, options_.format.empty()
                                                            ? FormatOf(path)
                                                            : ParseFormat(options_.format));
      if (format != FileFormat::kNpy && format != FileFormat::kIdx) {
        return InvalidArgumentError(path + ": expected .npy or IDX where each input has its file");
      }
      pixels = pixels || format == FileFormat::kIdx;
      OFFRAMP_ASSIGN_OR_RETURN(StoredArray array,
                               format == FileFormat::kNpy ? OpenNpy(path) : OpenIdx(path));
      arrays.push_back(std::move(array));
    }
    OFFRAMP_ASSIGN_OR_RETURN(std::optional<Labels> labels, LabelsGiven());
    std::string where = options_.labels;
    if (!labels && paths.size() == 1) where = LabelsBeside(paths[0]);
    if (!labels && !where.empty()) {
      OFFRAMP_ASSIGN_OR_RETURN(labels, ReadLabelsFile(where, options_.label_column, classes_));
    }
    return Finish(std::move(arrays), std::move(labels), where, pixels);
  }

  Result<std::unique_ptr<DataSet>> Finish(std::vector<StoredArray> arrays,
                                          std::optional<Labels> labels, const std::string& where,
                                          bool pixels) {
    if (labels) OFFRAMP_RETURN_IF_ERROR(CheckCount(*labels, arrays[0].rows(), where));
    return DataSetOfArrays(std::move(arrays), bundle_.inputs,
                           labels ? *std::move(labels) : Labels(), pixels, options_.image);
  }

  Result<std::unique_ptr<DataSet>> OpenTable(const std::string& path) {
    OFFRAMP_ASSIGN_OR_RETURN(std::optional<Labels> labels, LabelsGiven());
    const std::size_t given = labels ? labels->size() : 0;
    OFFRAMP_ASSIGN_OR_RETURN(std::unique_ptr<DataSet> data,
                             OpenCsv(path, options_, bundle_.inputs, classes_, std::move(labels)));
    if (given > 0)
      OFFRAMP_RETURN_IF_ERROR(CheckCount(Labels(given), data->rows(), options_.labels));
    return data;
  }

  Result<std::unique_ptr<DataSet>> OpenImages(const std::string& path) {
    if (bundle_.inputs.size() != 1) {
      return InvalidArgumentError(path + ": is a folder of images, and the model takes " +
                                  NamesOf(bundle_.inputs));
    }
    if (!options_.labels.empty()) {
      return InvalidArgumentError("--labels: in a folder of images the sub-folders are the labels");
    }
    return OpenImageFolder(path, options_.image, bundle_.inputs[0], classes_);
  }

  const DataOptions& options_;
  const Bundle& bundle_;
  const ClassNames classes_;
};

}  // namespace

Result<std::unique_ptr<DataSet>> OpenDataSet(const DataOptions& options, const Bundle& bundle) {
  return Opener(options, bundle).Open();
}

}  // namespace offramp
