#include "offramp/wire/http_message.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace offramp {

namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

HttpResponse WithBody(int status, const char* content_type, std::string_view text) {
  HttpResponse response{.status = status, .headers = {{"Content-Type", content_type}}};
  if (!text.empty()) response.body.push_back(Buffer::CopyOf(text));
  return response;
}

}  // namespace

std::string_view HttpHeaders::Find(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (SameIgnoringCase(key, name)) return value;
  }
  return {};
}

bool HttpHeaders::Has(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [name](const auto& entry) { return SameIgnoringCase(entry.first, name); });
}

void HttpHeaders::Add(std::string name, std::string value) {
  entries_.emplace_back(std::move(name), std::move(value));
}

std::string_view HttpRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

std::size_t HttpResponse::body_bytes() const {
  std::size_t bytes = 0;
  for (const Buffer& part : body) bytes += part.size();
  return bytes;
}

std::string HttpResponse::BodyText() const {
  std::string text;
  text.reserve(body_bytes());
  for (const Buffer& part : body) text += part.text();
  return text;
}

HttpResponse HttpResponse::Json(int status, std::string text) {
  return WithBody(status, "application/json", text);
}

HttpResponse HttpResponse::Text(int status, std::string text) {
  return WithBody(status, "text/plain; charset=utf-8", text);
}

HttpResponse HttpResponse::Error(int status, std::string_view message) {
  return Json(status, "{\"error\": \"" + JsonEscaped(message) + "\"}");
}

std::string JsonEscaped(std::string_view text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace offramp
