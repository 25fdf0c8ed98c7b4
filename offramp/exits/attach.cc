#include "offramp/exits/attach.h"

#include <algorithm>
#include <set>

#include "offramp/base/text.h"
#include "offramp/exits/check.h"
#include "offramp/exits/collect.h"
#include "offramp/exits/design.h"
#include "offramp/exits/exit_nodes.h"
#include "offramp/files/bundle_draft.h"
#include "offramp/files/bundle_file.h"
#include "offramp/files/bundle_write.h"
#include "offramp/files/scenario_file.h"
#include "offramp/files/text_file.h"
#include "offramp/files/yaml_reader.h"
#include "offramp/model/digest.h"
#include "offramp/partition/onnx_model.h"

namespace offramp {

namespace {

constexpr const char* kProfileFile = "exits.csv";
constexpr double kFlopsPerGflop = 1e9;

// Every name of a tensor that bundle.yaml knows.
std::set<std::string> TensorNames(const Bundle& bundle) {
  std::set<std::string> names;
  for (const TensorSpec& spec : bundle.task_inputs()) names.insert(spec.name);
  for (const TensorSpec& spec : bundle.outputs) names.insert(spec.name);
  for (const BundleStage& stage : bundle.stages) {
    names.insert(stage.sends.begin(), stage.sends.end());
    names.insert(stage.exit);
  }
  return names;
}

class Attacher {
 public:
  Attacher(const Bundle& bundle, DataSet& data, const AttachOptions& options)
      : old_(bundle), data_(data), options_(options), new_(bundle) {}

  Result<AttachReport> Run() {
    OFFRAMP_RETURN_IF_ERROR(CheckAnswer());
    OFFRAMP_RETURN_IF_ERROR(ChooseStages());
    OFFRAMP_ASSIGN_OR_RETURN(BundleDraft draft, BundleDraft::Begin(old_.folder, options_.folder));
    OFFRAMP_RETURN_IF_ERROR(Step("reading the data"));
    OFFRAMP_RETURN_IF_ERROR(Collect());
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      OFFRAMP_RETURN_IF_ERROR(Step(Format("fitting the exit after stage %d", stages_[s])));
      OFFRAMP_ASSIGN_OR_RETURN(
          DesignedExit exit,
          DesignExit(rows_, s,
                     {.hidden = options_.hidden, .seed = options_.seed, .stop = options_.stop}));
      exits_.push_back(std::move(exit));
    }
    for (std::size_t s = 0; s < stages_.size(); ++s) OFFRAMP_RETURN_IF_ERROR(WriteExit(s, draft));
    OFFRAMP_RETURN_IF_ERROR(WriteBundle(draft));
    OFFRAMP_RETURN_IF_ERROR(Step("comparing the new bundle with the old one"));
    OFFRAMP_RETURN_IF_ERROR(Check(draft.folder()));
    OFFRAMP_RETURN_IF_ERROR(Step("finishing"));
    const std::string target = draft.target();
    OFFRAMP_RETURN_IF_ERROR(draft.Keep());
    OFFRAMP_ASSIGN_OR_RETURN(report_.bundle, ReadBundle(target));
    return std::move(report_);
  }

 private:
  Status Step(const std::string& what) const {
    if (options_.stop && options_.stop()) return CancelledError("stopped; nothing was written");
    if (options_.progress) options_.progress(what);
    return OkStatus();
  }

  Status CheckAnswer() const {
    const TensorSpec& answer = old_.outputs.back();
    if (answer.datatype == DataType::kFp32 && answer.shape.size() == 2 &&
        (answer.shape[1] == -1 || answer.shape[1] >= 2)) {
      return OkStatus();
    }
    return InvalidArgumentError(
        "the model answers \"" + answer.name + "\", " + std::string(DataTypeName(answer.datatype)) +
        Format(" of rank %zu, expected FP32 [-1, classes] with two classes or more: exits "
               "classify",
               answer.shape.size()));
  }

  Status ChooseStages() {
    const int last = old_.stage_count();
    if (last < 2) {
      return InvalidArgumentError("the bundle has one stage, which answers; expected two or more");
    }
    if (options_.after.empty()) {
      for (int h = 1; h < last; ++h) {
        if (options_.replace || old_.stage(h).exit.empty()) stages_.push_back(h);
      }
      if (!stages_.empty()) return OkStatus();
      return InvalidArgumentError("every stage has an exit; --replace fits them anew");
    }
    stages_ = options_.after;
    std::sort(stages_.begin(), stages_.end());
    stages_.erase(std::unique(stages_.begin(), stages_.end()), stages_.end());
    for (const int stage : stages_) {
      if (stage < 1 || stage >= last) {
        return InvalidArgumentError(
            Format("an exit after stage %d: expected a stage of 1 to %d, before the last", stage,
                   last - 1));
      }
      if (!options_.replace && !old_.stage(stage).exit.empty()) {
        return InvalidArgumentError(Format("stage %d has the exit \"%s\"; --replace fits another",
                                           stage, old_.stage(stage).exit.c_str()));
      }
    }
    return OkStatus();
  }

  double GoalFlops(int stage) const {
    return options_.flops_goal * old_.stage(stage).gflops * kFlopsPerGflop;
  }

  // Of the pools that there are for these inputs, those to try.
  Result<std::vector<ExitPool>> Pools(int stage, const ExitInputs& inputs) const {
    std::vector<ExitPool> all = PoolsFor(inputs);
    const auto only = [&all](ExitPool::Kind kind) {
      std::erase_if(all, [kind](const ExitPool& pool) { return pool.kind != kind; });
    };
    if (options_.pool == PoolWish::kMean) only(ExitPool::Kind::kMean);
    if (options_.pool == PoolWish::kFirst) only(ExitPool::Kind::kFirst);
    if (options_.pool == PoolWish::kGrid) only(ExitPool::Kind::kGrid);
    if (all.empty()) {
      return InvalidArgumentError(
          options_.pool == PoolWish::kFirst
              ? Format("--pool first: stage %d sends no tokens [n, t, c]", stage)
              : Format("--pool grid: stage %d sends nothing of a fixed shape [n, c, h, w]", stage));
    }
    if (options_.pool != PoolWish::kAuto) return all;
    const auto cost = [this, &inputs](const ExitPool& pool) {
      return PoolFlops(inputs, pool) +
             ClassifierFlops(FeatureCount(inputs, pool), options_.hidden, Classes(), false);
    };
    // None within the goal: the cheapest.
    const ExitPool cheapest =
        *std::min_element(all.begin(), all.end(),
                          [&cost](const auto& a, const auto& b) { return cost(a) < cost(b); });
    std::erase_if(all, [&](const ExitPool& pool) {
      return !(pool == cheapest) && cost(pool) > GoalFlops(stage);
    });
    return all;
  }

  std::int64_t Classes() const { return std::max<std::int64_t>(old_.outputs.back().shape[1], 2); }

  Status Collect() {
    CollectOptions collect{.stages = stages_,
                           .held_out = options_.held_out,
                           .max_rows = options_.max_rows,
                           .seed = options_.seed,
                           .threads = options_.threads,
                           .pools = nullptr,
                           .progress = nullptr,
                           .stop = options_.stop};
    collect.pools = [this](int stage, const ExitInputs& inputs) { return Pools(stage, inputs); };
    collect.progress = [this](std::int64_t done, std::int64_t rows) {
      if (!options_.progress) return;
      options_.progress(Format("running the stages over the data, %.0f %% of %lld rows",
                               100 * static_cast<double>(done) / static_cast<double>(rows),
                               static_cast<long long>(rows)));
    };
    OFFRAMP_ASSIGN_OR_RETURN(rows_, CollectRows(old_, data_, collect));
    report_.notes = rows_.notes;
    report_.fitting_rows = static_cast<std::int64_t>(rows_.fitting.rows.size());
    report_.choosing_rows = static_cast<std::int64_t>(rows_.choosing.rows.size());
    report_.held_out_rows = static_cast<std::int64_t>(rows_.held_out.rows.size());
    if (rows_.probabilities) {
      report_.notes.emplace_back("the last stage answers probabilities: so do the new exits");
    }
    if (rows_.spooled) {
      report_.notes.emplace_back("features were kept in a temporary file: too many for memory");
    }
    const std::vector<std::int32_t>& answers = rows_.fitting.answers;
    if (std::all_of(answers.begin(), answers.end(),
                    [&answers](std::int32_t answer) { return answer == answers.front(); })) {
      report_.notes.emplace_back(
          "the last stage gives one answer for all rows: are the data right?");
    }
    if (!rows_.held_out.labels.empty()) {
      const std::vector<float> correct = Correct(rows_.held_out.answers);
      double right = 0;
      for (const float one : correct) right += static_cast<double>(one);
      report_.last_accuracy = right / static_cast<double>(correct.size());
    }
    return OkStatus();
  }

  Status WriteExit(std::size_t s, BundleDraft& draft) {
    const int number = stages_[s];
    const DesignedExit& exit = exits_[s];
    BundleStage& stage = new_.stages[static_cast<std::size_t>(number - 1)];
    OFFRAMP_ASSIGN_OR_RETURN(OnnxModel model, ReadOnnxModel(old_.folder + "/" + stage.file));
    double gflops = stage.gflops;
    if (!stage.exit.empty()) {
      const bool sent =
          std::find(stage.sends.begin(), stage.sends.end(), stage.exit) != stage.sends.end();
      if (!sent) gflops -= RemoveOutput(stage.exit, *model.proto.mutable_graph()) / kFlopsPerGflop;
      stage.exit.clear();
    }
    const auto added = AddExit(exit.design, number, TensorNames(new_), model.proto);
    OFFRAMP_RETURN_IF_ERROR(added.status().At(old_.folder + "/" + stage.file));
    std::string bytes;
    if (!model.proto.SerializeToString(&bytes)) {
      return InvalidArgumentError(old_.folder + "/" + stage.file + ": is too large for an exit");
    }
    OFFRAMP_RETURN_IF_ERROR(draft.Write(stage.file, bytes));
    stage.sha256 = Sha256Hex(bytes);
    stage.exit = *added;
    stage.temperature = exit.temperature;
    const double flops = ExitFlops(exit.design);
    const double without = std::max(gflops, 1e-9);
    stage.gflops = without + flops / kFlopsPerGflop;
    stage.memory_bytes += ExitWeightBytes(exit.design.classifier);
    if (!exit.design.inputs.mask.empty()) CarryMask(s);
    AttachedExit line{.stage = number,
                      .output = *added,
                      .pool = PoolName(exit.design.pool),
                      .features = exit.design.classifier.layers.front().weights.rows(),
                      .l2 = exit.l2,
                      .temperature = exit.temperature,
                      .agreement = exit.agreement,
                      .accuracy = exit.accuracy,
                      .calibration_error_before = exit.error_before,
                      .calibration_error_after = exit.error_after,
                      .flops = flops,
                      .flops_share = flops / (without * kFlopsPerGflop)};
    if (line.flops_share > options_.flops_goal) {
      report_.notes.push_back(
          Format("the exit after stage %d adds %.1f %% to its FLOPs, more than "
                 "%.0f %%",
                 number, 100 * line.flops_share, 100 * options_.flops_goal));
    }
    report_.exits.push_back(std::move(line));
    return OkStatus();
  }

  // The mask reaches the stage: every stage before it sends it on.
  void CarryMask(std::size_t s) {
    const std::string& mask = exits_[s].design.inputs.mask;
    const auto add = [&mask](std::vector<std::string>& names) {
      if (std::find(names.begin(), names.end(), mask) != names.end()) return false;
      names.push_back(mask);
      return true;
    };
    for (int h = 1; h < stages_[s]; ++h) {
      BundleStage& before = new_.stages[static_cast<std::size_t>(h - 1)];
      if (add(before.sends)) before.output_bytes += rows_.mask_bytes[s];
    }
    add(new_.stages[static_cast<std::size_t>(stages_[s] - 1)].receives);
  }

  // 1 where an answer is right, by row of the held-out ones.
  std::vector<float> Correct(const std::vector<std::int32_t>& answers) const {
    const std::vector<std::int32_t>& truth = Truth(rows_.held_out);
    std::vector<float> correct;
    for (std::size_t r = 0; r < truth.size(); ++r) {
      correct.push_back(answers[r] == truth[r] ? 1.0F : 0.0F);
    }
    return correct;
  }

  ExitProfile Profile() const {
    const auto count = new_.stages.size();
    std::vector<std::vector<float>> confidence(count);
    std::vector<std::vector<float>> correct(count);
    for (std::size_t s = 0; s + 1 < count; ++s) {
      std::vector<Confidence> found = rows_.held_out.exits[s];
      const auto at = std::find(stages_.begin(), stages_.end(), static_cast<int>(s) + 1);
      if (at != stages_.end()) {
        const DesignedExit& exit = exits_[static_cast<std::size_t>(at - stages_.begin())];
        found.clear();
        for (std::int64_t r = 0; r < exit.held_out.rows(); ++r) {
          found.push_back(MaxSoftmax(exit.held_out.row(r), exit.temperature));
        }
      }
      if (found.empty()) continue;
      std::vector<std::int32_t> answers;
      for (const Confidence& one : found) {
        confidence[s].push_back(one.confidence);
        answers.push_back(one.argmax);
      }
      correct[s] = Correct(answers);
    }
    correct.back() = Correct(rows_.held_out.answers);
    return {std::move(confidence), std::move(correct)};
  }

  Status WriteBundle(BundleDraft& draft) {
    const std::string path = old_.folder + "/bundle.yaml";
    OFFRAMP_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path, kYamlMaxBytes));
    OFFRAMP_ASSIGN_OR_RETURN(const BundleYaml yaml, ParseBundleYaml(text, path));
    if (yaml.bundle.digest != old_.digest) {
      return FailedPreconditionError(path + ": has changed meanwhile; nothing was written");
    }
    const std::string profile = yaml.exit_profile.empty() ? kProfileFile : yaml.exit_profile;
    OFFRAMP_RETURN_IF_ERROR(draft.Write(profile, ExitProfileText(Profile())));
    return draft.Write("bundle.yaml", BundleYamlText(new_, yaml.labels, profile));
  }

  Status Check(const std::string& folder) {
    // Read back as whoever loads it will.
    OFFRAMP_ASSIGN_OR_RETURN(const Bundle after, ReadBundle(folder));
    OFFRAMP_ASSIGN_OR_RETURN(const CheckedExits checked,
                             CheckExits(old_, after, data_, rows_.held_out.rows, stages_, exits_));
    report_.checked_rows = checked.rows;
    report_.max_difference = checked.max_difference;
    return OkStatus();
  }

  const Bundle& old_;
  DataSet& data_;
  const AttachOptions& options_;
  Bundle new_;
  std::vector<int> stages_;
  Collected rows_;
  std::vector<DesignedExit> exits_;  // by stage of `stages_`
  AttachReport report_;
};

}  // namespace

Result<AttachReport> AttachExits(const Bundle& bundle, DataSet& data,
                                 const AttachOptions& options) {
  return Attacher(bundle, data, options).Run();
}

}  // namespace offramp
