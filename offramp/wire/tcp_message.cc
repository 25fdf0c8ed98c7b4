#include "offramp/wire/tcp_message.h"

#include <algorithm>

#include "offramp/wire/frame_layout.h"

namespace offramp::internal {

HeaderBytes EncodeHeader(const MessageHeader& header) {
  HeaderBytes bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(header.length >> (8 * i));
  bytes[4] = static_cast<std::byte>(header.kind);
  bytes[5] = static_cast<std::byte>(header.tensors_at);
  return bytes;
}

Result<MessageHeader> DecodeHeader(std::span<const std::byte, kHeaderBytes> bytes) {
  MessageHeader header;
  for (std::size_t i = 0; i < 4; ++i) {
    header.length |= static_cast<std::uint32_t>(bytes[i]) << (8 * i);
  }
  header.kind = static_cast<MessageKind>(bytes[4]);
  header.tensors_at = static_cast<std::uint8_t>(bytes[5]);
  const bool known = header.kind == MessageKind::kFrames ||
                     (header.kind == MessageKind::kGoodbye && header.length <= kGoodbyeBytes);
  if (!known || header.tensors_at >= kTensorAlignment || header.length == 0 ||
      bytes[6] != std::byte{} || bytes[7] != std::byte{}) {
    return InvalidArgumentError("no message: the header makes no sense");
  }
  return header;
}

std::string EncodeGoodbye(const Status& why) {
  std::string body(1, static_cast<char>(kWireStatus.at(static_cast<std::size_t>(why.code()))));
  body += why.message().substr(0, kGoodbyeBytes - 1);
  const HeaderBytes header = EncodeHeader(
      {.length = static_cast<std::uint32_t>(body.size()), .kind = MessageKind::kGoodbye});
  return std::string(reinterpret_cast<const char*>(header.data()), header.size()) + body;
}

Status DecodeGoodbye(std::span<const std::byte> body) {
  const auto* code = std::find(kWireStatus.begin() + 1, kWireStatus.end(),
                               static_cast<std::uint32_t>(body.front()));
  if (code == kWireStatus.end()) return UnavailableError("the peer left without a reason");
  const std::string_view text(reinterpret_cast<const char*>(body.data()) + 1, body.size() - 1);
  return Status(static_cast<StatusCode>(code - kWireStatus.begin()), std::string(text));
}

}  // namespace offramp::internal
