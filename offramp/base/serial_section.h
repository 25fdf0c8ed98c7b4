// SerialSection: for third-party code that keeps state of its own and must not run twice at once,
// whoever calls it. While one exists in the process the next one waits. A scope, like a lock:
//     const SerialSection section;
// Any thread; not to be nested.
#pragma once

namespace offramp {

class SerialSection {
 public:
  SerialSection();
  ~SerialSection();
  SerialSection(const SerialSection&) = delete;
  SerialSection& operator=(const SerialSection&) = delete;
};

}  // namespace offramp
