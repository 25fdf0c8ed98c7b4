#include "offramp/data/input_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <vector>
#include <zlib.h>

#include "offramp/base/text.h"

namespace offramp {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
// Left free on the disk of temporary files.
constexpr std::uint64_t kReservedBytes = std::uint64_t{256} << 20;

// Its entry is gone at once: nothing stays behind, however the process ends.
Result<int> TemporaryDescriptor() {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::temp_directory_path(error);
  if (error) folder = "/tmp";
  std::string path = (folder / "offramp-data-XXXXXX").string();
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return InternalError(path + ": no temporary file can be made: " + std::strerror(errno));
  }
  ::unlink(path.c_str());
  return descriptor;
}

Status WriteAll(int descriptor, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      return InternalError(std::string("a temporary file cannot be written: ") +
                           std::strerror(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return OkStatus();
}

bool HasRoom(int descriptor) {
  struct statvfs facts {};
  if (::fstatvfs(descriptor, &facts) != 0) return true;
  return std::uint64_t{facts.f_bavail} * facts.f_frsize > kReservedBytes;
}

struct GzClose {
  void operator()(gzFile_s* file) const { ::gzclose(file); }
};

}  // namespace

InputFile::~InputFile() { ::close(descriptor_); }

Result<std::shared_ptr<const InputFile>> InputFile::Open(const std::string& path) {
  // Not blocking: a pipe that nobody writes to must not hold us up.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT) return NotFoundError(path + ": there is no such file");
    return InvalidArgumentError(path + ": cannot be opened: " + std::strerror(errno));
  }
  struct stat facts {};
  const bool regular = ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
  std::shared_ptr<const InputFile> file(new InputFile(path, descriptor, facts.st_size));
  if (!regular) return InvalidArgumentError(path + ": is not a regular file");
  return file;
}

Result<std::shared_ptr<const InputFile>> InputFile::Spool(const std::string& name,
                                                          std::int64_t max_bytes,
                                                          const Source& source) {
  OFFRAMP_ASSIGN_OR_RETURN(const int descriptor, TemporaryDescriptor());
  std::shared_ptr<const InputFile> owner(new InputFile(name, descriptor, 0));
  std::vector<std::byte> piece(kPieceBytes);
  std::int64_t total = 0;
  for (;;) {
    OFFRAMP_ASSIGN_OR_RETURN(const std::size_t got, source(piece));
    if (got == 0) break;
    total += static_cast<std::int64_t>(got);
    if (total > max_bytes) {
      return InvalidArgumentError(Format("%s: unpacks to more than %lld bytes", name.c_str(),
                                         static_cast<long long>(max_bytes)));
    }
    if (!HasRoom(descriptor)) {
      return InternalError(name +
                           ": there is no room to unpack it in the folder of temporary "
                           "files; set TMPDIR to one with more");
    }
    OFFRAMP_RETURN_IF_ERROR(WriteAll(descriptor, {piece.data(), got}).At(name));
  }
  const int kept = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (kept < 0) return InternalError(name + ": " + std::strerror(errno));
  return std::shared_ptr<const InputFile>(new InputFile(name, kept, total));
}

Result<std::shared_ptr<const InputFile>> InputFile::OpenUnpacked(const std::string& path) {
  OFFRAMP_ASSIGN_OR_RETURN(std::shared_ptr<const InputFile> plain, Open(path));
  std::array<std::byte, 2> magic{};
  if (plain->size() < 2) return plain;
  OFFRAMP_RETURN_IF_ERROR(plain->ReadAt(0, magic));
  if (magic[0] != std::byte{0x1f} || magic[1] != std::byte{0x8b}) return plain;
  const std::unique_ptr<gzFile_s, GzClose> packed(::gzopen(path.c_str(), "rb"));
  if (packed == nullptr) return InvalidArgumentError(path + ": cannot be opened");
  return Spool(path, kMostSpooledBytes, [&](std::span<std::byte> bytes) -> Result<std::size_t> {
    const int got = ::gzread(packed.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    int code = Z_OK;
    const char* text = ::gzerror(packed.get(), &code);
    // A file that is cut off ends without its check sum.
    if (got < 0 || code == Z_BUF_ERROR) {
      return InvalidArgumentError(path + ": is torn: " + text);
    }
    return static_cast<std::size_t>(got);
  });
}

Status InputFile::ReadAt(std::int64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(descriptor_, bytes.data(), bytes.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return InvalidArgumentError(name_ + ": cannot be read: " + std::strerror(errno));
    if (got == 0) {
      return InvalidArgumentError(
          Format("%s: ends after %lld bytes", name_.c_str(), static_cast<long long>(offset)));
    }
    offset += got;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return OkStatus();
}

}  // namespace offramp
