#include "offramp/placement/rules.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "offramp/placement/single_path.h"

namespace offramp {

namespace {

bool ReachedByAll(const PlacementTask& task, int machine) {
  return std::all_of(task.sources().begin(), task.sources().end(), [&](const auto& source) {
    return source.first == machine || task.FindLink(source.first, machine) != nullptr;
  });
}

// Machines by `weight`, each with a link from the one before.
std::vector<int> Row(const PlacementTask& task, const std::vector<double>& weight) {
  std::vector<int> order(weight.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return weight[static_cast<std::size_t>(a)] > weight[static_cast<std::size_t>(b)];
  });
  std::vector<int> row;
  while (static_cast<int>(row.size()) < task.stages_max()) {
    const auto next = std::find_if(order.begin(), order.end(), [&](int m) {
      return row.empty() ? ReachedByAll(task, m) : task.FindLink(row.back(), m) != nullptr;
    });
    if (next == order.end()) break;
    row.push_back(*next);
    order.erase(next);
  }
  return row;
}

// Machine i of the row gets the segments whose middle, measured by `size`, falls into its part.
Result<Placement> InProportion(const PlacementTask& task, const std::vector<double>& weight,
                               const std::vector<double>& size) {
  const std::vector<int> row = Row(task, weight);
  if (row.empty()) return InvalidArgumentError("no machine is reached by every source");
  double total = 0;
  for (const int m : row) total += weight[static_cast<std::size_t>(m)];
  const double all = std::accumulate(size.begin(), size.end(), 0.0);
  Placement placement;
  double done = 0;
  double part = 0;
  std::size_t at = 0;
  int last = -1;
  for (std::size_t s = 0; s < size.size(); ++s) {
    const double middle = (done + 0.5 * size[s]) / all;
    while (at + 1 < row.size() &&
           middle > (part + weight[static_cast<std::size_t>(row[at])]) / total) {
      part += weight[static_cast<std::size_t>(row[at++])];
    }
    done += size[s];
    const int m = row[at];
    const int end = static_cast<int>(s) + 1;
    if (m == last && !task.model().fixed) {
      placement.ends.back() = end;
    } else {
      placement.ends.push_back(end);
      placement.replicas.push_back({m});
    }
    last = m;
  }
  if (!task.Fits(placement)) return InvalidArgumentError("its shares do not fit into memory");
  Placement pruned = placement;
  if (!task.Prune(pruned) || pruned != placement) {
    return InvalidArgumentError("its row of machines is not linked");
  }
  return placement;
}

std::vector<double> Memory(const PlacementTask& task) {
  std::vector<double> memory;
  for (const Machine& machine : task.machines().machines) {
    memory.push_back(static_cast<double>(machine.memory_bytes));
  }
  return memory;
}

std::vector<double> Speeds(const PlacementTask& task) {
  std::vector<double> speeds;
  for (const Machine& machine : task.machines().machines) speeds.push_back(machine.gflops_per_s);
  return speeds;
}

}  // namespace

Result<Placement> AllOnFastest(const PlacementTask& task) {
  Placement placement;
  if (task.model().fixed) {
    for (int s = 1; s <= task.model().segment_count(); ++s) placement.ends.push_back(s);
  } else {
    placement.ends = {task.model().segment_count()};
  }
  std::vector<int> order(static_cast<std::size_t>(task.machine_count()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return task.machine(a).gflops_per_s > task.machine(b).gflops_per_s;
  });
  for (const int m : order) {
    placement.replicas.assign(placement.ends.size(), {m});
    if (ReachedByAll(task, m) && task.Fits(placement)) return placement;
  }
  return InvalidArgumentError("no machine that every source reaches holds the whole model");
}

Result<Placement> InProportionToMemory(const PlacementTask& task) {
  std::vector<double> size;
  for (const ModelSegment& segment : task.model().segments) {
    // A part without weights still has a place in the row.
    size.push_back(std::max(static_cast<double>(segment.memory_bytes), 1.0));
  }
  return InProportion(task, Memory(task), size);
}

Result<Placement> InProportionToSpeed(const PlacementTask& task) {
  std::vector<double> size;
  for (const ModelSegment& segment : task.model().segments) size.push_back(segment.gflops);
  return InProportion(task, Speeds(task), size);
}

Result<Placement> OneReplicaEach(const PlacementTask& task, const std::vector<double>& reach,
                                 const std::function<bool()>& stop) {
  std::optional<SinglePath> path = BestSinglePath(task, reach, stop);
  if (!path) return InvalidArgumentError("no path through the machines keeps their memory");
  return std::move(path->placement);
}

}  // namespace offramp
