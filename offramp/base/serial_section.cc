#include "offramp/base/serial_section.h"

#include <mutex>

namespace offramp {
namespace {

std::mutex& Turn() {
  static std::mutex turn;
  return turn;
}

}  // namespace

SerialSection::SerialSection() { Turn().lock(); }
SerialSection::~SerialSection() { Turn().unlock(); }

}  // namespace offramp
