// What receivers send back, and how their connections fare.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

#include "offramp/offload/forwarder.h"

namespace offramp {

namespace {

// Whether another replica may do what this one could not.
bool IsWorthAnotherReplica(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kResourceExhausted || status.code() == StatusCode::kInternal;
}

bool IsSane(const Report& report) {
  return std::isfinite(report.backlog_s) && report.backlog_s >= 0 &&
         std::isfinite(report.service_s) && report.service_s >= 0 &&
         std::isfinite(report.service_scv) && report.service_scv >= 0 &&
         std::isfinite(report.arrival_rate_per_s) && report.arrival_rate_per_s >= 0;
}

}  // namespace

void Forwarder::OnUp(int receiver) {
  // Its first report follows the hello; until then nobody knows whether it drains or leads
  // anywhere.
  Report& report = reports_[static_cast<std::size_t>(receiver)];
  report = Report{};
  report.accepting = false;
  report.reaches_end = false;
  stranded_since_s_[static_cast<std::size_t>(receiver)].reset();
  sender_.OnConnected(receiver, loop_.NowSeconds());
  UpdateAvailability(receiver);
}

void Forwarder::OnDown(int receiver, const Status& why) {
  ++metrics(receiver).lost_connections;
  UpdateAvailability(receiver);
  LoseParcelsOf(receiver, why, true);
}

void Forwarder::OnSuspect(int receiver) {
  UpdateAvailability(receiver);
  LoseParcelsOf(receiver, UnavailableError("no sign of progress"), false);
}

void Forwarder::OnRecovered(int receiver) {
  UpdateAvailability(receiver);
  RetryParked(true);
}

void Forwarder::UpdateAvailability(int receiver) {
  const auto k = static_cast<std::size_t>(receiver);
  const bool available =
      links_[k]->up() && !links_[k]->suspect() && reports_[k].accepting && reports_[k].progressing;
  if (available != sender_.receiver(receiver).available) {
    sender_.SetAvailable(receiver, available, loop_.NowSeconds());
  }
}

void Forwarder::UpdateOwed(int receiver) {
  const auto k = static_cast<std::size_t>(receiver);
  if (parcels_of_[k].empty()) {
    links_[k]->SetOwedSince(std::nullopt);
  } else {
    links_[k]->SetOwedSince(parcels_.at(*parcels_of_[k].begin()).delivered_s);
  }
}

void Forwarder::LoseParcelsOf(int receiver, const Status& why, bool connection_lost) {
  const std::set<std::uint64_t> ids = parcels_of_[static_cast<std::size_t>(receiver)];
  std::map<JobId, Rows> lost;
  for (const std::uint64_t id : ids) {
    Parcel& parcel = parcels_.at(id);
    if (!parcel.abandoned) {
      Rows& rows = lost[parcel.job];
      // Those that it gave back are elsewhere already.
      std::copy_if(parcel.rows.begin(), parcel.rows.end(), std::back_inserter(rows),
                   [](std::uint32_t row) { return row != kEnded; });
      if (!parcel.settled) {
        sender_.OnFailed(receiver, loop_.NowSeconds(), parcel.sent_s,
                         static_cast<std::int64_t>(parcel.rows.size()));
      }
      parcel.abandoned = true;
    }
    if (connection_lost || !parcel.delivered) DropParcel(id, false);
  }
  for (const auto& [job, rows] : lost) {
    metrics(receiver).lost_rows += rows.size();
    Resend(job, receiver, rows, why);
  }
}

Forwarder::Parcel* Forwarder::FindParcel(int receiver, std::uint64_t id) {
  const auto it = parcels_.find(id);
  return it != parcels_.end() && it->second.receiver == receiver ? &it->second : nullptr;
}

bool Forwarder::NamesRowsOf(const Parcel& parcel, const std::vector<std::uint32_t>& rows) {
  const bool fine = std::all_of(rows.begin(), rows.end(), [&parcel](std::uint32_t position) {
    return position < parcel.rows.size();
  });
  if (!fine) ++counters_.unexpected_frames;
  return fine;
}

void Forwarder::MarkStageDone(Parcel& parcel, std::optional<double> at_receiver_s) {
  if (parcel.settled) return;
  parcel.settled = true;
  if (at_receiver_s) {
    const double transfer_s = std::max(loop_.NowSeconds() - parcel.sent_s - *at_receiver_s, 0.0);
    metrics(parcel.receiver).OnTransfer(transfer_s);
    if (options_.on_transfer) options_.on_transfer(parcel.receiver, transfer_s);
  }
  if (!parcel.abandoned) {
    sender_.OnStageDone(parcel.receiver, loop_.NowSeconds(), parcel.sent_s,
                        static_cast<std::int64_t>(parcel.rows.size()));
  }
}

void Forwarder::OnReceiverFrame(int receiver, Frame frame) {
  if (auto* ack = std::get_if<AckFrame>(&frame)) {
    OnAck(receiver, *ack);
  } else if (auto* answer = std::get_if<AnswerFrame>(&frame)) {
    OnAnswer(receiver, std::move(*answer));
  } else if (auto* refuse = std::get_if<RefuseFrame>(&frame)) {
    OnRefuse(receiver, *refuse);
  } else if (auto* report = std::get_if<Report>(&frame)) {
    OnReport(receiver, *report);
  } else if (auto* message = std::get_if<AgentMessage>(&frame)) {
    owner_.OnAgentMessage(receiver, *message);
  } else {
    // A task, a cancellation or a second hello from a receiver: not its part to say.
    ++counters_.unexpected_frames;
  }
}

void Forwarder::OnReport(int receiver, const Report& report) {
  if (!IsSane(report)) {
    ++counters_.unexpected_frames;
    return;
  }
  const auto k = static_cast<std::size_t>(receiver);
  const bool stalled = reports_[k].progressing && !report.progressing;
  const bool was_useful = sender_.receiver(receiver).available && reports_[k].reaches_end;
  reports_[k] = report;
  sender_.OnReport(receiver, loop_.NowSeconds(), report);
  UpdateAvailability(receiver);
  if (stalled) LoseParcelsOf(receiver, UnavailableError("its engine makes no progress"), false);
  if (!was_useful && sender_.receiver(receiver).available) RetryParked(report.reaches_end);
  LeaveIfStranded(receiver);
}

// What a receiver without a way on holds would wait there for a stage that others still reach. Not
// at once: where a whole stage is gone, everybody says so within a moment.
void Forwarder::LeaveIfStranded(int receiver) {
  const auto k = static_cast<std::size_t>(receiver);
  if (reports_[k].reaches_end || parcels_of_[k].empty() || !ReachesEnd()) {
    stranded_since_s_[k].reset();
    return;
  }
  const double now_s = loop_.NowSeconds();
  if (!stranded_since_s_[k]) stranded_since_s_[k] = now_s;
  if (now_s - *stranded_since_s_[k] < options_.stranded_s) return;
  LoseParcelsOf(receiver, UnavailableError("knows no live way to the last stage"), false);
}

void Forwarder::OnAck(int receiver, const AckFrame& ack) {
  if (Parcel* parcel = FindParcel(receiver, ack.id)) {
    MarkStageDone(*parcel, static_cast<double>(ack.at_receiver_s));
  }
  OnReport(receiver, ack.report);
}

void Forwarder::OnAnswer(int receiver, AnswerFrame answer) {
  Parcel* parcel = FindParcel(receiver, answer.id);
  if (parcel == nullptr) {
    counters_.late_answers += answer.rows.size();
    return;
  }
  if (answer.report) {
    std::optional<double> at_receiver_s;
    if (answer.path.size() == 1) {  // answered there: the rest of the round trip was the wire's
      const Hop& there = answer.path.front();
      at_receiver_s = static_cast<double>(there.queue_s) + static_cast<double>(there.compute_s);
    }
    MarkStageDone(*parcel, at_receiver_s);
    OnReport(receiver, *std::exchange(answer.report, std::nullopt));
    parcel = FindParcel(receiver, answer.id);
    if (parcel == nullptr) return;
  }
  if (answer.confidence.size() != answer.rows.size() || !NamesRowsOf(*parcel, answer.rows)) return;
  const JobId job_id = parcel->job;
  Job& job = jobs_.at(job_id);
  Rows fresh;                      // positions in the job
  std::vector<std::int64_t> kept;  // positions in the answer
  std::vector<float> confidence;
  for (std::size_t i = 0; i < answer.rows.size(); ++i) {
    const std::uint32_t row = std::exchange(parcel->rows[answer.rows[i]], kEnded);
    if (row != kEnded) --parcel->open_rows;
    if (row == kEnded || job.rows[row].done) {
      ++counters_.late_answers;
      continue;
    }
    fresh.push_back(row);
    kept.push_back(static_cast<std::int64_t>(i));
    confidence.push_back(answer.confidence[i]);
  }
  metrics(receiver).answered_rows += fresh.size();
  if (kept.size() != answer.rows.size()) {
    for (Tensor& tensor : answer.tensors) tensor = GatherRows(tensor, kept);
    answer.confidence = std::move(confidence);
  }
  if (parcel->open_rows == 0) DropParcel(answer.id, false);
  const Rows closed = CloseRows(job, fresh);
  for (const std::uint32_t r : closed) {
    answer.retries = std::max(answer.retries, job.rows[r].retries);
  }
  EraseIfDone(job_id);
  if (!closed.empty()) owner_.OnRowsAnswered(job_id, closed, std::move(answer));
}

void Forwarder::OnRefuse(int receiver, const RefuseFrame& refuse) {
  Parcel* parcel = FindParcel(receiver, refuse.id);
  if (parcel == nullptr) return;
  if (!NamesRowsOf(*parcel, refuse.rows)) return;
  const JobId job_id = parcel->job;
  Job& job = jobs_.at(job_id);
  Rows rows;
  for (const std::uint32_t position : refuse.rows) {
    const std::uint32_t row = std::exchange(parcel->rows[position], kEnded);
    if (row == kEnded) continue;
    --parcel->open_rows;
    job.rows[row].retries += std::min(refuse.retries, job.out.retry_budget);
    rows.push_back(row);
  }
  metrics(receiver).refused_rows += rows.size();
  const bool abandoned = parcel->abandoned;
  if (!parcel->settled && !abandoned) {
    parcel->settled = true;
    const auto count = static_cast<std::int64_t>(parcel->rows.size());
    if (refuse.status.code() == StatusCode::kInvalidArgument) {
      sender_.OnCancelled(receiver, count);  // the task's fault, not a reason to avoid the receiver
    } else {
      sender_.OnFailed(receiver, loop_.NowSeconds(), parcel->sent_s, count);
    }
  }
  if (parcel->open_rows == 0) DropParcel(refuse.id, false);
  if (abandoned) return;  // these rows are elsewhere already
  if (IsWorthAnotherReplica(refuse.status)) {
    Resend(job_id, receiver, rows, refuse.status);
  } else {
    FailRows(job_id, rows, refuse.status);
  }
}

}  // namespace offramp
