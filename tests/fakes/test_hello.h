// How a part of a test's fleet introduces itself.
#pragma once

#include <string>

#include "offramp/wire/frame.h"

namespace offramp {

// `fleet` must be the same for all parts that are to talk to each other.
inline Hello TestHello(const std::string& name, int stage, const std::string& fleet = "test") {
  Hello hello;
  hello.fleet = fleet;
  hello.name = name;
  hello.stage = stage;
  return hello;
}

}  // namespace offramp
