#include "offramp/placement/moves.h"

#include <algorithm>
#include <cstdlib>

namespace offramp {

namespace {

// How a merged stage takes over the machines of two, and how two stages share those of one.
enum Ways { kBoth, kFirst, kSecond, kWays };

void Insert(std::vector<int>& machines, int m) {
  const auto place = std::lower_bound(machines.begin(), machines.end(), m);
  if (place == machines.end() || *place != m) machines.insert(place, m);
}

void Erase(std::vector<int>& machines, int m) { std::erase(machines, m); }

void AddCutMoves(const PlacementTask& task, const Placement& now, std::vector<Move>& moves) {
  constexpr int kFar = 4;
  const int stages = now.stage_count();
  for (int stage = 1; stage < stages; ++stage) {
    for (int end = now.begin(stage) + 1; end < now.end(stage + 1); ++end) {
      // Near ones all, far ones sparsely.
      const int distance = std::abs(end - now.end(stage));
      if (distance == 0 || (distance > kFar && distance % kFar != 0)) continue;
      moves.push_back({.kind = Move::Kind::kShiftCut, .stage = stage, .other = end});
    }
    for (int way = 0; way < kWays; ++way) {
      moves.push_back({.kind = Move::Kind::kMerge, .stage = stage, .other = way});
    }
  }
  if (stages >= task.stages_max()) return;
  for (int stage = 1; stage <= stages; ++stage) {
    for (int end = now.begin(stage) + 1; end < now.end(stage); ++end) {
      for (int way = 0; way < kWays; ++way) {
        moves.push_back({.kind = Move::Kind::kSplit, .stage = stage, .other = way, .to = end});
      }
    }
  }
}

void Merge(Placement& next, int stage, int way) {
  const auto s = static_cast<std::size_t>(stage - 1);
  std::vector<int> machines = next.replicas[way == kSecond ? s + 1 : s];
  if (way == kBoth) {
    for (const int m : next.replicas[s + 1]) Insert(machines, m);
  }
  next.replicas[s] = std::move(machines);
  next.replicas.erase(next.replicas.begin() + stage);
  next.ends.erase(next.ends.begin() + stage - 1);
}

// Both parts on all machines of the stage, or the front on the first half of them and the rest on
// the others, or the other way about.
void Split(Placement& next, int stage, int way, int end) {
  const auto s = static_cast<std::size_t>(stage - 1);
  const std::vector<int> machines = next.replicas[s];
  next.ends.insert(next.ends.begin() + stage - 1, end);
  next.replicas.insert(next.replicas.begin() + stage, machines);
  if (way == kBoth || machines.size() < 2) return;
  const auto half = static_cast<std::ptrdiff_t>(machines.size() / 2);
  const std::vector<int> front(machines.begin(), machines.begin() + half);
  const std::vector<int> back(machines.begin() + half, machines.end());
  next.replicas[s] = way == kFirst ? front : back;
  next.replicas[s + 1] = way == kFirst ? back : front;
}

}  // namespace

std::vector<Move> MovesFrom(const PlacementTask& task, const Placement& now) {
  std::vector<Move> moves;
  const int stages = now.stage_count();
  for (int stage = 1; stage <= stages; ++stage) {
    for (int m = 0; m < task.machine_count(); ++m) {
      if (!now.Holds(stage, m)) {
        moves.push_back({.kind = Move::Kind::kAdd, .stage = stage, .machine = m});
      }
    }
    for (const int m : now.on(stage)) {
      if (now.on(stage).size() > 1) {
        moves.push_back({.kind = Move::Kind::kRemove, .stage = stage, .machine = m});
      }
      for (int to = 0; to < task.machine_count(); ++to) {
        if (now.Holds(stage, to)) continue;
        moves.push_back({.kind = Move::Kind::kRelocate, .stage = stage, .machine = m, .to = to});
      }
      for (int other = stage + 1; other <= stages; ++other) {
        for (const int to : now.on(other)) {
          if (to == m || now.Holds(stage, to) || now.Holds(other, m)) continue;
          moves.push_back(
              {.kind = Move::Kind::kSwap, .stage = stage, .machine = m, .other = other, .to = to});
        }
      }
    }
  }
  if (!task.model().fixed) AddCutMoves(task, now, moves);
  return moves;
}

std::optional<Placement> Apply(const PlacementTask& task, const Placement& now, const Move& move) {
  Placement next = now;
  std::vector<int>& here = next.replicas[static_cast<std::size_t>(move.stage - 1)];
  switch (move.kind) {
    case Move::Kind::kAdd:
      Insert(here, move.machine);
      break;
    case Move::Kind::kRemove:
      Erase(here, move.machine);
      break;
    case Move::Kind::kRelocate:
      Erase(here, move.machine);
      Insert(here, move.to);
      break;
    case Move::Kind::kSwap: {
      std::vector<int>& there = next.replicas[static_cast<std::size_t>(move.other - 1)];
      Erase(here, move.machine);
      Erase(there, move.to);
      Insert(here, move.to);
      Insert(there, move.machine);
      break;
    }
    case Move::Kind::kShiftCut:
      next.ends[static_cast<std::size_t>(move.stage - 1)] = move.other;
      break;
    case Move::Kind::kMerge:
      Merge(next, move.stage, move.other);
      break;
    case Move::Kind::kSplit:
      Split(next, move.stage, move.other, move.to);
      break;
  }
  if (next == now || !task.Fits(next)) return std::nullopt;
  return next;
}

}  // namespace offramp
