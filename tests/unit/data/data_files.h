// Files as users bring them, and a bundle to read them for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "offramp/data/dataset.h"
#include "offramp/model/bundle.h"

namespace offramp {

// A fresh folder for each test.
class DataFiles : public testing::Test {
 protected:
  DataFiles() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = testing::TempDir() + "/" + info->test_suite_name() + "." + info->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~DataFiles() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string Write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    std::ofstream(Path(name), std::ios::binary) << bytes;
    return Path(name);
  }

  std::string folder_;
};

// A .npy of version 1 with this dictionary and data.
inline std::string Npy(const std::string& dictionary, const std::string& data) {
  std::string head = dictionary + "\n";
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(head.size() & 0xff);
  bytes += static_cast<char>(head.size() >> 8);
  return bytes + head + data;
}

inline std::string Dictionary(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
}

template <typename T>
std::string Raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <typename T>
std::vector<T> Values(const Tensor& tensor) {
  const auto* begin = reinterpret_cast<const T*>(tensor.data.data());
  return {begin, begin + tensor.data.size() / sizeof(T)};
}

// A classifier of `classes` with one input.
inline Bundle BundleFor(DataType datatype, std::vector<std::int64_t> shape,
                        std::int64_t classes = 3, std::vector<std::string> labels = {}) {
  Bundle bundle;
  bundle.name = "model";
  bundle.inputs = {{.name = "x", .datatype = datatype, .shape = std::move(shape)}};
  bundle.outputs = {{.name = "y", .datatype = DataType::kFp32, .shape = {-1, classes}}};
  bundle.labels = std::move(labels);
  return bundle;
}

}  // namespace offramp
