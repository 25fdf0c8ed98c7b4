// A file of finished pieces. Whatever interrupts the writer, what a reader takes from it is whole.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "offramp/base/result.h"

namespace offramp {

class ProgressFile {
 public:
  // Opens or makes `path` and locks it. Pieces of another `identity`, and a torn one at the end,
  // are dropped. kFailedPrecondition while another process has it; kInternal: the disk is to blame.
  static Result<std::unique_ptr<ProgressFile>> Open(const std::string& path,
                                                    const std::string& identity);
  ~ProgressFile();
  ProgressFile(const ProgressFile&) = delete;
  ProgressFile& operator=(const ProgressFile&) = delete;

  // Pieces that were there when it was opened, by number.
  const std::map<std::int64_t, std::string>& pieces() const { return pieces_; }
  void ForgetPieces() { pieces_.clear(); }  // gives their memory back

  // Appends one. kInternal: the disk is full or the like. One thread at a time.
  Status Append(std::int64_t number, const std::string& bytes);

 private:
  explicit ProgressFile(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  Status Load(const std::string& identity);

  const int descriptor_;
  const std::string path_;
  std::map<std::int64_t, std::string> pieces_;
};

}  // namespace offramp
