// Stopping as a type. A Gate counts who is inside; Close refuses newcomers and tells when the last
// one has left. Whoever owns work that must finish before destruction holds a Gate.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace offramp {

// Thread-safe. Destroying a gate with somebody inside is a bug and aborts.
class Gate {
 public:
  Gate() = default;
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // False once closed: the caller must not start its work.
  [[nodiscard]] bool TryEnter();

  // Ends one successful TryEnter.
  void Leave();

  // Refuses newcomers from now on. Idempotent.
  void Close();

  bool closed() const;
  std::int64_t inside() const;

  // Waits until the gate is closed and empty, at most `seconds`. True when it is.
  bool WaitEmpty(double seconds);

 private:
  mutable std::mutex mutex_;
  std::condition_variable empty_;
  std::int64_t inside_ = 0;
  bool closed_ = false;
};

}  // namespace offramp
