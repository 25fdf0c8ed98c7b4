#include "offramp/files/bundle_draft.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>
#include <utility>

#include "offramp/base/text.h"

namespace offramp {

namespace {

namespace fs = std::filesystem;

Status DiskError(const std::string& path) {
  return InternalError(path + ": cannot be written: " + std::strerror(errno));
}

Status Sync(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return DiskError(path);
  const bool synced = ::fsync(file) == 0;
  ::close(file);
  return synced ? OkStatus() : DiskError(path);
}

// Files and folders of `from`, below `to`. Symbolic links are copied as they are.
Status CopyAll(const fs::path& from, const fs::path& to, bool share) {
  std::error_code error;
  fs::recursive_directory_iterator at(from, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const fs::path target = to / at->path().lexically_relative(from);
    std::error_code failed;
    const fs::file_status status = at->symlink_status(failed);
    if (fs::is_directory(status)) {
      fs::create_directory(target, at->path(), failed);
    } else if (fs::is_symlink(status)) {
      fs::copy_symlink(at->path(), target, failed);
    } else if (fs::is_regular_file(status)) {
      if (share) fs::create_hard_link(at->path(), target, failed);
      if (!share || failed) fs::copy_file(at->path(), target, failed);
    }
    if (failed) return InternalError(target.string() + ": " + failed.message());
  }
  return error ? InvalidArgumentError(from.string() + ": " + error.message()) : OkStatus();
}

}  // namespace

Result<BundleDraft> BundleDraft::Begin(const std::string& old, const std::string& target) {
  std::error_code error;
  const fs::path from = fs::canonical(old, error);
  if (error) return NotFoundError(old + ": " + error.message());
  fs::path to = target.empty() ? from : fs::absolute(target, error).lexically_normal();
  if (!to.has_filename()) to = to.parent_path();  // a trailing slash
  if (!target.empty() && fs::exists(to, error)) {
    return InvalidArgumentError(to.string() + ": is there already; name another folder");
  }
  const auto [end, unused] = std::mismatch(from.begin(), from.end(), to.begin(), to.end());
  if (!target.empty() && end == from.end()) {
    return InvalidArgumentError(to.string() + ": lies within the bundle itself");
  }
  const std::string folder = to.string() + Format(".partial-%d", static_cast<int>(::getpid()));
  fs::create_directories(folder, error);
  if (error) return InvalidArgumentError(folder + ": " + error.message());
  BundleDraft draft(folder, to.string(), target.empty());
  OFFRAMP_RETURN_IF_ERROR(CopyAll(from, folder, target.empty()));
  return draft;
}

BundleDraft::BundleDraft(BundleDraft&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      target_(std::move(other.target_)),
      replaces_(other.replaces_) {}

BundleDraft::~BundleDraft() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Status BundleDraft::Write(const std::string& file, std::string_view bytes) {
  // A new file: the old version may share the one that is there.
  Remove(file);
  const std::string path = folder_ + "/" + file;
  std::error_code ignored;
  fs::create_directories(fs::path(path).parent_path(), ignored);
  errno = 0;
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  return stream ? Sync(path) : DiskError(path);
}

void BundleDraft::Remove(const std::string& file) {
  std::error_code ignored;
  fs::remove(folder_ + "/" + file, ignored);
}

Status BundleDraft::Replace() {
  // The old version has the draft's name then, and goes with it.
  if (::renameat2(AT_FDCWD, folder_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0) {
    return OkStatus();
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return InternalError(target_ + ": cannot be replaced: " + std::strerror(errno) +
                         "; name a new folder with -o");
  }
  // A file system that cannot exchange two names: nothing stands under the name for a moment.
  const std::string aside = folder_ + ".old";
  std::error_code error;
  fs::rename(target_, aside, error);
  if (!error) {
    fs::rename(folder_, target_, error);
    if (error) {
      std::error_code ignored;
      fs::rename(aside, target_, ignored);
    }
  }
  if (error) return InternalError(target_ + ": cannot be replaced: " + error.message());
  folder_ = aside;
  return OkStatus();
}

Status BundleDraft::Keep() {
  OFFRAMP_RETURN_IF_ERROR(Sync(folder_));
  if (replaces_) {
    OFFRAMP_RETURN_IF_ERROR(Replace());
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  } else {
    std::error_code error;
    fs::rename(folder_, target_, error);
    if (error) return InternalError(target_ + ": " + error.message());
  }
  folder_.clear();
  return Sync(fs::path(target_).parent_path().string());
}

}  // namespace offramp
