#include "offramp/profiling/progress_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

#include "offramp/model/digest.h"

namespace offramp {

namespace {

// Of a record: number, size, then as many bytes, then the digest of all that.
constexpr std::size_t kHeadBytes = 16;
constexpr std::size_t kDigestBytes = 64;
constexpr std::uint64_t kMostPieceBytes = std::uint64_t{1} << 32;

Status DiskError(const std::string& path) {
  return InternalError(path + ": cannot be written: " + std::strerror(errno));
}

bool ReadExactly(int descriptor, char* to, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t got = ::read(descriptor, to, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

bool WriteExactly(int descriptor, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return true;
}

std::string Record(std::int64_t number, const std::string& bytes) {
  std::string record(kHeadBytes, '\0');
  const std::uint64_t size = bytes.size();
  std::memcpy(record.data(), &number, 8);
  std::memcpy(record.data() + 8, &size, 8);
  record += bytes;
  return record + Sha256Hex(record);
}

}  // namespace

Result<std::unique_ptr<ProgressFile>> ProgressFile::Open(const std::string& path,
                                                         const std::string& identity) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return DiskError(path);
  std::unique_ptr<ProgressFile> file(new ProgressFile(descriptor, path));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return FailedPreconditionError(path + ": another process is at the same work");
  }
  OFFRAMP_RETURN_IF_ERROR(file->Load(identity));
  return file;
}

ProgressFile::~ProgressFile() { ::close(descriptor_); }

Status ProgressFile::Load(const std::string& identity) {
  const std::string begin = Sha256Hex(identity) + "\n";
  std::string found(begin.size(), '\0');
  off_t good = 0;
  if (ReadExactly(descriptor_, found.data(), found.size()) && found == begin) {
    good = static_cast<off_t>(begin.size());
    for (;;) {
      std::string record(kHeadBytes, '\0');
      if (!ReadExactly(descriptor_, record.data(), kHeadBytes)) break;
      std::int64_t number = 0;
      std::uint64_t size = 0;
      std::memcpy(&number, record.data(), 8);
      std::memcpy(&size, record.data() + 8, 8);
      if (size > kMostPieceBytes) break;
      record.resize(kHeadBytes + static_cast<std::size_t>(size));
      std::string digest(kDigestBytes, '\0');
      if (!ReadExactly(descriptor_, record.data() + kHeadBytes, record.size() - kHeadBytes) ||
          !ReadExactly(descriptor_, digest.data(), kDigestBytes) || digest != Sha256Hex(record)) {
        break;
      }
      good += static_cast<off_t>(record.size() + kDigestBytes);
      pieces_[number] = record.substr(kHeadBytes);
    }
  }
  if (::ftruncate(descriptor_, good) != 0 || ::lseek(descriptor_, good, SEEK_SET) != good) {
    return DiskError(path_);
  }
  if (good == 0 && !WriteExactly(descriptor_, begin)) return DiskError(path_);
  return OkStatus();
}

Status ProgressFile::Append(std::int64_t number, const std::string& bytes) {
  return WriteExactly(descriptor_, Record(number, bytes)) ? OkStatus() : DiskError(path_);
}

}  // namespace offramp
