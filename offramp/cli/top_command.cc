#include <ctime>
#include <iostream>
#include <memory>
#include <sstream>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/cli/commands.h"
#include "offramp/cli/fleet_source.h"
#include "offramp/cli/fleet_status.h"
#include "offramp/cli/options.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/table.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/run_state.h"

namespace offramp {
namespace {

constexpr char kEnterScreen[] = "\x1b[?1049h\x1b[?25l";  // alternate screen, no cursor
constexpr char kLeaveScreen[] = "\x1b[?25h\x1b[?1049l";
constexpr char kHome[] = "\x1b[H";
constexpr char kClearRight[] = "\x1b[K";
constexpr char kClearBelow[] = "\x1b[J";

struct TopOptions {
  std::string fleet;
  double interval_s = 1;
};

std::string ClockText() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

Result<std::string> Page(const TopOptions& options, const std::string& state_dir, bool colour) {
  OFFRAMP_ASSIGN_OR_RETURN(const SnapshotFleet running,
                           ReadRunningFleet(state_dir, options.fleet, true));
  const OrderedJson status = FleetStatus(running.fleet, state_dir, 1);
  double offered_per_s = 0;
  for (const OrderedJson& gateway : status["gateways"]) {
    const auto rate = gateway.find("arrival_rate_tasks_per_s");
    if (rate != gateway.end() && rate->is_number()) offered_per_s += rate->get<double>();
  }
  std::string page = Paint("offramp top", "1", colour) + "  " + options.fleet + "  " +
                     std::string(PolicyName(running.fleet.policy)) +
                     Format("  %.1f tasks/s  ", offered_per_s) + ClockText() + "\n\n";
  return page + StatusTable(status, colour, /*wide=*/true);
}

// Redraws in place: writing over the old page does not flicker, clearing first does.
void Draw(const std::string& page) {
  const auto columns = static_cast<std::size_t>(TerminalColumns(STDOUT_FILENO));
  std::istringstream lines(page);
  std::string line;
  std::string out = kHome;
  while (std::getline(lines, line)) out += CutToWidth(line, columns) + kClearRight + "\r\n";
  std::cout << out << kClearBelow << std::flush;
}

int RunTop(const TopOptions& options) {
  if (const Status status = CheckFleetPath(options.fleet); !status.ok()) return Fail(status);
  const std::string state_dir = StateDir(options.fleet);
  if (!FleetRuns(state_dir)) return Fail(UnavailableError(options.fleet + ": is not up"));
  if (!IsTerminal(STDOUT_FILENO)) {
    const auto page = Page(options, state_dir, /*colour=*/false);
    if (!page.ok()) return Fail(page.status());
    std::cout << *page;
    return kExitDone;
  }
  CatchInterrupts();
  std::cout << kEnterScreen << std::flush;
  Status ended;
  do {
    const auto page = Page(options, state_dir, WantsColour(STDOUT_FILENO));
    if (page.ok()) {
      Draw(*page);
    } else {
      ended = page.status();
    }
  } while (ended.ok() && FleetRuns(state_dir) && !SleepUnlessInterrupted(options.interval_s));
  std::cout << kLeaveScreen << std::flush;
  if (!ended.ok()) return Fail(ended);
  if (!Interrupted()) std::cerr << "offramp: " << options.fleet << ": is no longer up\n";
  return kExitDone;
}

}  // namespace

void AddTopCommand(CommandLine& line) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* command =
      AddCommand(line, "top", "Watch a running fleet in the terminal; Ctrl-C leaves",
                 "  offramp top fleets/demo.yaml\n"
                 "  offramp top fleets/demo.yaml | cat      # one page, then the end");
  AddFleet(command, options->fleet);
  command->add_option("--interval", options->interval_s, "Seconds between two looks")
      ->check(CLI::Range(0.05, 3600.0))
      ->type_name("S")
      ->capture_default_str();
  command->callback([&line, options] { line.action = [options] { return RunTop(*options); }; });
}

}  // namespace offramp
