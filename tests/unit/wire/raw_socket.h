// A TCP client that says exactly what a test wants.
#pragma once

#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace offramp {

class RawSocket {
 public:
  // `address`: "127.0.0.1:port".
  explicit RawSocket(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
    sockaddr_in to{
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    const timeval patience{.tv_sec = 10};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~RawSocket() { Close(); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool connected() const { return connected_; }

  // False once the peer has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Everything until the peer closes (or ten seconds of silence).
  std::string ReadAll() {
    std::string all;
    while (ReadSome(&all)) {
    }
    return all;
  }

  // Until `end` has been seen, or the peer closes.
  std::string ReadUntil(std::string_view end) {
    std::string all;
    while (all.find(end) == std::string::npos && ReadSome(&all)) {
    }
    return all;
  }

  // No more is sent; what the peer says is still read.
  void EndSending() { shutdown(fd_, SHUT_WR); }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  bool ReadSome(std::string* all) {
    char bytes[4096];
    const ssize_t received = recv(fd_, bytes, sizeof bytes, 0);
    if (received <= 0) return false;
    all->append(bytes, static_cast<std::size_t>(received));
    return true;
  }

  int fd_;
  bool connected_ = false;
};

}  // namespace offramp
