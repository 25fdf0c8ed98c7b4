#include "offramp/partition/cut_points.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

#include "offramp/base/text.h"
#include "offramp/partition/staging.h"

namespace offramp {

namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr double kSlack = 1.1;             // evenness that may be given up for fewer bytes
constexpr std::size_t kMostPoints = 1500;  // the choice is quadratic in them

// Nodes that the answer needs; others go wherever theirs are.
std::vector<bool> Backbone(const ModelGraph& graph) {
  std::vector<bool> needed(static_cast<std::size_t>(graph.node_count()), false);
  std::vector<ValueId> open = {graph.outputs().back()};
  while (!open.empty()) {
    const NodeId node = graph.producer(open.back());
    const bool constant = graph.constant(open.back());
    open.pop_back();
    if (node < 0 || constant || needed[static_cast<std::size_t>(node)]) continue;
    needed[static_cast<std::size_t>(node)] = true;
    open.insert(open.end(), graph.reads(node).begin(), graph.reads(node).end());
  }
  return needed;
}

// What must travel so that `value` is there after the cut; false: it cannot be.
bool AddSources(const ModelGraph& graph, const Probed& probed, ValueId value,
                std::set<ValueId>& sources, std::set<ValueId>& seen) {
  if (graph.constant(value) || !seen.insert(value).second) return true;
  if (probed.values[static_cast<std::size_t>(value)].row) {
    sources.insert(value);
    return true;
  }
  if (!IsRepeated(graph, probed, value)) return false;
  const NodeId node = graph.producer(value);
  if (graph.node(node).op_type() == "Shape") return true;  // read off whatever travels
  return std::all_of(graph.reads(node).begin(), graph.reads(node).end(),
                     [&](ValueId read) { return AddSources(graph, probed, read, sources, seen); });
}

class Finder {
 public:
  Finder(const ModelGraph& graph, const Probed& probed, const std::vector<double>& flops)
      : graph_(graph), probed_(probed), flops_(flops), backbone_(Backbone(graph)) {
    for (const ValueId input : graph.inputs()) Open(input);
  }

  std::vector<CutPoint> Find() {
    std::vector<CutPoint> points;
    std::set<ValueId> counted;  // weights
    double flops = 0;
    std::int64_t weights = 0;
    for (NodeId node = 0; node < graph_.node_count(); ++node) {
      if (!backbone_[static_cast<std::size_t>(node)]) continue;
      flops += flops_[static_cast<std::size_t>(node)];
      weights += Weights(node, counted);
      for (const ValueId value : graph_.writes(node)) Open(value);
      for (const ValueId value : graph_.reads(node)) Close(value, node);
      std::optional<CutPoint> point = Here();
      if (!point || flops <= 0) continue;
      point->flops_before = flops;
      point->weights_before = weights;
      const bool same_work = !points.empty() && points.back().flops_before >= flops * (1 - 1e-9);
      if (same_work && points.back().bytes <= point->bytes) continue;
      if (same_work) points.pop_back();
      points.push_back(*std::move(point));
    }
    return points;
  }

 private:
  NodeId LastReader(ValueId value) const {
    NodeId last = -1;
    for (const NodeId reader : graph_.readers(value)) {
      if (backbone_[static_cast<std::size_t>(reader)]) last = std::max(last, reader);
    }
    return last;
  }
  void Open(ValueId value) {
    if (!graph_.constant(value) && LastReader(value) >= 0) open_.insert(value);
  }
  void Close(ValueId value, NodeId node) {
    if (LastReader(value) == node) open_.erase(value);
  }

  std::int64_t Weights(NodeId node, std::set<ValueId>& counted) const {
    std::int64_t bytes = 0;
    std::vector<ValueId> open(graph_.reads(node));
    while (!open.empty()) {
      const ValueId value = open.back();
      open.pop_back();
      if (!graph_.constant(value) || !counted.insert(value).second) continue;
      if (const onnx::TensorProto* weight = graph_.weight(value)) bytes += BytesOf(*weight);
      const NodeId maker = graph_.producer(value);
      if (maker >= 0) {
        open.insert(open.end(), graph_.reads(maker).begin(), graph_.reads(maker).end());
      }
    }
    return bytes;
  }

  std::optional<CutPoint> Here() const {
    std::set<ValueId> sources;
    std::set<ValueId> seen;
    bool computed = false;
    for (const ValueId value : open_) {
      if (!AddSources(graph_, probed_, value, sources, seen)) return std::nullopt;
    }
    CutPoint point;
    for (const ValueId value : sources) {
      point.tensors.push_back(value);
      point.bytes += probed_.values[static_cast<std::size_t>(value)].bytes;
      computed |= graph_.producer(value) >= 0;
    }
    if (!computed) return std::nullopt;  // nothing but inputs: no work has been done
    return point;
  }

  const ModelGraph& graph_;
  const Probed& probed_;
  const std::vector<double>& flops_;
  const std::vector<bool> backbone_;
  std::set<ValueId> open_;
};

// The best way to end stage `k` at each point, by a cost of stages.
template <typename Cost, typename Join>
std::optional<std::vector<std::size_t>> Best(std::size_t points, int stages, const Cost& cost,
                                             const Join& join, double* best) {
  // Point index `points` is the end of the model.
  std::vector<double> value(points + 1, kNone);
  std::vector<std::vector<std::size_t>> from(static_cast<std::size_t>(stages),
                                             std::vector<std::size_t>(points + 1, 0));
  for (std::size_t p = 0; p <= points; ++p) value[p] = cost(0, std::optional<std::size_t>(), p);
  for (int stage = 1; stage < stages; ++stage) {
    std::vector<double> next(points + 1, kNone);
    for (std::size_t p = 1; p <= points; ++p) {
      for (std::size_t q = 0; q < p; ++q) {
        if (value[q] == kNone) continue;
        const double total = join(value[q], cost(stage, std::optional<std::size_t>(q), p));
        if (total >= next[p]) continue;
        next[p] = total;
        from[static_cast<std::size_t>(stage)][p] = q;
      }
    }
    value = std::move(next);
  }
  *best = value[points];
  if (*best == kNone) return std::nullopt;
  std::vector<std::size_t> chosen;
  std::size_t p = points;
  for (int stage = stages - 1; stage > 0; --stage) {
    p = from[static_cast<std::size_t>(stage)][p];
    chosen.push_back(p);
  }
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

// The cheapest of every few neighbours, where there are very many.
std::vector<CutPoint> Thinned(std::vector<CutPoint> points) {
  if (points.size() <= kMostPoints) return points;
  const std::size_t few = (points.size() + kMostPoints - 1) / kMostPoints;
  std::vector<CutPoint> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i % few == 0) {
      kept.push_back(points[i]);
    } else if (points[i].bytes < kept.back().bytes) {
      kept.back() = points[i];
    }
  }
  return kept;
}

}  // namespace

std::vector<CutPoint> FindCutPoints(const ModelGraph& graph, const Probed& probed,
                                    const std::vector<double>& flops) {
  return Finder(graph, probed, flops).Find();
}

Result<std::vector<CutPoint>> ChooseCuts(const std::vector<CutPoint>& all, int stages,
                                         double total_flops, std::int64_t total_weights,
                                         const CutWishes& wishes) {
  std::vector<CutPoint> points = all;
  if (wishes.max_bytes > 0) {
    std::erase_if(points, [&](const CutPoint& point) { return point.bytes > wishes.max_bytes; });
  }
  points = Thinned(std::move(points));
  if (points.size() + 1 < static_cast<std::size_t>(stages)) {
    return InvalidArgumentError(
        Format("the model has %zu places to cut at%s, too few for %d stages", points.size(),
               wishes.max_bytes > 0 ? " within the limit of bytes" : "", stages));
  }
  std::vector<double> balance = wishes.balance;
  if (balance.empty()) balance.assign(static_cast<std::size_t>(stages), 1);
  const double scale = std::accumulate(balance.begin(), balance.end(), 0.0);
  const auto before = [&](std::size_t p) {
    return p < points.size() ? points[p].flops_before : total_flops;
  };
  const auto weights = [&](std::size_t p) {
    return p < points.size() ? points[p].weights_before : total_weights;
  };
  // A stage's work as a multiple of what it should have.
  const auto load = [&](int stage, std::optional<std::size_t> q, std::size_t p) {
    if (wishes.max_memory_bytes > 0 &&
        weights(p) - (q ? weights(*q) : 0) > wishes.max_memory_bytes) {
      return kNone;
    }
    const double share = balance[static_cast<std::size_t>(stage)] / scale;
    return (before(p) - (q ? before(*q) : 0)) / (total_flops * share);
  };
  double best = kNone;
  if (!Best(
          points.size(), stages, load, [](double a, double b) { return std::max(a, b); }, &best)) {
    return InvalidArgumentError(
        Format("no cut into %d stages keeps every stage's weights within "
               "%lld bytes",
               stages, static_cast<long long>(wishes.max_memory_bytes)));
  }
  const double most = std::max(best * kSlack, best + 1e-9);
  const auto bytes = [&](int stage, std::optional<std::size_t> q, std::size_t p) {
    if (load(stage, q, p) > most) return kNone;
    return p < points.size() ? static_cast<double>(points[p].bytes) : 0.0;
  };
  double fewest = kNone;
  const auto chosen = Best(points.size(), stages, bytes, std::plus<>(), &fewest);
  std::vector<CutPoint> cuts;
  for (const std::size_t p : *chosen) cuts.push_back(points[p]);
  return cuts;
}

}  // namespace offramp
