#include "offramp/exits/row_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "offramp/base/random.h"

namespace offramp {

namespace {

constexpr double kChoosingShare = 0.2;  // of the rows that are not held out

bool SameRowShapes(const DataRows& a, const DataRows& b) {
  return std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                    [](const Tensor& x, const Tensor& y) {
                      return x.shape.size() == y.shape.size() &&
                             std::equal(x.shape.begin() + 1, x.shape.end(), y.shape.begin() + 1);
                    });
}

DataRows Gather(const DataRows& data, const std::vector<std::int64_t>& rows) {
  DataRows gathered;
  for (const Tensor& input : data.inputs) gathered.inputs.push_back(GatherRows(input, rows));
  for (const std::int64_t row : rows) {
    if (!data.labels.empty()) {
      gathered.labels.push_back(data.labels[static_cast<std::size_t>(row)]);
    }
  }
  return gathered;
}

DataRows Concat(const std::vector<DataRows>& parts) {
  DataRows joined;
  for (std::size_t i = 0; i < parts.front().inputs.size(); ++i) {
    std::vector<const Tensor*> tensors;
    for (const DataRows& part : parts) tensors.push_back(&part.inputs[i]);
    joined.inputs.push_back(ConcatRows(tensors));
  }
  for (const DataRows& part : parts) {
    joined.labels.insert(joined.labels.end(), part.labels.begin(), part.labels.end());
  }
  return joined;
}

}  // namespace

RowPlan PlanRows(std::int64_t total, std::int64_t max_rows, double held_out_share,
                 std::uint64_t seed) {
  Random random(seed);
  RowPlan plan;
  const std::int64_t wanted = max_rows > 0 ? std::min(max_rows, total) : total;
  // Each row with the chance that gives `wanted` in the end (Knuth, selection sampling).
  for (std::int64_t row = 0; row < total; ++row) {
    const auto missing = static_cast<double>(wanted - static_cast<std::int64_t>(plan.rows.size()));
    if (random.Uniform() * static_cast<double>(total - row) < missing) plan.rows.push_back(row);
  }
  const auto count = static_cast<double>(wanted);
  const auto held_out = static_cast<std::size_t>(std::lround(count * held_out_share));
  const auto choosing = static_cast<std::size_t>(
      std::lround((count - static_cast<double>(held_out)) * kChoosingShare));
  plan.purpose.assign(plan.rows.size(), 0);
  std::fill_n(plan.purpose.begin(), held_out, std::uint8_t{2});
  std::fill_n(plan.purpose.begin() + static_cast<std::ptrdiff_t>(held_out), choosing,
              std::uint8_t{1});
  for (std::size_t i = plan.purpose.size(); i > 1; --i) {
    std::swap(plan.purpose[i - 1], plan.purpose[random.Below(i)]);
  }
  return plan;
}

Result<std::vector<DataRows>> ReadChosen(DataSet& data, const std::vector<std::int64_t>& rows) {
  std::vector<DataRows> joined;
  std::vector<DataRows> alike;  // read, not joined yet
  for (std::size_t begin = 0; begin < rows.size();) {
    // Neighbours with at most one row between them are read in one go.
    std::size_t end = begin + 1;
    while (end < rows.size() && rows[end] - rows[end - 1] <= 2) ++end;
    const std::int64_t first = rows[begin];
    OFFRAMP_ASSIGN_OR_RETURN(const DataRows read, data.Read(first, rows[end - 1] - first + 1));
    std::vector<std::int64_t> wanted;
    for (; begin < end; ++begin) wanted.push_back(rows[begin] - first);
    DataRows gathered = Gather(read, wanted);
    if (!alike.empty() && !SameRowShapes(alike.front(), gathered)) {
      joined.push_back(Concat(alike));
      alike.clear();
    }
    alike.push_back(std::move(gathered));
  }
  if (!alike.empty()) joined.push_back(Concat(alike));
  return joined;
}

}  // namespace offramp
