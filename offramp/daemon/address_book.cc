#include "offramp/daemon/address_book.h"

#include <chrono>
#include <map>
#include <utility>

#include "offramp/files/run_state.h"

namespace offramp {

namespace {

constexpr std::int64_t kSettledNs = 100'000'000;

std::int64_t WallNanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class RunStateAddresses {
 public:
  RunStateAddresses(const Fleet& fleet, std::string state_dir) : state_dir_(std::move(state_dir)) {
    for (const FleetNode& node : fleet.nodes) {
      if (!node.listen.ends_with(":0")) fixed_[node.name] = node.listen;
    }
  }

  std::optional<std::string> Find(const std::string& name) {
    const std::int64_t version = PartsVersion(state_dir_);
    if (version != version_ || !settled_) {
      version_ = version;
      // The system stamps changes in steps of some milliseconds: two within one look the same.
      settled_ = version < WallNanoseconds() - kSettledNs;
      found_.clear();
      for (const PartFile& part : ListParts(state_dir_)) found_[part.name] = part.address;
    }
    if (const auto it = found_.find(name); it != found_.end()) return it->second;
    if (const auto it = fixed_.find(name); it != fixed_.end()) return it->second;
    return std::nullopt;
  }

 private:
  const std::string state_dir_;
  std::map<std::string, std::string> fixed_;
  std::map<std::string, std::string> found_;
  std::int64_t version_ = -1;
  bool settled_ = false;  // when read: nothing more can happen under version_
};

}  // namespace

AddressBook MakeAddressBook(const Fleet& fleet, std::string state_dir) {
  auto addresses = std::make_shared<RunStateAddresses>(fleet, std::move(state_dir));
  return [addresses](const std::string& name) { return addresses->Find(name); };
}

}  // namespace offramp
