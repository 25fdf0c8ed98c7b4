// .npz: a zip archive of .npy members, as numpy.savez writes it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "offramp/base/result.h"
#include "offramp/data/stored_array.h"

namespace offramp {

class NpzFile {
 public:
  // kNotFound or kInvalidArgument, naming the file.
  static Result<std::unique_ptr<NpzFile>> Open(const std::string& path);
  virtual ~NpzFile() = default;

  // Names of the members less ".npy", in their order.
  virtual const std::vector<std::string>& names() const = 0;

  // Unpacks member `name` into a temporary file. Its header is checked first: never more than it
  // claims is unpacked. Errors name file and member.
  virtual Result<StoredArray> Read(const std::string& name) = 0;
};

}  // namespace offramp
