#include "offramp/gateway/reply_assembly.h"

#include <cstring>
#include <utility>

#include "offramp/base/check.h"

namespace offramp {

ReplyAssembly::ReplyAssembly(std::size_t rows, const Bundle& model)
    : open_(rows), outputs_(model.outputs.size()) {
  for (std::size_t i = 0; i < outputs_.size(); ++i) outputs_[i].tensor.name = model.outputs[i].name;
  reply_.rows.resize(rows);
}

Status ReplyAssembly::Add(const std::vector<std::uint32_t>& rows, const AnswerFrame& answer) {
  if (rows.size() > open_ || answer.confidence.size() != rows.size()) {
    return InternalError("an answer for other rows than asked for");
  }
  for (const Tensor& tensor : answer.tensors) {
    for (Output& output : outputs_) {
      if (output.tensor.name != tensor.name) continue;
      OFFRAMP_RETURN_IF_ERROR(Place(output, tensor, rows));
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    reply_.rows[rows[i]] = {answer.exit_stage, answer.confidence[i]};
    if (rows[i] != 0) continue;
    for (const Hop& hop : answer.path) {
      if (!reply_.path.empty()) reply_.path += ",";
      reply_.path += hop.node;
      reply_.queue_s += static_cast<double>(hop.queue_s);
      reply_.compute_s += static_cast<double>(hop.compute_s);
    }
  }
  open_ -= rows.size();
  return OkStatus();
}

Status ReplyAssembly::Place(Output& output, const Tensor& tensor,
                            const std::vector<std::uint32_t>& rows) {
  const std::size_t all = reply_.rows.size();
  if (tensor.rows() != static_cast<std::int64_t>(rows.size()) || tensor.shape.empty()) {
    return InternalError("output \"" + tensor.name + "\" has the wrong number of rows");
  }
  if (rows.size() == all) {
    bool in_order = true;
    for (std::size_t i = 0; i < all; ++i) in_order &= rows[i] == i;
    if (in_order) {
      output.tensor = tensor;
      output.rows = all;
      return OkStatus();
    }
  }
  const std::size_t row_bytes = tensor.data.size() / rows.size();
  if (!output.bytes) {
    output.row_bytes = row_bytes;
    output.bytes.emplace(row_bytes * all);
    output.tensor.datatype = tensor.datatype;
    output.tensor.shape = tensor.shape;
    output.tensor.shape[0] = static_cast<std::int64_t>(all);
  } else if (row_bytes != output.row_bytes || tensor.datatype != output.tensor.datatype) {
    return InternalError("output \"" + tensor.name + "\" differs in shape between rows");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::memcpy(output.bytes->data() + rows[i] * row_bytes, tensor.data.data() + i * row_bytes,
                row_bytes);
  }
  output.rows += rows.size();
  return OkStatus();
}

InferenceReply ReplyAssembly::Take() {
  OFFRAMP_CHECK(complete(), "rows are missing");
  if (!outputs_.empty() && outputs_.back().rows < reply_.rows.size()) {
    InferenceReply broken;
    broken.status =
        InternalError("the answer has no \"" + outputs_.back().tensor.name + "\" for every row");
    return broken;
  }
  for (Output& output : outputs_) {
    // A plain output of a late stage does not exist for rows that left before it.
    if (output.rows < reply_.rows.size()) continue;
    if (output.bytes) output.tensor.data = std::move(*output.bytes).Freeze();
    reply_.outputs.push_back(std::move(output.tensor));
  }
  return std::move(reply_);
}

}  // namespace offramp
