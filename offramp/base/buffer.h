// Buffer: reference-counted, immutable bytes. A tensor that arrives by the wire, waits in a queue,
// is run by the engine and is kept for a re-send is one allocation, whoever made it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace offramp {

// Copying a Buffer shares the bytes. Thread-safe as std::shared_ptr is; the bytes never change.
class Buffer {
 public:
  Buffer() = default;

  // Bytes kept alive by `owner` (a received message, an ORT tensor, a vector ...).
  Buffer(std::shared_ptr<const void> owner, const std::byte* data, std::size_t size)
      : owner_(std::move(owner)), data_(data), size_(size) {}

  // A private copy of `bytes`, aligned to kAlignment.
  static Buffer CopyOf(std::span<const std::byte> bytes);
  static Buffer CopyOf(std::string_view bytes);

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  // A view of [offset, offset + size) that shares ownership. REQUIRES: within bounds.
  Buffer Slice(std::size_t offset, std::size_t size) const;

  bool IsAlignedTo(std::size_t alignment) const {
    return reinterpret_cast<std::uintptr_t>(data_) % alignment == 0;
  }

  static constexpr std::size_t kAlignment = 64;

 private:
  std::shared_ptr<const void> owner_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Writable bytes that become a Buffer without a copy once filled. Aligned to Buffer::kAlignment.
class MutableBuffer {
 public:
  explicit MutableBuffer(std::size_t size);

  std::byte* data() { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<std::byte> bytes() { return {data_.get(), size_}; }

  // Gives the bytes up. The MutableBuffer is empty afterwards.
  Buffer Freeze() &&;

 private:
  std::shared_ptr<std::byte> data_;
  std::size_t size_;
};

}  // namespace offramp
