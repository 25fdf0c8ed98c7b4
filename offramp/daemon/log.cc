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

// %J: the message as the inside of a JSON string.
class JsonMessageFlag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    const std::string text =
        JsonEscaped(std::string_view(message.payload.data(), message.payload.size()));
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessageFlag>();
  }
};

// Graphic ASCII stays; everything else, and the escape itself, becomes \xNN.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c > ' ' && c < 0x7f && c != '\\') {
      plain += c;
    } else {
      plain += Format("\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return plain;
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
    formatter->add_flag<JsonMessageFlag>('J').set_pattern(
        R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","part":")" + JsonEscaped(part) +
        R"(","message":"%J"})");
  } else if (format == "text") {
    formatter->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L " + part + "  %v");
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
