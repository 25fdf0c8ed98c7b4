// After the engine: who exits, who goes on, and what comes back.
#include <algorithm>
#include <optional>
#include <utility>

#include "offramp/base/check.h"
#include "offramp/core/report.h"
#include "offramp/model/confidence.h"
#include "offramp/node/node_core.h"

namespace offramp {

namespace {

const Tensor* FindTensor(const std::vector<Tensor>& tensors, const std::string& name) {
  for (const Tensor& tensor : tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

// A tensor that the task has after this stage: made here, or carried from before. `picks` are rows
// of what was made, `rows` the same rows as the carried tensors have them.
std::optional<Tensor> TakeRows(const std::vector<Tensor>& made, const std::vector<Tensor>& carried,
                               const std::string& name, const std::vector<std::int64_t>& picks,
                               const std::vector<std::uint32_t>& rows) {
  if (const Tensor* tensor = FindTensor(made, name)) return GatherRows(*tensor, picks);
  const Tensor* tensor = FindTensor(carried, name);
  if (tensor == nullptr) return std::nullopt;
  return GatherRows(*tensor, {rows.begin(), rows.end()});
}

// How often a node looks whether it has become active.
constexpr double kReportCheckS = 0.1;

// Rows of the parcel behind positions in what the engine made.
std::vector<std::uint32_t> RowsBehind(const std::vector<std::uint32_t>& rows,
                                      const std::vector<std::int64_t>& picks) {
  std::vector<std::uint32_t> behind;
  behind.reserve(picks.size());
  for (const std::int64_t pick : picks) behind.push_back(rows[static_cast<std::size_t>(pick)]);
  return behind;
}

}  // namespace

void NodeCore::FinishStage(ParcelKey key, const Made& made) {
  Parcel& parcel = parcels_.at(key);
  const bool last = options_.stage == bundle_.stage_count();
  const std::size_t count = made.rows.size();
  finished_rows_ += count;

  std::vector<std::int64_t> exits;
  std::vector<std::int64_t> goes_on;
  std::vector<Confidence> sure(count);
  double threshold = kNeverExit;
  if (!stage_.exit.empty()) {
    const Tensor* logits = FindTensor(made.outputs, stage_.exit);
    Result<std::vector<Confidence>> found =
        logits != nullptr ? RowConfidences(*logits, stage_.temperature)
                          : InternalError("the engine gave no \"" + stage_.exit + "\"");
    if (!found.ok()) {
      FailRows(key, made.rows, EngineFailure(InternalError(found.status().message())));
      return;
    }
    sure = *std::move(found);
    if (!last && parcel.task.early_exit) {
      threshold = agents_->Threshold(loop_.NowSeconds());
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    const bool leaves = last || static_cast<double>(sure[i].confidence) >= threshold;
    (leaves ? exits : goes_on).push_back(static_cast<std::int64_t>(i));
  }

  if (!goes_on.empty()) {
    OweAck(key);
    if (!SendOn(key, made, goes_on, static_cast<float>(threshold))) return;
  }
  if (exits.empty()) return;
  if (!last) SendShadows(parcel, made, exits, sure);
  AnswerHere(key, made, exits, sure);
}

void NodeCore::AnswerHere(ParcelKey key, const Made& made, const std::vector<std::int64_t>& picks,
                          const std::vector<Confidence>& sure) {
  Parcel& parcel = parcels_.at(key);
  AnswerFrame answer;
  answer.id = parcel.task.id;
  answer.rows = RowsBehind(made.rows, picks);
  answer.exit_stage = options_.stage;
  for (const std::int64_t pick : picks) {
    answer.confidence.push_back(sure[static_cast<std::size_t>(pick)].confidence);
  }
  answer.path.push_back({options_.name, parcel.queue_s, parcel.compute_s});
  if (picks.size() == parcel.open_rows) answer.report = MakeReport(parcel.session);
  for (const TensorSpec& spec : bundle_.outputs) {
    const bool is_answer = &spec == &bundle_.outputs.back();
    std::optional<Tensor> tensor = TakeRows(
        made.outputs, parcel.task.tensors, is_answer ? stage_.exit : spec.name, picks, answer.rows);
    if (!tensor) continue;  // a plain output of a later stage
    tensor->name = spec.name;
    answer.tensors.push_back(*std::move(tensor));
  }
  if (!parcel.task.shadow) observer_.OnExit(static_cast<std::int64_t>(picks.size()));
  sessions_.Send(parcel.session, std::move(answer));
  CloseRows(key, picks.size());
}

Result<OutJob> NodeCore::JobFor(const Parcel& parcel, const Made& made,
                                const std::vector<std::int64_t>& picks, const Rows& rows) const {
  OutJob job;
  job.deadline_at_s = parcel.deadline_at_s;
  job.retry_budget = parcel.task.retry_budget;
  job.early_exit = parcel.task.early_exit;
  job.shadow = parcel.task.shadow;
  job.accuracy_weight_s = parcel.task.accuracy_weight_s;
  job.request_id = parcel.task.request_id;
  job.trace_parent = parcel.task.trace_parent;
  const auto take = [&](const std::string& name) {
    std::optional<Tensor> tensor = TakeRows(made.outputs, parcel.task.tensors, name, picks, rows);
    if (!tensor) return false;
    tensor->name = name;
    job.tensors.push_back(*std::move(tensor));
    return true;
  };
  for (const std::string& name : stage_.sends) {
    if (!take(name)) return InternalError("there is no tensor \"" + name + "\" to send");
  }
  for (const TensorSpec& spec : bundle_.outputs) {
    // Plain outputs of this and earlier stages travel on with the task.
    const bool plain = &spec != &bundle_.outputs.back();
    if (plain &&
        std::find(stage_.sends.begin(), stage_.sends.end(), spec.name) == stage_.sends.end()) {
      take(spec.name);
    }
  }
  return job;
}

bool NodeCore::SendOn(ParcelKey key, const Made& made, const std::vector<std::int64_t>& picks,
                      float survived) {
  Parcel& parcel = parcels_.at(key);
  Rows rows = RowsBehind(made.rows, picks);
  Result<OutJob> job = JobFor(parcel, made, picks, rows);
  if (!job.ok()) {
    FailRows(key, made.rows, EngineFailure(job.status()));
    return false;
  }
  for (const std::uint32_t row : rows) {
    job->rows.push_back(std::move(parcel.task.rows[row]));
    if (!stage_.exit.empty()) job->rows.back().survived.push_back(survived);
  }
  const auto count = static_cast<std::int64_t>(rows.size());
  const std::int64_t bytes = BytesOf(job->tensors);
  agents_->OnSurvived(count);
  if (!parcel.task.shadow) observer_.OnForwarded(count);
  held_bytes_ += bytes;
  parcel.bytes += bytes;
  parcel.job_rows = std::move(rows);
  parcel.forwarded_s = loop_.NowSeconds();
  parcel.job = forwarder_->Submit(*std::move(job));
  by_job_[parcel.job] = key;
  return true;
}

void NodeCore::SendShadows(const Parcel& parcel, const Made& made,
                           const std::vector<std::int64_t>& leaving,
                           const std::vector<Confidence>& sure) {
  for (const std::int64_t pick : leaving) {
    if (!shadows_.Draw()) continue;
    const Rows row = RowsBehind(made.rows, {pick});
    Result<OutJob> job = JobFor(parcel, made, {pick}, row);
    if (!job.ok()) return;  // a model whose exits are its only outputs here
    job->early_exit = false;
    job->shadow = true;
    job->retry_budget = 0;
    job->request_id.clear();
    job->trace_parent.clear();
    job->rows.push_back(parcel.task.rows[row.front()]);
    job->rows.back().survived.push_back(static_cast<float>(kNeverExit));
    agents_->OnSurvived(1);
    shadows_.OnSent(forwarder_->Submit(*std::move(job)), sure[static_cast<std::size_t>(pick)]);
  }
}

void NodeCore::OnRowsAnswered(JobId job, const std::vector<std::uint32_t>& rows,
                              AnswerFrame answer) {
  if (shadows_.OnAnswered(job, answer)) return;
  const auto it = by_job_.find(job);
  if (it == by_job_.end()) return;
  const ParcelKey key = it->second;
  Parcel& parcel = parcels_.at(key);
  observer_.OnAnswerReturned(static_cast<std::int64_t>(rows.size()),
                             loop_.NowSeconds() - parcel.forwarded_s);
  answer.id = parcel.task.id;
  answer.report.reset();
  if (parcel.owes_ack && rows.size() == parcel.open_rows) {
    parcel.owes_ack = false;
    answer.report = MakeReport(parcel.session);
  }
  answer.rows.clear();
  for (const std::uint32_t row : rows) answer.rows.push_back(parcel.job_rows[row]);
  answer.path.insert(answer.path.begin(), {options_.name, parcel.queue_s, parcel.compute_s});
  sessions_.Send(parcel.session, std::move(answer));
  CloseRows(key, rows.size());
}

void NodeCore::OnRowsFailed(JobId job, const std::vector<std::uint32_t>& rows, const Status& why,
                            std::uint32_t retries) {
  if (shadows_.OnFailed(job)) return;
  const auto it = by_job_.find(job);
  if (it == by_job_.end()) return;
  const ParcelKey key = it->second;
  Parcel& parcel = parcels_.at(key);
  observer_.OnRefused(parcel.task, static_cast<std::int64_t>(rows.size()), why);
  RefuseFrame refuse;
  refuse.id = parcel.task.id;
  for (const std::uint32_t row : rows) refuse.rows.push_back(parcel.job_rows[row]);
  refuse.status = why;
  refuse.retries = retries;
  sessions_.Send(parcel.session, std::move(refuse));
  CloseRows(key, rows.size());
}

void NodeCore::OnAgentMessage(int receiver, const AgentMessage& message) {
  agents_->OnAgentMessage(receiver, message);
}

// ---- ends

void NodeCore::FailRows(ParcelKey key, const Rows& rows, const Status& why) {
  const Parcel& parcel = parcels_.at(key);
  observer_.OnRefused(parcel.task, static_cast<std::int64_t>(rows.size()), why);
  RefuseFrame refuse;
  refuse.id = parcel.task.id;
  refuse.rows = rows;
  refuse.status = why;
  sessions_.Send(parcel.session, std::move(refuse));
  CloseRows(key, rows.size());
}

void NodeCore::FailParcel(ParcelKey key, const Status& why) {
  const auto it = parcels_.find(key);
  if (it == parcels_.end()) return;
  Refuse(it->second.session, it->second.task, why);
  Erase(key);
}

void NodeCore::CloseRows(ParcelKey key, std::size_t rows) {
  Parcel& parcel = parcels_.at(key);
  OFFRAMP_CHECK(rows <= parcel.open_rows, "a row ends once");
  parcel.open_rows -= rows;
  if (parcel.open_rows == 0) Erase(key);
}

void NodeCore::Erase(ParcelKey key) {
  const auto it = parcels_.find(key);
  if (it == parcels_.end()) return;
  const Parcel& parcel = it->second;
  held_bytes_ -= parcel.bytes;
  if (parcel.queued) queued_rows_ -= static_cast<std::int64_t>(parcel.task.rows.size());
  by_peer_id_.erase({parcel.session, parcel.task.id});
  if (parcel.job != 0) {
    by_job_.erase(parcel.job);
    forwarder_->Cancel(parcel.job);
  }
  reruns_.erase(key);
  parcels_.erase(it);
  MaybeDrained();
}

// ---- telling others

void NodeCore::OweAck(ParcelKey key) {
  parcels_.at(key).owes_ack = true;
  owed_acks_.push_back(key);
  if (ack_timer_ == 0) {
    ack_timer_ = loop_.RunAt(loop_.NowSeconds() + options_.ack_delay_s, [this] {
      ack_timer_ = 0;
      SendOwedAcks();
    });
  }
}

void NodeCore::SendOwedAcks() {
  const double now_s = loop_.NowSeconds();
  for (const ParcelKey key : std::exchange(owed_acks_, {})) {
    const auto it = parcels_.find(key);
    if (it == parcels_.end() || !std::exchange(it->second.owes_ack, false)) continue;
    const Parcel& parcel = it->second;
    AckFrame ack;
    ack.id = parcel.task.id;
    ack.at_receiver_s = static_cast<float>(now_s - parcel.arrived_s);
    ack.report = MakeReport(parcel.session);
    sessions_.Send(parcel.session, ack);
  }
}

Report NodeCore::MakeReport(SessionId session) const {
  const double now_s = loop_.NowSeconds();
  Report report;
  report.service_s = agents_->service_s();
  report.service_scv = agents_->service_scv();
  report.arrival_rate_per_s = agents_->arrival_rate_per_s();
  report.queued_tasks = queued_rows_ + running_rows_;
  report.backlog_s = static_cast<double>(queued_rows_) * report.service_s;
  if (running_) {
    report.backlog_s += std::max(
        run_started_s_ + static_cast<double>(running_rows_) * report.service_s - now_s, 0.0);
  }
  report.received_tasks = sessions_.received_tasks(session);
  report.finished_tasks = finished_rows_;
  report.accepting = !draining_;
  report.reaches_end = !forwarder_ || forwarder_->ReachesEnd();
  report.progressing = progressing();
  return report;
}

void NodeCore::SendReports() {
  sessions_.Broadcast([this](SessionId session, int /*offloader*/) { return MakeReport(session); });
}

void NodeCore::ScheduleReports() {
  const double now_s = loop_.NowSeconds();
  // Whoever waits for an answer from here must hear from us well within its patience.
  const bool active = !parcels_.empty() || now_s - last_arrival_s_ < 5 * kActiveReport_s;
  const double period_s = active ? kActiveReport_s : kIdleReport_s;
  const bool reaches_end = !forwarder_ || forwarder_->ReachesEnd();
  if (active || now_s - last_report_s_ >= kIdleReport_s || reaches_end != reported_reaches_end_) {
    SendReports();
    last_report_s_ = now_s;
    reported_reaches_end_ = reaches_end;
  }
  report_timer_ =
      loop_.RunAt(now_s + std::min(period_s, kReportCheckS), [this] { ScheduleReports(); });
}

void NodeCore::Drain(std::function<void()> drained) {
  drained_ = std::move(drained);
  if (!draining_) {
    draining_ = true;
    drain_started_s_ = loop_.NowSeconds();
    SendReports();
  }
  // Not before the grace is over: a neighbour's parcel may be on its way.
  loop_.Cancel(drain_timer_);
  drain_timer_ = loop_.RunAt(drain_started_s_ + kDrainGraceS, [this] {
    drain_timer_ = 0;
    MaybeDrained();
  });
}

void NodeCore::MaybeDrained() {
  if (!draining_ || !drained_ || !parcels_.empty() ||
      loop_.NowSeconds() < drain_started_s_ + kDrainGraceS) {
    return;
  }
  std::exchange(drained_, nullptr)();
}

}  // namespace offramp
