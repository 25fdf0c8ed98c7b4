// A bundle's next version: a folder beside the place where it will be, until it is complete.
#pragma once

#include <string>
#include <string_view>

#include "offramp/base/result.h"

namespace offramp {

// One thread at a time. Whatever happens before Keep(), nothing stays behind.
class BundleDraft {
 public:
  // Begins with all files of the bundle's folder `old`. `target`: a folder that must not be there;
  // empty: the draft will take the place of `old`. Files are shared with the old folder where it
  // will go, copied where it stays. kInvalidArgument: `target` is there, or cannot be.
  static Result<BundleDraft> Begin(const std::string& old, const std::string& target);

  BundleDraft(BundleDraft&& other) noexcept;
  BundleDraft& operator=(BundleDraft&&) = delete;
  BundleDraft(const BundleDraft&) = delete;
  BundleDraft& operator=(const BundleDraft&) = delete;
  ~BundleDraft();

  // Where it is now, and where it will be.
  const std::string& folder() const { return folder_; }
  const std::string& target() const { return target_; }

  // A file of the folder, new or in place of the old version's, which keeps its bytes.
  // kInternal: the disk is full or the like.
  Status Write(const std::string& file, std::string_view bytes);

  // Takes a file away, if it is there.
  void Remove(const std::string& file);

  // Puts the folder in its place, at once: who opens the bundle finds the old version or the new.
  // kInternal: the disk is to blame.
  Status Keep();

 private:
  BundleDraft(std::string folder, std::string target, bool replaces)
      : folder_(std::move(folder)), target_(std::move(target)), replaces_(replaces) {}

  Status Replace();

  std::string folder_;  // empty: kept, or moved from
  std::string target_;
  bool replaces_;
};

}  // namespace offramp
