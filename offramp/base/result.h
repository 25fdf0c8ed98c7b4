// Result<T>: a value, or the Status that says why there is none.
// (C++20 with GCC 12 has no std::expected.)
#pragma once

#include <optional>
#include <utility>

#include "offramp/base/check.h"
#include "offramp/base/status.h"

namespace offramp {

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return InvalidArgumentError(...)` both read well.
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    OFFRAMP_CHECK(!status_.ok(), "a Result without a value needs an error");
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  // REQUIRES: ok().
  const T& value() const& {
    OFFRAMP_CHECK(ok(), status_.ToString());
    return *value_;
  }
  T& value() & {
    OFFRAMP_CHECK(ok(), status_.ToString());
    return *value_;
  }
  T&& value() && {
    OFFRAMP_CHECK(ok(), status_.ToString());
    return *std::move(value_);
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace offramp

#define OFFRAMP_CONCAT_INNER_(a, b) a##b
#define OFFRAMP_CONCAT_(a, b) OFFRAMP_CONCAT_INNER_(a, b)
#define OFFRAMP_ASSIGN_OR_RETURN_IMPL_(result, lhs, expr) \
  auto result = (expr);                                   \
  if (!result.ok()) return result.status();               \
  lhs = std::move(result).value()

// OFFRAMP_ASSIGN_OR_RETURN(auto fleet, ReadFleetFile(path));
#define OFFRAMP_ASSIGN_OR_RETURN(lhs, expr) \
  OFFRAMP_ASSIGN_OR_RETURN_IMPL_(OFFRAMP_CONCAT_(offramp_result_, __LINE__), lhs, expr)
