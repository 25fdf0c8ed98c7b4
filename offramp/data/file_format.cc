#include "offramp/data/file_format.h"

#include <array>
#include <filesystem>
#include <string_view>

#include "offramp/base/text.h"
#include "offramp/data/input_file.h"
#include "offramp/data/open_data.h"

namespace offramp {

namespace {

constexpr std::array<FileFormat, 6> kFormats = {FileFormat::kNpz,    FileFormat::kNpy,
                                                FileFormat::kIdx,    FileFormat::kCsv,
                                                FileFormat::kImages, FileFormat::kText};
static_assert(kFormats.size() == std::size(kDataFormats));

}  // namespace

Result<FileFormat> ParseFormat(const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    if (name == kDataFormats[i]) return kFormats[i];
    names.emplace_back(kDataFormats[i]);
  }
  return InvalidArgumentError("--data-format " + name + ": expected one of " + Join(names));
}

Result<FileFormat> FormatOf(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return FileFormat::kImages;
  OFFRAMP_ASSIGN_OR_RETURN(const std::shared_ptr<const InputFile> file, InputFile::Open(path));
  if (file->size() == 0) return InvalidArgumentError(path + ": is empty");
  std::string head(static_cast<std::size_t>(std::min<std::int64_t>(file->size(), 6)), '\0');
  OFFRAMP_RETURN_IF_ERROR(
      file->ReadAt(0, std::as_writable_bytes(std::span(head.data(), head.size()))));
  std::string name = std::filesystem::path(path).filename().string();
  if (head.starts_with("\x1f\x8b") && name.ends_with(".gz")) name.resize(name.size() - 3);
  if (head.starts_with("PK") || name.ends_with(".npz")) return FileFormat::kNpz;
  if (head.starts_with("\x93NUMPY") || name.ends_with(".npy")) return FileFormat::kNpy;
  if (head.starts_with(std::string_view("\0\0", 2)) || name.ends_with("-ubyte") ||
      name.ends_with(".idx")) {
    return FileFormat::kIdx;
  }
  if (name.ends_with(".csv")) return FileFormat::kCsv;
  return FileFormat::kText;
}

}  // namespace offramp
