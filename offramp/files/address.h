// "host:port" as fleet files write it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offramp {

struct Address {
  std::string host;  // IPv4, IPv6 without its brackets, or a host name
  int port = 0;      // 0..65535; 0: the system chooses
};

// Null unless `text` is an IPv4 address, a bracketed IPv6 address or a host name, a colon and a
// port. Looks nothing up.
std::optional<Address> ParseAddress(std::string_view text);

// Whether `text` can be reached from this machine only: 127.0.0.0/8, [::1] or localhost.
bool IsLoopback(std::string_view text);

}  // namespace offramp
