// Into the engine and out of it: what runs next, and what a failed call means for those in it.
#include <utility>

#include "offramp/node/node_core.h"

namespace offramp {

void NodeCore::DropExpired() {
  const double now_s = loop_.NowSeconds();
  std::vector<ParcelKey> expired;
  std::erase_if(queue_, [&](ParcelKey key) {
    const auto it = parcels_.find(key);
    if (it == parcels_.end()) return true;  // cancelled while it waited
    if (it->second.deadline_at_s > now_s) return false;
    expired.push_back(key);
    return true;
  });
  for (const ParcelKey key : expired) {
    const Status why = DeadlineExceededError("deadline passed in the queue of " + options_.name);
    observer_.OnDropped(static_cast<std::int64_t>(parcels_.at(key).open_rows), why);
    FailParcel(key, why);
  }
}

void NodeCore::TryStart() {
  if (running_ || StartLoneRow()) return;
  loop_.Cancel(std::exchange(batch_timer_, 0));
  DropExpired();
  std::vector<Tensor> inputs;
  const std::vector<BatchPart> batch = TakeBatch(inputs);
  if (batch.empty()) return;
  running_ = true;
  run_started_s_ = loop_.NowSeconds();
  engine_.Run(std::move(inputs), [this, batch](EngineRunner::Outputs outputs, double compute_s) {
    OnBatchDone(batch, std::move(outputs), compute_s);
  });
}

std::vector<NodeCore::BatchPart> NodeCore::TakeBatch(std::vector<Tensor>& inputs) {
  std::vector<BatchCandidate> waiting;
  std::int64_t rows = 0;
  for (const ParcelKey key : queue_) {
    const Parcel& parcel = parcels_.at(key);
    waiting.push_back({static_cast<std::int64_t>(parcel.task.rows.size()), parcel.arrived_s,
                       &parcel.task.tensors});
    rows += waiting.back().rows;
    if (rows > options_.batching.max_batch_size) break;  // nobody further behind can join
  }
  if (waiting.empty()) return {};
  const BatchChoice choice = ChooseBatch(waiting, options_.batching, loop_.NowSeconds());
  if (choice.count == 0) {
    batch_timer_ = loop_.RunAt(choice.wake_s, [this] {
      batch_timer_ = 0;
      TryStart();
    });
    return {};
  }
  std::vector<BatchPart> batch;
  std::vector<const std::vector<Tensor>*> tensors;
  for (std::size_t i = 0; i < choice.count; ++i) {
    Parcel& parcel = parcels_.at(queue_.front());
    batch.push_back({queue_.front(), waiting[i].rows});
    tensors.push_back(&parcel.task.tensors);
    parcel.queued = false;
    queued_rows_ -= waiting[i].rows;
    running_rows_ += waiting[i].rows;
    queue_.pop_front();
  }
  inputs = JoinInputs(tensors);
  return batch;
}

void NodeCore::OnBatchDone(const std::vector<BatchPart>& batch, EngineRunner::Outputs outputs,
                           double compute_s) {
  running_ = false;
  const std::int64_t rows = std::exchange(running_rows_, 0);
  observer_.OnBatch(rows, compute_s);
  // What fails fast is not fast.
  if (outputs.ok()) {
    agents_->OnServed(compute_s, rows);
  } else {
    observer_.OnBatchFailed(rows, outputs.status());
  }
  std::int64_t first = 0;
  for (const BatchPart& part : batch) {
    const std::int64_t begin = std::exchange(first, first + part.rows);
    const auto it = parcels_.find(part.key);
    if (it == parcels_.end()) continue;  // cancelled while it ran
    Parcel& parcel = it->second;
    parcel.queue_s = static_cast<float>(run_started_s_ - parcel.arrived_s);
    parcel.compute_s = static_cast<float>(compute_s);
    agents_->OnWaited(parcel.queue_s);
    if (!outputs.ok() && rows > 1) {
      RunAlone(part);
      continue;
    }
    observer_.OnParcelRun(parcel.task, parcel.task.rows.size(), parcel.queue_s, compute_s);
    if (!outputs.ok()) {
      FailParcel(part.key, EngineFailure(outputs.status()));
      continue;
    }
    Made made;
    for (std::uint32_t row = 0; row < part.rows; ++row) made.rows.push_back(row);
    for (const Tensor& tensor : *outputs) {
      made.outputs.push_back(SliceRows(tensor, begin, part.rows));
    }
    FinishStage(part.key, made);
  }
  TryStart();
}

// ---- after a failed call

Status NodeCore::EngineFailure(const Status& why) const {
  return why.At(options_.name + ", stage " + std::to_string(options_.stage));
}

void NodeCore::RunAlone(const BatchPart& part) {
  reruns_[part.key].left = static_cast<std::size_t>(part.rows);
  for (std::uint32_t row = 0; row < part.rows; ++row) lone_rows_.push_back({part.key, row});
  running_rows_ += part.rows;
}

bool NodeCore::StartLoneRow() {
  while (!lone_rows_.empty()) {
    const LoneRow lone = lone_rows_.front();
    const auto it = parcels_.find(lone.key);
    if (it == parcels_.end()) {  // cancelled meanwhile
      lone_rows_.pop_front();
      --running_rows_;
      continue;
    }
    if (it->second.deadline_at_s <= loop_.NowSeconds()) {
      ExpireRerun(lone.key);
      continue;
    }
    std::vector<Tensor> inputs;
    for (const Tensor& tensor : it->second.task.tensors) {
      inputs.push_back(SliceRows(tensor, lone.row, 1));
    }
    running_ = true;
    run_started_s_ = loop_.NowSeconds();
    engine_.Run(std::move(inputs), [this](EngineRunner::Outputs outputs, double compute_s) {
      OnLoneRowDone(std::move(outputs), compute_s);
    });
    return true;
  }
  return false;
}

void NodeCore::OnLoneRowDone(EngineRunner::Outputs outputs, double compute_s) {
  running_ = false;
  const LoneRow lone = lone_rows_.front();
  lone_rows_.pop_front();
  --running_rows_;
  observer_.OnBatch(1, compute_s);
  if (outputs.ok()) {
    agents_->OnServed(compute_s, 1);
  } else {
    observer_.OnBatchFailed(1, outputs.status());
  }
  if (const auto it = parcels_.find(lone.key); it != parcels_.end()) {
    it->second.compute_s += static_cast<float>(compute_s);
    Rerun& rerun = reruns_.at(lone.key);
    const bool last = --rerun.left == 0;
    if (outputs.ok()) {
      rerun.rows.push_back(lone.row);
      rerun.outputs.push_back(*std::move(outputs));
    } else {
      FailRows(lone.key, {lone.row}, EngineFailure(outputs.status()));
    }
    if (last) EndRerun(lone.key);
  }
  TryStart();
}

void NodeCore::ExpireRerun(ParcelKey key) {
  Rows rows = reruns_.at(key).rows;
  while (!lone_rows_.empty() && lone_rows_.front().key == key) {
    rows.push_back(lone_rows_.front().row);
    lone_rows_.pop_front();
    --running_rows_;
  }
  const Status why = DeadlineExceededError("deadline passed in the queue of " + options_.name);
  observer_.OnDropped(static_cast<std::int64_t>(rows.size()), why);
  FailRows(key, rows, why);
}

void NodeCore::EndRerun(ParcelKey key) {
  const auto it = reruns_.find(key);
  if (it == reruns_.end()) return;  // every row failed
  Rerun rerun = std::move(it->second);
  reruns_.erase(it);
  const Parcel& parcel = parcels_.at(key);
  observer_.OnParcelRun(parcel.task, rerun.rows.size(), parcel.queue_s,
                        static_cast<double>(parcel.compute_s));
  std::vector<const std::vector<Tensor>*> outputs;
  for (const std::vector<Tensor>& row : rerun.outputs) {
    if (!SameRowShapes(rerun.outputs[0], row)) {
      FailRows(key, rerun.rows,
               EngineFailure(InternalError("rows of one request came out in different shapes")));
      return;
    }
    outputs.push_back(&row);
  }
  FinishStage(key, {std::move(rerun.rows), JoinInputs(outputs)});
}

}  // namespace offramp
