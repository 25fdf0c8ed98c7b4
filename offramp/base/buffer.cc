#include "offramp/base/buffer.h"

#include <cstring>
#include <new>

#include "offramp/base/check.h"

namespace offramp {

Buffer Buffer::CopyOf(std::span<const std::byte> bytes) {
  MutableBuffer copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.data(), bytes.data(), bytes.size());
  return std::move(copy).Freeze();
}

Buffer Buffer::CopyOf(std::string_view bytes) {
  return CopyOf(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

Buffer Buffer::Slice(std::size_t offset, std::size_t size) const {
  OFFRAMP_CHECK(offset <= size_ && size <= size_ - offset, "slice outside the buffer");
  return {owner_, data_ + offset, size};
}

MutableBuffer::MutableBuffer(std::size_t size)
    : data_(
          static_cast<std::byte*>(
              ::operator new(size == 0 ? 1 : size, std::align_val_t(Buffer::kAlignment))),
          [](std::byte* bytes) { ::operator delete(bytes, std::align_val_t(Buffer::kAlignment)); }),
      size_(size) {}

Buffer MutableBuffer::Freeze() && {
  const std::byte* bytes = data_.get();
  const std::size_t size = std::exchange(size_, 0);
  return {std::shared_ptr<const void>(std::move(data_)), bytes, size};
}

}  // namespace offramp
