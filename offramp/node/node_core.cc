#include "offramp/node/node_core.h"

#include <algorithm>
#include <utility>

#include "offramp/base/check.h"
#include "offramp/base/text.h"

namespace offramp {

namespace {

// An engine is stuck when a batch takes this many times what it should, and at least so long; more
// patience while nothing has been measured.
constexpr double kStuckFactor = 20;
constexpr double kStuckLeastS = 1.0;
constexpr double kStuckFirstS = 10.0;

bool HasTensor(const std::vector<Tensor>& tensors, const std::string& name) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const Tensor& tensor) { return tensor.name == name; });
}

}  // namespace

NodeCore::NodeCore(NodeCoreOptions options, Parts parts, Hello hello,
                   std::vector<std::string> offloaders)
    : options_(std::move(options)),
      loop_(*parts.loop),
      engine_(*parts.engine),
      bundle_(*parts.bundle),
      stage_(bundle_.stage(options_.stage)),
      observer_(*parts.observer),
      sessions_(std::move(hello), std::move(offloaders), loop_, *this),
      shadows_(options_.shadow_share, options_.seed,
               [this](double confidence, bool agreed) { agents_->OnShadow(confidence, agreed); }) {}

NodeCore::~NodeCore() {
  loop_.Cancel(report_timer_);
  loop_.Cancel(batch_timer_);
  loop_.Cancel(ack_timer_);
  loop_.Cancel(drain_timer_);
}

void NodeCore::Attach(std::unique_ptr<Forwarder> forwarder, std::unique_ptr<AgentRunner> agents) {
  forwarder_ = std::move(forwarder);
  agents_ = std::move(agents);
}

void NodeCore::Start() {
  if (forwarder_) forwarder_->Start();
  agents_->Start(&sessions_, forwarder_.get());
  ScheduleReports();
}

void NodeCore::OnOffloaderUp(SessionId session, int /*offloader*/) {
  sessions_.Send(session, MakeReport(session));
}

void NodeCore::OnOffloaderDown(SessionId session, int /*offloader*/) {
  std::vector<ParcelKey> orphans;
  for (auto it = by_peer_id_.lower_bound({session, 0});
       it != by_peer_id_.end() && it->first.first == session; ++it) {
    orphans.push_back(it->second);
  }
  for (const ParcelKey key : orphans) Erase(key);
}

Status NodeCore::Check(const TaskFrame& task) const {
  for (const Tensor& tensor : task.tensors) {
    if (tensor.datatype == DataType::kBytes) {
      return InvalidArgumentError("tensor \"" + tensor.name +
                                  "\" is BYTES, which no engine computes on");
    }
  }
  for (const std::string& name : stage_.receives) {
    if (!HasTensor(task.tensors, name)) {
      return InvalidArgumentError("tensor \"" + name + "\" is missing, which stage " +
                                  std::to_string(options_.stage) + " reads");
    }
  }
  return OkStatus();
}

void NodeCore::OnTask(SessionId session, TaskFrame task) {
  const double now_s = loop_.NowSeconds();
  const auto rows = static_cast<std::int64_t>(task.rows.size());
  const std::int64_t bytes = BytesOf(task.tensors);
  last_arrival_s_ = now_s;
  if (draining_ && now_s > drain_started_s_ + kDrainGraceS) {
    Refuse(session, task, UnavailableError(options_.name + " is draining"));
    return;
  }
  if (queued_rows_ > 0 && queued_rows_ + rows > options_.queue_tasks) {
    Refuse(
        session, task,
        ResourceExhaustedError(Format("queue of %s is full: %lld of %lld tasks",
                                      options_.name.c_str(), static_cast<long long>(queued_rows_),
                                      static_cast<long long>(options_.queue_tasks))));
    return;
  }
  if (held_bytes_ + bytes > options_.queue_bytes) {
    Refuse(session, task,
           ResourceExhaustedError(Format("%s holds %lld of %lld bytes", options_.name.c_str(),
                                         static_cast<long long>(held_bytes_),
                                         static_cast<long long>(options_.queue_bytes))));
    return;
  }
  if (const Status fit = Check(task); !fit.ok()) {
    Refuse(session, task, fit);
    return;
  }
  if (by_peer_id_.contains({session, task.id})) {
    Refuse(session, task, InvalidArgumentError("a parcel of this id is here already"));
    return;
  }
  // Not before: what is given back is carried by whoever gets it next, and counted there.
  agents_->OnArrival(sessions_.OffloaderOf(session), task.rows, task.accuracy_weight_s);
  const ParcelKey key = next_key_++;
  Parcel& parcel = parcels_[key];
  parcel.session = session;
  parcel.bytes = bytes;
  parcel.arrived_s = now_s;
  parcel.deadline_at_s = now_s + task.deadline_s;
  parcel.open_rows = task.rows.size();
  parcel.task = std::move(task);
  by_peer_id_[{session, parcel.task.id}] = key;
  held_bytes_ += bytes;
  queued_rows_ += rows;
  queue_.push_back(key);
  TryStart();
}

void NodeCore::Refuse(SessionId session, const TaskFrame& task, const Status& why) {
  observer_.OnRefused(task, static_cast<std::int64_t>(task.rows.size()), why);
  RefuseFrame refuse;
  refuse.id = task.id;
  refuse.rows.resize(task.rows.size());
  for (std::size_t i = 0; i < refuse.rows.size(); ++i) {
    refuse.rows[i] = static_cast<std::uint32_t>(i);
  }
  refuse.status = why;
  sessions_.Send(session, std::move(refuse));
}

void NodeCore::OnCancel(SessionId session, std::uint64_t id) {
  const auto it = by_peer_id_.find({session, id});
  if (it == by_peer_id_.end()) return;
  observer_.OnDropped(static_cast<std::int64_t>(parcels_.at(it->second).open_rows),
                      CancelledError("cancelled by the sender"));
  Erase(it->second);
}

bool NodeCore::progressing() const {
  if (!running_) return true;
  const double expected_s = agents_->service_s() * static_cast<double>(running_rows_);
  const double least_s = finished_rows_ > 0 ? kStuckLeastS : kStuckFirstS;
  return loop_.NowSeconds() - run_started_s_ < std::max(kStuckFactor * expected_s, least_s);
}

}  // namespace offramp
