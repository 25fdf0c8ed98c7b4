#include "offramp/data/npz_file.h"

#include <algorithm>
#include <zip.h>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr zip_int64_t kMostMembers = 100'000;

struct ZipDiscard {
  void operator()(zip_t* archive) const { ::zip_discard(archive); }
};
struct ZipFileClose {
  void operator()(zip_file_t* file) const { ::zip_fclose(file); }
};

class ZipNpz final : public NpzFile {
 public:
  ZipNpz(std::string path, std::unique_ptr<zip_t, ZipDiscard> archive)
      : path_(std::move(path)), archive_(std::move(archive)) {}

  Status List() {
    const zip_int64_t count = ::zip_get_num_entries(archive_.get(), 0);
    if (count > kMostMembers) return InvalidArgumentError(path_ + ": has too many members");
    for (zip_int64_t i = 0; i < count; ++i) {
      const char* name = ::zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
      std::string text = name == nullptr ? "" : name;
      if (!text.ends_with(".npy")) continue;
      // It stands in messages, and comes from outside.
      for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
      }
      names_.push_back(text.substr(0, text.size() - 4));
      indices_.push_back(static_cast<zip_uint64_t>(i));
    }
    return names_.empty() ? InvalidArgumentError(path_ + ": holds no arrays") : OkStatus();
  }

  const std::vector<std::string>& names() const override { return names_; }

  Result<StoredArray> Read(const std::string& name) override {
    const std::string where = path_ + ": " + name;
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) return NotFoundError(where + ": there is no such array");
    const zip_uint64_t index = indices_[static_cast<std::size_t>(found - names_.begin())];
    const std::unique_ptr<zip_file_t, ZipFileClose> member(
        ::zip_fopen_index(archive_.get(), index, 0));
    if (member == nullptr) {
      return InvalidArgumentError(where +
                                  ": cannot be unpacked: " + ::zip_strerror(archive_.get()));
    }
    std::vector<std::byte> head(kMostNpyHeaderBytes);
    OFFRAMP_ASSIGN_OR_RETURN(const std::size_t got, ReadSome(*member, head, where));
    head.resize(got);
    OFFRAMP_ASSIGN_OR_RETURN(StoredArray array, ParseNpyHeader(head, where));
    const std::optional<std::int64_t> elements = ElementCount(array.shape);
    if (!elements) return InvalidArgumentError(where + ": claims more than any disk holds");
    const std::int64_t bytes = array.offset + *elements * ElementBytes(array.datatype);
    bool begun = false;
    OFFRAMP_ASSIGN_OR_RETURN(
        array.file, InputFile::Spool(where, std::min(bytes, kMostSpooledBytes),
                                     [&](std::span<std::byte> piece) -> Result<std::size_t> {
                                       if (begun) return ReadSome(*member, piece, where);
                                       begun = true;
                                       std::copy(head.begin(), head.end(), piece.begin());
                                       return head.size();
                                     }));
    OFFRAMP_RETURN_IF_ERROR(array.Check());
    return array;
  }

 private:
  // As many bytes as there are, up to bytes.size().
  static Result<std::size_t> ReadSome(zip_file_t& member, std::span<std::byte> bytes,
                                      const std::string& where) {
    std::size_t total = 0;
    while (total < bytes.size()) {
      const zip_int64_t got = ::zip_fread(&member, bytes.data() + total, bytes.size() - total);
      if (got < 0) {
        return InvalidArgumentError(where + ": is torn: " + ::zip_file_strerror(&member));
      }
      if (got == 0) break;
      total += static_cast<std::size_t>(got);
    }
    return total;
  }

  const std::string path_;
  const std::unique_ptr<zip_t, ZipDiscard> archive_;
  std::vector<std::string> names_;
  std::vector<zip_uint64_t> indices_;
};

}  // namespace

Result<std::unique_ptr<NpzFile>> NpzFile::Open(const std::string& path) {
  OFFRAMP_RETURN_IF_ERROR(InputFile::Open(path).status());
  int code = 0;
  std::unique_ptr<zip_t, ZipDiscard> archive(::zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (archive == nullptr) {
    zip_error_t error;
    ::zip_error_init_with_code(&error, code);
    const std::string text = ::zip_error_strerror(&error);
    ::zip_error_fini(&error);
    return InvalidArgumentError(path + ": is no sound .npz: " + text);
  }
  auto file = std::make_unique<ZipNpz>(path, std::move(archive));
  OFFRAMP_RETURN_IF_ERROR(file->List());
  return std::unique_ptr<NpzFile>(std::move(file));
}

}  // namespace offramp
