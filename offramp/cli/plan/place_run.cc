#include "offramp/cli/plan/place_run.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <unistd.h>

#include "offramp/base/text.h"
#include "offramp/cli/app.h"
#include "offramp/cli/model_options.h"
#include "offramp/cli/plan/place_report.h"
#include "offramp/cli/signals.h"
#include "offramp/cli/terminal.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/machines_file.h"
#include "offramp/files/run_state.h"
#include "offramp/files/text_file.h"
#include "offramp/files/yaml_tree.h"
#include "offramp/partition/inspect.h"
#include "offramp/partition/split.h"
#include "offramp/placement/fleet_text.h"
#include "offramp/placement/place.h"

namespace offramp {

namespace {

namespace fs = std::filesystem;

constexpr int kMostCuts = 24;
constexpr int kMostSplits = 3;

struct Paths {
  std::string machines;
  std::string model;  // empty: the machines file names a bundle
};

bool IsMachinesPath(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return false;
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".onnx") return false;
  if (extension == ".yaml" || extension == ".yml") return true;
  const Result<std::string> text = ReadTextFile(path, kYamlMaxBytes);
  return text.ok() && IsMachinesText(*text);
}

// Which of the paths is the machines file, by what they are, whatever their order.
Result<Paths> FindPaths(const ScenarioOptions& scenario, const PlaceFlags& flags) {
  Paths paths;
  for (const std::string& path : {scenario.path, flags.model, flags.model_named}) {
    if (path.empty()) continue;
    std::string& place = IsMachinesPath(path) ? paths.machines : paths.model;
    if (!place.empty()) {
      return InvalidArgumentError(
          "--place: " + place + " and " + path +
          " are of one kind, expected a machines file and a bundle's folder or an ONNX file");
    }
    place = path;
  }
  if (paths.machines.empty()) {
    return InvalidArgumentError(
        "--place: expected a machines file, as in `offramp plan --place "
        "machines.yaml MODEL`");
  }
  return paths;
}

// What the fleet shall be run for: the options', else the file's, else the usual.
Objective ObjectiveOf(const ScenarioOptions& options, const Machines& machines) {
  if (options.accuracy_weight_s) return {.accuracy_weight_s = *options.accuracy_weight_s};
  if (options.min_accuracy) return {.min_accuracy = options.min_accuracy};
  if (options.max_mean_delay_s) return {.max_mean_delay_s = options.max_mean_delay_s};
  return machines.objective.value_or(Objective());
}

class PlaceCommand {
 public:
  PlaceCommand(const ScenarioOptions& scenario, const PlaceFlags& flags, std::uint64_t seed,
               bool json)
      : scenario_(scenario), flags_(flags), seed_(seed), json_(json) {}
  ~PlaceCommand() {
    std::error_code ignored;
    if (!made_bundle_.empty()) fs::remove_all(made_bundle_, ignored);
  }
  PlaceCommand(const PlaceCommand&) = delete;
  PlaceCommand& operator=(const PlaceCommand&) = delete;

  Status Run() {
    const auto begin = std::chrono::steady_clock::now();
    OFFRAMP_ASSIGN_OR_RETURN(const Paths paths, FindPaths(scenario_, flags_));
    OFFRAMP_ASSIGN_OR_RETURN(Machines machines, ReadMachinesFile(paths.machines));
    model_ = paths.model.empty() ? machines.bundle_folder : paths.model;
    if (model_.empty()) {
      return InvalidArgumentError(paths.machines +
                                  ": says nothing of a model, expected a bundle's folder or an "
                                  "ONNX file beside it, or `model: {bundle: ...}` in it");
    }
    OFFRAMP_RETURN_IF_ERROR(FindTargets());
    OFFRAMP_ASSIGN_OR_RETURN(PlacementModel model, ReadModel());
    const Objective objective = ObjectiveOf(scenario_, machines);
    if (model.fixed) {
      OFFRAMP_RETURN_IF_ERROR(PlaceOn(machines, std::move(model), objective));
    } else {
      OFFRAMP_RETURN_IF_ERROR(PlaceAndSplit(machines, std::move(model), objective));
    }
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (Interrupted()) return CancelledError("stopped; nothing was written");
    return Write();
  }

 private:
  bool IsOnnx() const { return !bundle_target_.empty(); }

  // Where things will go, before anything is computed.
  Status FindTargets() {
    std::error_code error;
    const bool folder = fs::is_directory(model_, error);
    if (folder && !flags_.bundle.empty()) {
      return InvalidArgumentError("--bundle: " + model_ + " is a bundle already");
    }
    if (folder) return OkStatus();
    bundle_target_ = flags_.bundle;
    if (bundle_target_.empty() && flags_.output.empty()) {
      return InvalidArgumentError(
          "an ONNX model is split into a bundle: expected -o FLEET (its "
          "bundle is put beside it) or --bundle DIR");
    }
    if (bundle_target_.empty()) {
      bundle_target_ = fs::path(flags_.output).replace_extension(".bundle").string();
    }
    if (fs::exists(bundle_target_, error)) {
      return InvalidArgumentError(bundle_target_ +
                                  ": is there already; name another folder by "
                                  "--bundle");
    }
    return OkStatus();
  }

  Result<PlacementModel> ReadModel() {
    if (!IsOnnx()) {
      OFFRAMP_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(model_));
      bundle_folder_ = bundle.folder;
      return ModelOfBundle(bundle);
    }
    OFFRAMP_ASSIGN_OR_RETURN(shapes_, ParseShapes(flags_.shapes));
    progress_.Show("place: reading the model");
    OFFRAMP_ASSIGN_OR_RETURN(const Inspection inspection,
                             InspectModel(model_, shapes_, /*measure=*/false));
    return ModelOfInspection(inspection, shapes_, kMostCuts);
  }

  Status PlaceOn(const Machines& machines, PlacementModel model, const Objective& objective) {
    OFFRAMP_ASSIGN_OR_RETURN(
        task_, PlacementTask::Create(machines, std::move(model), objective, flags_.stages_max));
    PlaceOptions options;
    options.seed = seed_;
    options.stop = Interrupted;
    options.progress = [this](const std::string& what) { progress_.Show("place: " + what); };
    Result<PlaceReport> report = Place(*task_, options);
    progress_.Clear();
    OFFRAMP_RETURN_IF_ERROR(report.status());
    report_ = *std::move(report);
    return OkStatus();
  }

  // What a stage needs beside its weights is known once it is split off: where that was guessed too
  // low for some machine, everything is placed again with what has been learnt.
  Status PlaceAndSplit(const Machines& machines, PlacementModel model, const Objective& objective) {
    for (int attempt = 1;; ++attempt) {
      OFFRAMP_RETURN_IF_ERROR(PlaceOn(machines, model, objective));
      const Placement chosen = report_.best.placement;
      OFFRAMP_ASSIGN_OR_RETURN(const Bundle bundle, SplitAt(model, chosen));
      const double factor = ActivationFactor(model, chosen.ends, bundle);
      // The plan once more, with the bundle's own figures.
      Result<PlacementTask> real =
          PlacementTask::Create(machines, ModelOfBundle(bundle), objective, flags_.stages_max);
      Placement placement{.replicas = chosen.replicas};
      for (int stage = 1; stage <= chosen.stage_count(); ++stage) placement.ends.push_back(stage);
      if (real.ok() && real->Fits(placement)) {
        task_ = *std::move(real);
        before_split_ = report_.best;
        const std::vector<double> reach(placement.ends.size(), 1);
        OFFRAMP_ASSIGN_OR_RETURN(report_.best, Assess(*task_, placement, reach, {.seed = seed_}));
        return OkStatus();
      }
      if (attempt == kMostSplits || factor <= model.activation_factor) {
        return real.ok() ? InvalidArgumentError(machines.path +
                                                ": the stages need more memory than the machines "
                                                "chosen for them have; try other --stages-max")
                         : real.status();
      }
      std::error_code ignored;
      fs::remove_all(made_bundle_, ignored);
      made_bundle_.clear();
      model.activation_factor = factor;
    }
  }

  Result<Bundle> SplitAt(const PlacementModel& model, const Placement& chosen) {
    SplitOptions options;
    options.model = model_;
    options.folder = bundle_target_;
    options.shapes = shapes_;
    options.seed = seed_;
    options.stages = chosen.stage_count();
    cuts_.clear();
    for (int stage = 1; stage < chosen.stage_count(); ++stage) {
      options.cuts.push_back(model.cuts[static_cast<std::size_t>(chosen.end(stage) - 1)]);
      cuts_.push_back(Join(options.cuts.back(), "+"));
    }
    options.progress = [this](const std::string& what) { progress_.Show("split: " + what); };
    options.stop = Interrupted;
    Result<SplitReport> split = Split(options);
    progress_.Clear();
    OFFRAMP_RETURN_IF_ERROR(split.status());
    made_bundle_ = bundle_folder_ = split->bundle.folder;
    return std::move(split->bundle);
  }

  // The bundle as the fleet file names it: from its own folder, or in full on standard output.
  std::string BundleName() const {
    std::error_code error;
    const fs::path full = fs::absolute(bundle_folder_, error).lexically_normal();
    if (flags_.output.empty()) return full.string();
    const fs::path beside = fs::absolute(flags_.output, error).lexically_normal().parent_path();
    return full.lexically_relative(beside).string();
  }

  Status Write() {
    FleetTextOptions options;
    options.bundle = BundleName();
    options.remarks = {
        "Written by `offramp plan --place` for the machines of " +
            fs::path(task_->machines().path).filename().string() + ".",
        Format("Predicted: mean delay %.4g ms", report_.best.delay_s * 1e3) +
            (task_->model().profile ? Format(", accuracy %.2f %%.", 100 * report_.best.accuracy())
                                    : "."),
        "gflops_per_s is a node's part of its machine's speed: take it out where the node runs on "
        "that machine itself."};
    const std::string fleet = FleetText(*task_, report_.best, options);
    if (!flags_.output.empty()) {
      OFFRAMP_RETURN_IF_ERROR(WriteFileAtomically(flags_.output, fleet));
    }
    made_bundle_.clear();
    const PlaceFacts facts{.task = *task_,
                           .report = report_,
                           .seconds = seconds_,
                           .cuts = cuts_,
                           .before_split = before_split_ ? &*before_split_ : nullptr};
    if (json_) {
      OrderedJson json = PlaceToJson(facts);
      json["bundle"] = bundle_folder_;
      if (flags_.output.empty()) {
        json["fleet_text"] = fleet;
      } else {
        json["fleet"] = flags_.output;
      }
      std::cout << JsonText(json) << std::flush;
      return OkStatus();
    }
    const std::string table =
        PlaceTable(facts, WantsColour(flags_.output.empty() ? STDERR_FILENO : STDOUT_FILENO));
    if (flags_.output.empty()) {
      std::cout << fleet << std::flush;
      std::cerr << table;
    } else {
      std::cout << table << "\nfleet file        " << flags_.output << ": offramp up "
                << flags_.output << "\n"
                << std::flush;
    }
    return OkStatus();
  }

  const ScenarioOptions& scenario_;
  const PlaceFlags& flags_;
  std::uint64_t seed_;
  bool json_;
  ProgressLine progress_;
  std::string model_;
  std::string bundle_target_;  // of an ONNX model
  std::string bundle_folder_;
  std::string made_bundle_;  // taken away again unless the fleet file is written
  InputShapes shapes_;
  std::optional<PlacementTask> task_;
  std::vector<std::string> cuts_;  // of an ONNX model
  PlaceReport report_;
  std::optional<PlacedPlan> before_split_;
  double seconds_ = 0;
};

}  // namespace

int RunPlace(const ScenarioOptions& scenario, const PlaceFlags& flags, std::uint64_t seed,
             bool json) {
  CatchInterrupts();
  const Status done = PlaceCommand(scenario, flags, seed, json).Run();
  return done.ok() ? kExitDone : Fail(done);
}

}  // namespace offramp
