// Errors as values: what every library border returns.
//
// A Status is a code plus one line of text that names what was wrong, where, and what was expected.
// Codes are few and shaped like gRPC's, so that every protocol maps them by one table
// (gateway/status_map.h). Thread-compatible: a value like any other.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace offramp {

enum class StatusCode {
  kOk = 0,
  kCancelled,           // the caller gave up
  kInvalidArgument,     // the caller's input is wrong, whatever our state
  kDeadlineExceeded,    // the task's own deadline passed
  kNotFound,            // no such model, node, file or tensor
  kAlreadyExists,       // for instance a fleet that is up already
  kPermissionDenied,    // known caller, not allowed
  kResourceExhausted,   // a bound of ours was reached (queue, bytes, retry budget)
  kFailedPrecondition,  // right request, wrong state (for instance a SHA-256 that differs)
  kUnimplemented,       // a part of a protocol that we do not offer
  kInternal,            // our own fault
  kUnavailable,         // try again: no live replica, draining, overload
};

// Number of codes, for tables and the tests that walk them.
inline constexpr int kStatusCodeCount = static_cast<int>(StatusCode::kUnavailable) + 1;

// Upper-case name as gRPC writes it, for instance "INVALID_ARGUMENT".
std::string_view StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // "INVALID_ARGUMENT: text", or "OK".
  std::string ToString() const;

  // The same error with `where` in front: "where: text". OK stays OK.
  Status At(std::string_view where) const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status OkStatus() { return Status(); }
Status CancelledError(std::string message);
Status InvalidArgumentError(std::string message);
Status DeadlineExceededError(std::string message);
Status NotFoundError(std::string message);
Status AlreadyExistsError(std::string message);
Status PermissionDeniedError(std::string message);
Status ResourceExhaustedError(std::string message);
Status FailedPreconditionError(std::string message);
Status UnimplementedError(std::string message);
Status InternalError(std::string message);
Status UnavailableError(std::string message);

std::ostream& operator<<(std::ostream& out, const Status& status);

}  // namespace offramp

// Leaves the enclosing function with the error of `expr`, if it has one.
#define OFFRAMP_RETURN_IF_ERROR(expr)                  \
  do {                                                 \
    ::offramp::Status offramp_status_ = (expr);        \
    if (!offramp_status_.ok()) return offramp_status_; \
  } while (false)
