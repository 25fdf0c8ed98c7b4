#include "offramp/wire/socket_address.h"

#include <boost/asio/ip/address.hpp>

namespace offramp::internal {

namespace {

namespace asio = boost::asio;

Status BadAddress(const std::string& address, const char* expected) {
  return InvalidArgumentError("\"" + address + "\" is no address; expected " + expected +
                              ", a colon and a port");
}

}  // namespace

Result<HostPort> SplitAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return BadAddress(address, "a host");
  std::string host = address.substr(0, colon);
  const std::string port = address.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (port.empty() || port.size() > 5 ||
      port.find_first_not_of("0123456789") != std::string::npos || std::stoi(port) > 65535) {
    return BadAddress(address, "a host");
  }
  return HostPort{std::move(host), port};
}

Result<asio::ip::tcp::endpoint> ParseAddress(const std::string& address) {
  OFFRAMP_ASSIGN_OR_RETURN(const HostPort parts, SplitAddress(address));
  boost::system::error_code error;
  const auto ip =
      asio::ip::make_address(parts.host == "localhost" ? "127.0.0.1" : parts.host, error);
  if (error) return BadAddress(address, "a numeric host or localhost");
  return asio::ip::tcp::endpoint(ip, static_cast<std::uint16_t>(std::stoi(parts.port)));
}

std::string TextOf(const asio::ip::tcp::endpoint& endpoint) {
  boost::system::error_code ignored;
  const std::string host = endpoint.address().to_string(ignored);
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

}  // namespace offramp::internal
