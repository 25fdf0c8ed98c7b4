#include "offramp/placement/placement_task.h"

#include <algorithm>
#include <limits>
#include <map>

#include "offramp/base/text.h"
#include "offramp/base/units.h"
#include "offramp/core/queue_model.h"

namespace offramp {

namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

std::string Bytes(std::int64_t bytes) {
  return Format("%.4g MB", static_cast<double>(bytes) * 1e-6);
}

double CongestionOf(ServiceLaw law, const PlacementModel& model) {
  if (law == ServiceLaw::kExponential) return CongestionOfScv(1);
  if (law == ServiceLaw::kMeasured && model.service_histogram) {
    return CongestionOfScv(model.service_histogram->scv());
  }
  return CongestionOfScv(0);
}

}  // namespace

PlacementTask::PlacementTask(Machines machines, PlacementModel model, const Objective& objective,
                             int stages_max)
    : machines_(std::move(machines)),
      model_(std::move(model)),
      objective_(objective),
      stages_max_(model_.fixed ? model_.segment_count()
                               : std::min(stages_max, model_.segment_count())),
      congestion_(CongestionOf(machines_.service, model_)) {
  const auto count = static_cast<std::size_t>(machine_count());
  std::map<int, double> rates;
  for (const MachineSource& source : machines_.sources) {
    rates[source.machine] += source.tasks_per_s;
    total_rate_per_s_ += source.tasks_per_s;
  }
  sources_.assign(rates.begin(), rates.end());
  link_index_.assign(count * count, -1);
  for (std::size_t l = 0; l < machines_.links.size(); ++l) {
    const MachineLink& link = machines_.links[l];
    link_index_[static_cast<std::size_t>(link.from) * count + static_cast<std::size_t>(link.to)] =
        static_cast<int>(l);
  }
  gflops_before_ = {0};
  memory_before_ = {0};
  for (const ModelSegment& segment : model_.segments) {
    gflops_before_.push_back(gflops_before_.back() + segment.gflops);
    memory_before_.push_back(memory_before_.back() + segment.memory_bytes);
  }
}

Result<PlacementTask> PlacementTask::Create(Machines machines, PlacementModel model,
                                            const Objective& objective, int stages_max) {
  PlacementTask task(std::move(machines), std::move(model), objective, stages_max);
  OFFRAMP_RETURN_IF_ERROR(task.CheckMemory());
  OFFRAMP_RETURN_IF_ERROR(task.CheckReach());
  OFFRAMP_RETURN_IF_ERROR(task.CheckWork());
  return task;
}

StageNeed PlacementTask::Stage(int begin, int end) const {
  const auto b = static_cast<std::size_t>(begin);
  const auto e = static_cast<std::size_t>(end);
  StageNeed need{.gflops = gflops_before_[e] - gflops_before_[b],
                 .memory_bytes = memory_before_[e] - memory_before_[b]};
  if (model_.fixed) return need;
  // What is computed on the way: a layer reads and writes about what a cut there would carry.
  need.memory_bytes += static_cast<std::int64_t>(model_.activation_factor *
                                                 static_cast<double>(model_.Widest(begin, end)));
  return need;
}

std::int64_t PlacementTask::BytesInto(int begin) const {
  return begin == 0 ? model_.input_bytes
                    : model_.segments[static_cast<std::size_t>(begin - 1)].output_bytes;
}

const MachineLink* PlacementTask::FindLink(int from, int to) const {
  const std::size_t row = static_cast<std::size_t>(from) * machines_.machines.size();
  const int index = link_index_[row + static_cast<std::size_t>(to)];
  return index < 0 ? nullptr : &machines_.links[static_cast<std::size_t>(index)];
}

double PlacementTask::TransferSeconds(std::int64_t bytes, int from, int to) const {
  if (from == to) return 0;
  const MachineLink* link = FindLink(from, to);
  return link == nullptr ? kInfinite
                         : offramp::TransferSeconds(bytes, link->mbit_per_s, link->latency_ms);
}

double PlacementTask::BusySeconds(std::int64_t bytes, int from, int to) const {
  const MachineLink* link = from == to ? nullptr : FindLink(from, to);
  return link == nullptr ? 0 : SerializationSeconds(bytes, link->mbit_per_s);
}

std::vector<std::int64_t> PlacementTask::UsedMemory(const Placement& placement) const {
  std::vector<std::int64_t> used(static_cast<std::size_t>(machine_count()), 0);
  for (int stage = 1; stage <= placement.stage_count(); ++stage) {
    const std::int64_t bytes = Stage(placement, stage).memory_bytes;
    for (const int m : placement.on(stage)) used[static_cast<std::size_t>(m)] += bytes;
  }
  return used;
}

bool PlacementTask::Fits(const Placement& placement) const {
  for (const std::vector<int>& machines : placement.replicas) {
    if (machines.empty()) return false;
  }
  const std::vector<std::int64_t> used = UsedMemory(placement);
  for (int m = 0; m < machine_count(); ++m) {
    if (used[static_cast<std::size_t>(m)] > machine(m).memory_bytes) return false;
  }
  return true;
}

bool PlacementTask::Prune(Placement& placement) const {
  const auto linked = [this](int from, int to) {
    return from == to || FindLink(from, to) != nullptr;
  };
  const auto keep_if = [](std::vector<int>& machines, const auto& wanted) {
    std::erase_if(machines, [&](int m) { return !wanted(m); });
  };
  const int stages = placement.stage_count();
  for (int stage = stages - 1; stage >= 1; --stage) {
    keep_if(placement.replicas[static_cast<std::size_t>(stage - 1)], [&](int m) {
      return std::any_of(placement.on(stage + 1).begin(), placement.on(stage + 1).end(),
                         [&](int to) { return linked(m, to); });
    });
  }
  for (const auto& [m, rate] : sources_) {
    const int from = m;
    const auto& first = placement.on(1);
    if (std::none_of(first.begin(), first.end(), [&](int to) { return linked(from, to); })) {
      return false;
    }
  }
  for (int stage = 1; stage <= stages; ++stage) {
    keep_if(placement.replicas[static_cast<std::size_t>(stage - 1)], [&](int m) {
      if (stage == 1) {
        return std::any_of(sources_.begin(), sources_.end(),
                           [&](const auto& source) { return linked(source.first, m); });
      }
      const auto& before = placement.on(stage - 1);
      return std::any_of(before.begin(), before.end(), [&](int from) { return linked(from, m); });
    });
    if (placement.on(stage).empty()) return false;
  }
  return true;
}

// Every segment somewhere, and all of them together.
Status PlacementTask::CheckMemory() const {
  const auto largest = std::max_element(
      machines_.machines.begin(), machines_.machines.end(),
      [](const Machine& a, const Machine& b) { return a.memory_bytes < b.memory_bytes; });
  std::int64_t all = 0;
  for (const Machine& machine : machines_.machines) all += machine.memory_bytes;
  std::int64_t needed = 0;
  for (int s = 0; s < model_.segment_count(); ++s) {
    const std::int64_t bytes = Stage(s, s + 1).memory_bytes;
    needed += model_.fixed ? bytes : model_.segments[static_cast<std::size_t>(s)].memory_bytes;
    if (bytes <= largest->memory_bytes) continue;
    const std::string what = model_.fixed ? Format("stage %d", s + 1)
                             : s == 0     ? "what lies before the first cut"
                                          : "what lies after the cut at " +
                                            Join(model_.cuts[static_cast<std::size_t>(s - 1)], "+");
    return InvalidArgumentError(machines_.path + ": " + what + " needs " + Bytes(bytes) +
                                " and the most that a machine has is " +
                                Bytes(largest->memory_bytes) + " (" + largest->name +
                                "): " + Bytes(bytes - largest->memory_bytes) + " are missing");
  }
  if (needed <= all) return OkStatus();
  return InvalidArgumentError(machines_.path + ": the model needs " + Bytes(needed) +
                              " and all machines have " + Bytes(all) +
                              " together: " + Bytes(needed - all) + " are missing");
}

// From every source to some machine that holds the first segment, and on to one that holds the
// next, and so on. Memory that stages take from each other is the search's to keep.
Status PlacementTask::CheckReach() const {
  for (const MachineSource& source : machines_.sources) {
    std::vector<bool> here(static_cast<std::size_t>(machine_count()), false);
    here[static_cast<std::size_t>(source.machine)] = true;
    for (int s = 0; s < model_.segment_count(); ++s) {
      std::vector<bool> next(here.size(), false);
      const std::int64_t bytes = Stage(s, s + 1).memory_bytes;
      for (int to = 0; to < machine_count(); ++to) {
        if (bytes > machine(to).memory_bytes) continue;
        for (int from = 0; from < machine_count(); ++from) {
          if (here[static_cast<std::size_t>(from)] &&
              (from == to || FindLink(from, to) != nullptr)) {
            next[static_cast<std::size_t>(to)] = true;
          }
        }
      }
      if (std::find(next.begin(), next.end(), true) == next.end()) {
        return InvalidArgumentError(
            machines_.path + ": no link leads from source " + source.name + " on " +
            machine(source.machine).name + " to a machine that holds " +
            (model_.fixed ? Format("stage %d", s + 1) : Format("part %d of the model", s + 1)) +
            " (" + Bytes(bytes) + "); links are used singly, nothing is passed on");
      }
      here = std::move(next);
    }
  }
  return OkStatus();
}

// The least that all tasks need: with exits, everything that comes before the first one.
Status PlacementTask::CheckWork() const {
  double least = 0;
  for (const ModelSegment& segment : model_.segments) {
    least += segment.gflops;
    if (segment.exit) break;
  }
  double all = 0;
  for (const Machine& machine : machines_.machines) all += machine.gflops_per_s;
  const double asked = least * total_rate_per_s_;
  if (asked < all) return OkStatus();
  return InvalidArgumentError(
      machines_.path + Format(": %.4g tasks/s need at least %.4g GFLOP/s and all machines give "
                              "%.4g: %.4g GFLOP/s are missing",
                              total_rate_per_s_, asked, all, asked - all));
}

}  // namespace offramp
