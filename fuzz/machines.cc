// A machines file of any bytes: machines whose sources and links are among them, or one line that
// says why not.
#include <cstddef>
#include <cstdint>
#include <string>

#include "offramp/base/check.h"
#include "offramp/files/machines_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using offramp::Machines;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const offramp::Result<Machines> machines = offramp::ParseMachines(text, "machines.yaml");
  if (!machines.ok()) {
    OFFRAMP_CHECK(machines.status().code() == offramp::StatusCode::kInvalidArgument,
                  "its own fault");
    OFFRAMP_CHECK(machines.status().message().find('\n') == std::string::npos, "one line");
    return 0;
  }
  OFFRAMP_CHECK(offramp::IsMachinesText(text), "read as what it is");
  const int count = static_cast<int>(machines->machines.size());
  for (const offramp::MachineSource& source : machines->sources) {
    OFFRAMP_CHECK(source.machine >= 0 && source.machine < count, "a machine of the file");
    OFFRAMP_CHECK(source.tasks_per_s > 0, "some tasks");
  }
  for (const offramp::MachineLink& link : machines->links) {
    OFFRAMP_CHECK(link.from >= 0 && link.from < count && link.to >= 0 && link.to < count &&
                      link.from != link.to && link.mbit_per_s > 0,
                  "a link between two machines");
  }
  return 0;
}
