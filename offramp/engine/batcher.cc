#include "offramp/engine/batcher.h"

#include <algorithm>

#include "offramp/base/check.h"

namespace offramp {

BatchChoice ChooseBatch(std::span<const BatchCandidate> waiting, const BatchLimits& limits,
                        double now_s) {
  if (waiting.empty()) return {};
  const BatchCandidate& head = waiting[0];
  std::int64_t rows = head.rows;
  std::size_t count = 1;
  while (count < waiting.size() && rows + waiting[count].rows <= limits.max_batch_size &&
         SameRowShapes(*head.tensors, *waiting[count].tensors)) {
    rows += waiting[count].rows;
    ++count;
  }
  // Somebody who cannot join stands next: the batch cannot grow without overtaking.
  const bool complete = rows >= limits.max_batch_size || count < waiting.size();
  const double wake_s = head.arrived_s + limits.max_queue_delay_s;
  if (complete || now_s >= wake_s) return {.count = count};
  return {.count = 0, .wake_s = wake_s};
}

bool SameRowShapes(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tensor& x, const Tensor& y) {
    return x.name == y.name && x.datatype == y.datatype && x.datatype != DataType::kBytes &&
           !x.shape.empty() && !y.shape.empty() &&
           std::equal(x.shape.begin() + 1, x.shape.end(), y.shape.begin() + 1, y.shape.end());
  });
}

std::vector<Tensor> JoinInputs(const std::vector<const std::vector<Tensor>*>& parcels) {
  OFFRAMP_CHECK(!parcels.empty(), "nothing to join");
  std::vector<Tensor> joined;
  joined.reserve(parcels[0]->size());
  for (std::size_t i = 0; i < parcels[0]->size(); ++i) {
    std::vector<const Tensor*> parts;
    parts.reserve(parcels.size());
    for (const std::vector<Tensor>* parcel : parcels) {
      OFFRAMP_CHECK(parcel->size() == parcels[0]->size(), "parcels of one batch are alike");
      parts.push_back(&(*parcel)[i]);
    }
    joined.push_back(ConcatRows(parts));
  }
  return joined;
}

std::vector<std::vector<Tensor>> SplitOutputs(const std::vector<Tensor>& outputs,
                                              const std::vector<std::int64_t>& rows) {
  if (rows.size() == 1) return {outputs};
  std::vector<std::vector<Tensor>> parcels(rows.size());
  for (const Tensor& output : outputs) {
    std::int64_t first = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      parcels[i].push_back(SliceRows(output, first, rows[i]));
      first += rows[i];
    }
    OFFRAMP_CHECK(first == output.rows(), "outputs have the rows of their parcels");
  }
  return parcels;
}

}  // namespace offramp
