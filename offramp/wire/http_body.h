// The two kinds of body that server and client give to Boost.Beast. Internal to wire/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>  // first: Boost 1.74 with GCC 12 in C++20 forgets it
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

#include "offramp/base/buffer.h"
#include "offramp/wire/http_message.h"

namespace offramp::internal {

// Sends buffers as they lie.
struct GatherBody {
  using value_type = std::vector<Buffer>;

  static std::uint64_t size(const value_type& body) {
    std::uint64_t bytes = 0;
    for (const Buffer& part : body) bytes += part.size();
    return bytes;
  }

  class writer {
   public:
    using const_buffers_type = std::vector<boost::asio::const_buffer>;

    template <bool is_request, class Fields>
    writer(const boost::beast::http::header<is_request, Fields>&, const value_type& body) {
      for (const Buffer& part : body) buffers_.emplace_back(part.data(), part.size());
    }

    void init(boost::system::error_code& error) { error = {}; }

    boost::optional<std::pair<const_buffers_type, bool>> get(boost::system::error_code& error) {
      error = {};
      return {{buffers_, false}};
    }

   private:
    const_buffers_type buffers_;
  };
};

// Receives into a string that grows with what has arrived, not with what was announced.
struct GrowingBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(boost::beast::http::header<is_request, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& length, boost::system::error_code& error) {
      constexpr std::uint64_t kTrusted = 1 << 20;
      if (length) body_.reserve(std::min(*length, kTrusted));
      error = {};
    }

    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
      std::size_t bytes = 0;
      for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(buffer.data()), buffer.size());
        bytes += buffer.size();
      }
      error = {};
      return bytes;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

// The string's bytes without copying them.
inline Buffer BufferOf(std::string text) {
  if (text.empty()) return {};
  const auto owner = std::make_shared<const std::string>(std::move(text));
  return {owner, reinterpret_cast<const std::byte*>(owner->data()), owner->size()};
}

template <class Fields>
HttpHeaders HeadersOf(const Fields& fields) {
  HttpHeaders headers;
  for (const auto& field : fields) {
    headers.Add(std::string(field.name_string()), std::string(field.value()));
  }
  return headers;
}

// No name or value that ends the header early gets onto the wire.
inline bool IsPlainHeader(const std::string& name, const std::string& value) {
  const auto bad = [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; };
  return !name.empty() && name.find_first_of(" :\t") == std::string::npos &&
         std::none_of(name.begin(), name.end(), bad) &&
         std::none_of(value.begin(), value.end(), bad);
}

}  // namespace offramp::internal
