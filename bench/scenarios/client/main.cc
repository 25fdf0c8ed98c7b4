// bench_client: the load of the scenarios, over REST and gRPC alike, so that a difference between
// two servers or two protocols is not one between two clients. Driven by harness/client.py.

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/scenarios/client/caller.h"
#include "bench/scenarios/client/floor.h"
#include "bench/scenarios/client/loop.h"
#include "bench/scenarios/client/request.h"

namespace offramp::bench {
namespace {

struct Options {
  std::string protocol = "grpc";
  std::vector<std::string> targets;
  RequestSpec spec;
  bool no_early_exit = false;
  std::string samples;
  ClosedLoop loop;
  std::string schedule;
  std::string records;
  int threads = 256;
  Floor floor;
};

void AddRequestOptions(CLI::App* command, Options& options) {
  command->add_option("--protocol", options.protocol)->check(CLI::IsMember({"grpc", "rest"}));
  command->add_option("--target", options.targets, "HOST:PORT, once each")->required();
  command->add_option("--model", options.spec.model)->required();
  command->add_option("--input", options.spec.input, "The input tensor's name")->required();
  command->add_option("--shape", options.spec.row_shape, "Of one row")->required()->delimiter(',');
  command->add_option("--rows", options.spec.rows)->check(CLI::PositiveNumber);
  command->add_option("--deadline", options.spec.deadline_s)->check(CLI::PositiveNumber);
  command->add_flag("--no-early-exit", options.no_early_exit);
  command->add_option("--samples", options.samples, "File of raw FP32 rows")->required();
}

Status Run(const std::string& command, Options& options) {
  if (command == "floor") return RunFloor(options.floor);
  options.spec.early_exit = !options.no_early_exit;
  OFFRAMP_ASSIGN_OR_RETURN(const Samples samples, Samples::Read(options.samples, options.spec));
  const auto callers =
      options.protocol == "rest" ? MakeHttpCallers(options.spec) : MakeGrpcCallers(options.spec);
  if (command == "loop") {
    return RunClosedLoop(options.loop, *callers, options.targets.front(), samples);
  }
  OFFRAMP_ASSIGN_OR_RETURN(const auto schedule,
                           ReadSchedule(options.schedule, options.targets.size()));
  return RunSchedule(schedule, options.threads, *callers, options.targets, samples,
                     options.records);
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("The load of bench/scenarios");
  app.require_subcommand(1);
  CLI::App* loop = app.add_subcommand("loop", "Closed loop against the first target");
  AddRequestOptions(loop, options);
  loop->add_option("--outstanding", options.loop.outstanding)->check(CLI::PositiveNumber);
  loop->add_option("--warmup", options.loop.warmup_s);
  loop->add_option("--seconds", options.loop.seconds)->check(CLI::PositiveNumber);
  CLI::App* play = app.add_subcommand("play", "Open loop by a schedule");
  AddRequestOptions(play, options);
  play->add_option("--schedule", options.schedule)->required();
  play->add_option("--records", options.records)->required();
  play->add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  CLI::App* floor = app.add_subcommand("floor", "Bare TCP over a chain of processes");
  floor->add_option("--hops", options.floor.hops)->check(CLI::PositiveNumber);
  floor->add_option("--bytes", options.floor.request_bytes)->check(CLI::PositiveNumber);
  floor->add_option("--reply-bytes", options.floor.reply_bytes)->check(CLI::PositiveNumber);
  floor->add_option("--seconds", options.floor.seconds)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const Status status = Run(app.get_subcommands().front()->get_name(), options);
  if (status.ok()) return 0;
  std::cerr << "bench_client: " << status.message() << "\n";
  return 1;
}

}  // namespace
}  // namespace offramp::bench

int main(int argc, char** argv) { return offramp::bench::Main(argc, argv); }
