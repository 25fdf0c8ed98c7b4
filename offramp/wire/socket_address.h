// "host:port" as the fleet file and the command line have it. Internal to wire/.
#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "offramp/base/result.h"

namespace offramp::internal {

struct HostPort {
  std::string host;  // without brackets
  std::string port;  // digits, at most 65535
};

// kInvalidArgument names the address and what is expected.
Result<HostPort> SplitAddress(const std::string& address);

// The same where the host must be numeric or "localhost": needs no resolver.
Result<boost::asio::ip::tcp::endpoint> ParseAddress(const std::string& address);

// "127.0.0.1:40001", "[::1]:40001".
std::string TextOf(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace offramp::internal
