#include "offramp/base/buffer.h"

#include <memory>

#include <gtest/gtest.h>

namespace offramp {
namespace {

TEST(BufferTest, CopyIsPrivateAndAligned) {
  std::string text = "tensor";
  const Buffer buffer = Buffer::CopyOf(text);
  text[0] = 'X';
  EXPECT_EQ(buffer.text(), "tensor");
  EXPECT_TRUE(buffer.IsAlignedTo(Buffer::kAlignment));
}

TEST(BufferTest, SliceSharesBytesAndKeepsThemAlive) {
  std::weak_ptr<const void> owner;
  Buffer slice;
  {
    const Buffer whole = Buffer::CopyOf("abcdef");
    owner = whole.owner();
    slice = whole.Slice(2, 3);
    EXPECT_EQ(slice.data(), whole.data() + 2);
  }
  EXPECT_FALSE(owner.expired());
  EXPECT_EQ(slice.text(), "cde");
  slice = Buffer();
  EXPECT_TRUE(owner.expired());
}

TEST(BufferTest, FreezeMovesWithoutCopying) {
  MutableBuffer mutable_buffer(4);
  mutable_buffer.data()[0] = std::byte{7};
  const std::byte* const bytes = mutable_buffer.data();
  const Buffer buffer = std::move(mutable_buffer).Freeze();
  EXPECT_EQ(buffer.data(), bytes);
  EXPECT_EQ(buffer.size(), 4u);
  EXPECT_EQ(buffer.data()[0], std::byte{7});
}

TEST(BufferDeathTest, SliceOutsideIsABug) {
  const Buffer buffer = Buffer::CopyOf("abc");
  EXPECT_DEATH((void)buffer.Slice(2, 2), "slice outside");
}

}  // namespace
}  // namespace offramp
