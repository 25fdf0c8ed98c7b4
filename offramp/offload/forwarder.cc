#include "offramp/offload/forwarder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "offramp/base/check.h"

namespace offramp {

namespace {

// Bytes that one row of a parcel costs a link beside its tensors: frame header and row entry.
constexpr std::int64_t kRowOverheadBytes = 64;

std::int64_t RowBytes(const OutJob& job) {
  std::size_t bytes = 0;
  for (const Tensor& tensor : job.tensors) bytes += tensor.data.size();
  return static_cast<std::int64_t>(bytes / std::max<std::size_t>(job.rows.size(), 1)) +
         kRowOverheadBytes;
}

}  // namespace

Forwarder::Forwarder(Hello hello, Sender sender, EventLoop& loop, Transport& transport,
                     const AddressBook& addresses, ForwarderOwner& owner, ForwarderOptions options)
    : sender_(std::move(sender)), loop_(loop), owner_(owner), options_(options) {
  const auto count = static_cast<std::size_t>(sender_.size());
  metrics_.resize(count);
  reports_.resize(count);
  stranded_since_s_.resize(count);
  parcels_of_.resize(count);
  for (int k = 0; k < sender_.size(); ++k) {
    links_.push_back(std::make_unique<ReceiverLink>(k, sender_.receiver(k).spec.name, hello, loop,
                                                    transport, addresses, *this, options.link));
  }
}

Forwarder::~Forwarder() {
  loop_.Cancel(park_timer_);
  for (auto& [id, job] : jobs_) loop_.Cancel(job.deadline_timer);
  for (auto& [id, parcel] : parcels_) loop_.Cancel(parcel.link_timer);
}

void Forwarder::Start() {
  for (auto& link : links_) link->Start();
}

bool Forwarder::ReachesEnd() const {
  for (int k = 0; k < sender_.size(); ++k) {
    if (sender_.receiver(k).available && reports_[static_cast<std::size_t>(k)].reaches_end) {
      return true;
    }
  }
  return false;
}

JobId Forwarder::Submit(OutJob out) {
  OFFRAMP_CHECK(!out.rows.empty(), "a job has rows");
  const JobId id = next_job_++;
  Job& job = jobs_[id];
  job.open_rows = out.rows.size();
  job.rows.resize(out.rows.size());
  job.row_bytes = RowBytes(out);
  job.out = std::move(out);
  job.deadline_timer = loop_.RunAt(job.out.deadline_at_s, [this, id] {
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) return;
    Rows all(it->second.rows.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
    counters_.expired_rows += it->second.open_rows;
    FailRows(id, all, DeadlineExceededError("deadline passed before the answer was there"));
  });
  Rows all(job.rows.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint32_t>(i);
  Dispatch(id, all);
  return id;
}

void Forwarder::Cancel(JobId id) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return;
  const std::vector<std::uint64_t> parcels = it->second.parcels;
  for (const std::uint64_t parcel : parcels) DropParcel(parcel, true);
  loop_.Cancel(it->second.deadline_timer);
  jobs_.erase(it);
}

std::vector<bool> Forwarder::DeadEnds() const {
  const bool any = std::any_of(reports_.begin(), reports_.end(),
                               [](const Report& report) { return !report.reaches_end; });
  if (!any || !ReachesEnd()) return {};
  std::vector<bool> dead_ends(reports_.size());
  for (std::size_t k = 0; k < reports_.size(); ++k) dead_ends[k] = !reports_[k].reaches_end;
  return dead_ends;
}

bool Forwarder::AnyAvailable() const { return AnyAvailableBut({}); }

bool Forwarder::AnyAvailableBut(const std::vector<bool>& avoided) const {
  for (int k = 0; k < sender_.size(); ++k) {
    const auto index = static_cast<std::size_t>(k);
    const bool avoid = index < avoided.size() && avoided[index];
    if (sender_.receiver(k).available && !avoid) return true;
  }
  return false;
}

void Forwarder::Dispatch(JobId id, const Rows& rows) {
  Job& job = jobs_.at(id);
  const double now_s = loop_.NowSeconds();
  struct Group {
    Rows rows;
    double delivered_s = 0;
  };
  std::map<int, Group> groups;
  const std::vector<bool> dead_ends = DeadEnds();
  const bool any_available = AnyAvailable();
  // A frame has a limit, and one beyond it would cost everybody's connection.
  const auto most_rows = static_cast<std::size_t>(
      std::max<std::int64_t>(options_.max_parcel_bytes / job.row_bytes, 1));
  for (const std::uint32_t r : rows) {
    Row& row = job.rows[r];
    if (row.done) continue;
    if (!any_available) {
      row.excluded.clear();
      Park(id, r, 0);
      continue;
    }
    std::vector<bool> avoided = row.excluded.empty() ? dead_ends : row.excluded;
    for (std::size_t k = 0; k < std::min(avoided.size(), dead_ends.size()); ++k) {
      avoided[k] = avoided[k] || dead_ends[k];
    }
    if (!AnyAvailableBut(avoided)) {
      // Everybody there has refused it: give them time before the next round of asking, and more
      // each time, or a burst would spend its budget while a queue is still being worked off.
      row.excluded.clear();
      Park(id, r, options_.park_s * std::pow(4, std::min(row.refused_rounds++, 8)));
      continue;
    }
    const int k = sender_.Choose(now_s, job.row_bytes, avoided);
    if (k == Sender::kNone ||
        links_[static_cast<std::size_t>(k)]->unsent_bytes() > options_.max_unsent_bytes) {
      Park(id, r, 0);
      continue;
    }
    Group& group = groups[k];
    group.rows.push_back(r);
    group.delivered_s = sender_.OnSent(k, now_s, job.row_bytes, 1);
    if (group.rows.size() == most_rows) {
      OpenParcel(id, k, std::move(group.rows), group.delivered_s);
      groups.erase(k);
    }
  }
  for (auto& [k, group] : groups) OpenParcel(id, k, std::move(group.rows), group.delivered_s);
}

void Forwarder::OpenParcel(JobId id, int receiver, Rows rows, double delivered_s) {
  const std::uint64_t parcel_id = next_parcel_++;
  Parcel& parcel = parcels_[parcel_id];
  parcel.job = id;
  parcel.open_rows = rows.size();
  parcel.rows = std::move(rows);
  parcel.receiver = receiver;
  parcel.sent_s = loop_.NowSeconds();
  parcel.delivered_s = delivered_s;
  jobs_.at(id).parcels.push_back(parcel_id);
  parcels_of_[static_cast<std::size_t>(receiver)].insert(parcel_id);
  metrics(receiver).sent_rows += parcel.rows.size();
  UpdateOwed(receiver);
  if (delivered_s > parcel.sent_s) {
    parcel.link_timer = loop_.RunAt(delivered_s, [this, parcel_id] { Deliver(parcel_id); });
  } else {
    Deliver(parcel_id);
  }
}

void Forwarder::Deliver(std::uint64_t parcel_id) {
  Parcel& parcel = parcels_.at(parcel_id);
  const Job& job = jobs_.at(parcel.job);
  parcel.delivered = true;
  parcel.link_timer = 0;
  TaskFrame frame;
  frame.id = parcel_id;
  frame.deadline_s = std::max(job.out.deadline_at_s - loop_.NowSeconds(), 0.0);
  frame.early_exit = job.out.early_exit;
  frame.shadow = job.out.shadow;
  frame.accuracy_weight_s = job.out.accuracy_weight_s;
  frame.request_id = job.out.request_id;
  frame.trace_parent = job.out.trace_parent;
  std::uint32_t spent = 0;
  std::vector<std::int64_t> positions;
  positions.reserve(parcel.rows.size());
  for (const std::uint32_t r : parcel.rows) {
    spent = std::max(spent, job.rows[r].retries);
    frame.rows.push_back(job.out.rows[r]);
    positions.push_back(r);
  }
  frame.retry_budget = job.out.retry_budget - std::min(spent, job.out.retry_budget);
  for (const Tensor& tensor : job.out.tensors) {
    frame.tensors.push_back(GatherRows(tensor, positions));
  }
  links_[static_cast<std::size_t>(parcel.receiver)]->Send(std::move(frame));
}

void Forwarder::Park(JobId job, std::uint32_t row, double delay_s) {
  ++counters_.parked_rows;
  parked_.push_back({job, row, loop_.NowSeconds() + std::min(delay_s, options_.longest_park_s)});
  WakeForParked();
}

void Forwarder::WakeForParked() {
  if (park_timer_ == 0) {
    park_timer_ = loop_.RunAt(loop_.NowSeconds() + options_.park_s, [this] {
      park_timer_ = 0;
      RetryParked(false);
    });
  }
}

void Forwarder::RetryParked(bool all) {
  const double now_s = loop_.NowSeconds();
  std::map<JobId, Rows> by_job;  // in order of submission: the oldest first
  for (const Parked& parked : std::exchange(parked_, {})) {
    if (!jobs_.contains(parked.job)) continue;
    if (all || parked.not_before_s <= now_s) {
      by_job[parked.job].push_back(parked.row);
    } else {
      parked_.push_back(parked);
    }
  }
  if (!parked_.empty()) WakeForParked();
  for (const auto& [id, rows] : by_job) {
    if (jobs_.contains(id)) Dispatch(id, rows);
  }
}

void Forwarder::Resend(JobId id, int failed_receiver, const Rows& rows, const Status& why) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return;
  Rows again;
  Rows spent;
  for (const std::uint32_t r : rows) {
    Row& row = it->second.rows[r];
    if (row.done) continue;
    if (row.retries >= it->second.out.retry_budget) {
      spent.push_back(r);
      continue;
    }
    ++row.retries;
    ++counters_.resent_rows;
    if (row.excluded.empty()) row.excluded.resize(links_.size(), false);
    row.excluded[static_cast<std::size_t>(failed_receiver)] = true;
    again.push_back(r);
  }
  if (!again.empty()) Dispatch(id, again);
  if (!spent.empty()) {
    counters_.budget_failures += spent.size();
    // Where every replica has failed on it, "try again later" would be wrong.
    const StatusCode code =
        why.code() == StatusCode::kInternal ? StatusCode::kInternal : StatusCode::kUnavailable;
    FailRows(id, spent,
             Status(code, "retry budget of " + std::to_string(it->second.out.retry_budget) +
                              " re-sends spent; last failure: " + why.message()));
  }
}

Forwarder::Rows Forwarder::CloseRows(Job& job, const Rows& rows) {
  Rows closed;
  for (const std::uint32_t r : rows) {
    if (job.rows[r].done) continue;
    job.rows[r].done = true;
    --job.open_rows;
    closed.push_back(r);
  }
  return closed;
}

void Forwarder::EraseIfDone(JobId id) {
  const auto it = jobs_.find(id);
  if (it != jobs_.end() && it->second.open_rows == 0) Cancel(id);
}

void Forwarder::FailRows(JobId id, const Rows& rows, const Status& why) {
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return;
  const Rows closed = CloseRows(it->second, rows);
  std::uint32_t retries = 0;
  for (const std::uint32_t r : closed) retries = std::max(retries, it->second.rows[r].retries);
  EraseIfDone(id);
  if (!closed.empty()) owner_.OnRowsFailed(id, closed, why, retries);
}

void Forwarder::DropParcel(std::uint64_t id, bool tell_receiver) {
  const auto it = parcels_.find(id);
  if (it == parcels_.end()) return;
  const Parcel& parcel = it->second;
  const int k = parcel.receiver;
  loop_.Cancel(parcel.link_timer);
  if (!parcel.settled && !parcel.abandoned) {
    sender_.OnCancelled(k, static_cast<std::int64_t>(parcel.rows.size()));
  }
  if (tell_receiver && parcel.delivered && parcel.open_rows > 0) {
    links_[static_cast<std::size_t>(k)]->Send(CancelFrame{id});
  }
  parcels_of_[static_cast<std::size_t>(k)].erase(id);
  parcels_.erase(it);
  UpdateOwed(k);
}

}  // namespace offramp
