#include "offramp/files/address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace offramp {

namespace {

constexpr std::size_t kMaxHostLength = 253;  // RFC 1035, as text
constexpr int kMaxPort = 65535;

template <typename Binary>
std::optional<Binary> ParseIp(int family, const std::string& host) {
  Binary binary{};
  if (inet_pton(family, host.c_str(), &binary) != 1) return std::nullopt;
  return binary;
}

bool IsHostName(std::string_view host) {
  const bool plain = std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  });
  // Digits and dots alone were meant as an IPv4 address.
  return plain && !host.empty() && host.size() <= kMaxHostLength && host[0] != '-' &&
         host[0] != '.' && host.find_first_not_of("0123456789.") != std::string_view::npos;
}

}  // namespace

std::optional<Address> ParseAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  Address address;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size() || address.port < 0 ||
      address.port > kMaxPort) {
    return std::nullopt;
  }
  const std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    address.host = host.substr(1, host.size() - 2);
    if (!ParseIp<in6_addr>(AF_INET6, address.host).has_value()) return std::nullopt;
    return address;
  }
  address.host = host;
  if (ParseIp<in_addr>(AF_INET, address.host).has_value() || IsHostName(host)) return address;
  return std::nullopt;
}

bool IsLoopback(std::string_view text) {
  const std::optional<Address> address = ParseAddress(text);
  if (!address.has_value()) return false;
  if (address->host == "localhost") return true;
  if (const auto ipv4 = ParseIp<in_addr>(AF_INET, address->host)) {
    return (ntohl(ipv4->s_addr) >> 24) == 127;
  }
  const auto ipv6 = ParseIp<in6_addr>(AF_INET6, address->host);
  return ipv6.has_value() && IN6_IS_ADDR_LOOPBACK(&*ipv6);
}

}  // namespace offramp
