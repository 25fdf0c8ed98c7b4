#include "offramp/daemon/log.h"

#include <memory>
#include <utility>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "offramp/base/text.h"
#include "offramp/wire/http_message.h"

namespace offramp {

namespace {

using Escape = std::string (*)(std::string_view);

// The message, escaped.
class MessageFlag final : public spdlog::custom_flag_formatter {
 public:
  explicit MessageFlag(Escape escape) : escape_(escape) {}

  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    const std::string text =
        escape_(std::string_view(message.payload.data(), message.payload.size()));
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<MessageFlag>(escape_);
  }

 private:
  const Escape escape_;
};

std::string Hex(char c) {
  return Format("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
}

// Graphic ASCII stays; everything else, and the escape itself, becomes \xNN.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != '\\') {
      plain += c;
    } else {
      plain += Hex(c);
    }
  }
  return plain;
}

// Reasons quote what clients and neighbours said: a message must not pass for several lines, or
// steer a terminal.
std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      line += Hex(c);
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

std::string TaskTag(std::string_view request_id, std::string_view trace_parent) {
  std::string tag;
  if (!request_id.empty()) tag = "request=" + Plain(request_id);
  if (!trace_parent.empty()) {
    tag += (tag.empty() ? "trace=" : " trace=") + Plain(trace_parent);
  }
  return tag;
}

Status SetUpLog(const std::string& part, const std::string& format, const std::string& level) {
  const spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return InvalidArgumentError("log level is \"" + level +
                                "\", expected trace, debug, info, warning, error, critical or off");
  }
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (format == "json") {
    formatter->add_flag<MessageFlag>('J', &JsonEscaped)
        .set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","part":")" +
                     JsonEscaped(part) + R"(","message":"%J"})");
  } else if (format == "text") {
    formatter->add_flag<MessageFlag>('J', &OneLine)
        .set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L " + part + "  %J");
  } else {
    return InvalidArgumentError("log format is \"" + format + "\", expected text or json");
  }
  auto logger =
      std::make_shared<spdlog::logger>(part, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  logger->set_level(parsed);
  spdlog::set_default_logger(std::move(logger));
  return OkStatus();
}

}  // namespace offramp
