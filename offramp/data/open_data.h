// OpenDataSet: a user's files as rows that fit a bundle's inputs.
//
// Formats, by name and first bytes (docs/formats/data.md):
//   .npz            arrays by the names of the inputs; `labels`, `label` or `y` holds the labels
//   .npy            one array, for the only input or as NAME=FILE
//   IDX, also .gz   as MNIST's; the labels file is found beside images of the usual names
//   .csv            a header, a row of features a line, perhaps a column of labels
//   a folder        of images (PNG, JPEG), a sub-folder a class
//   text            for a bundle with a tokenizer: lines `text<TAB>label`, or a CSV text,label
// Numbers become the input's datatype where nothing is lost by it, or only the rounding that a
// floating type implies. Pixels of IDX files and of images become [0, 1] where the input is of a
// floating type, and stay 0 to 255 otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/dataset.h"
#include "offramp/model/bundle.h"

namespace offramp {

// How a file of pixels is meant. Mean and standard deviation also apply to other arrays, where they
// are given: value = (stored * scale - mean) / std.
struct ImageOptions {
  std::int64_t height = 0;  // resized to this; 0: what the input says
  std::int64_t width = 0;
  std::optional<double> scale;  // absent: 1 / 255 for pixels into a floating input, else 1
  std::vector<double> mean;     // one, or one a channel; empty: 0
  std::vector<double> std;      // the same; empty: 1; never 0
  enum class Layout { kAuto, kNchw, kNhwc } layout = Layout::kAuto;  // auto: by the extents 1, 3
  enum class Colour { kAuto, kGray, kRgb } colour = Colour::kAuto;   // auto: by the channels
};

struct DataOptions {
  std::vector<std::string> paths;      // one path, or NAME=PATH for each input
  std::string labels;                  // of .npy, .npz, IDX, CSV or lines; empty: those of the data
  std::string format;                  // npz, npy, idx, csv, images, text; empty: by name and bytes
  std::string label_column = "label";  // of a CSV
  std::string text_column = "text";    // of a CSV of texts
  ImageOptions image;
};

// The formats' names, for --help and checks.
inline constexpr const char* kDataFormats[] = {"npz", "npy", "idx", "csv", "images", "text"};

// Opens `options.paths` for `bundle`: inputs by name, datatype and row shape, labels within its
// classes (the answer's last extent; by name where the bundle has labels). Files are mapped or read
// in pieces: memory stays bounded, compressed members go through a temporary file. What can be told
// from headers is checked here, values as they are read.
// Errors, one line each: kNotFound for a file that is not there, kInvalidArgument naming file, row
// (from 0; in text files the line, from 1) and what was expected; kInternal: no room for a
// temporary file.
Result<std::unique_ptr<DataSet>> OpenDataSet(const DataOptions& options, const Bundle& bundle);

}  // namespace offramp
