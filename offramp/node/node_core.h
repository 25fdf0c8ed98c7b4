// NodeCore: one replica's logic. Parcels come from offloaders, wait in a bounded queue, run in
// batches, and leave row by row: through the stage's exit when it is confident enough, or on to the
// next stage. Sends nothing by itself except through connections and the forwarder; runs on one
// loop, with real time or by hand (tests/unit/node).
//
// A parcel that was taken is answered, row by row, or given back with a reason. Its input is kept,
// as the forwarder's job, until the last answer has come back through this node.
//
// A call of the engine that fails says nothing about the single rows in it: they run again, one at
// a time, and only those that fail alone are given back, with the engine's reason.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "offramp/engine/batcher.h"
#include "offramp/model/bundle.h"
#include "offramp/node/engine_runner.h"
#include "offramp/node/node_observer.h"
#include "offramp/node/shadows.h"
#include "offramp/offload/agent_runner.h"
#include "offramp/offload/forwarder.h"
#include "offramp/offload/offloader_sessions.h"

namespace offramp {

// A node that drains still takes what its neighbours sent before they heard of it.
inline constexpr double kDrainGraceS = 0.2;

struct NodeCoreOptions {
  std::string name;
  int stage = 1;
  BatchLimits batching;                  // rows that are joined, and how long one waits for more
  std::int64_t queue_tasks = 1024;       // rows waiting, before parcels are refused
  std::int64_t queue_bytes = 256 << 20;  // of everything held: waiting, running, forwarded
  double shadow_share = 0;               // of the tasks that leave here, 0..1 (shadows.h)
  // "Stage done" may be this late: far below what dispatch could use, and long enough that in a
  // fast fleet the answer is there first and says it too, which saves a frame a hop.
  double ack_delay_s = 0.001;
  std::uint64_t seed = 1;  // for drawing them
};

class NodeCore final : public OffloaderSessionsOwner, public ForwarderOwner {
 public:
  // `forwarder` is null for the last stage; `agents` runs the node's rounds in any policy (it also
  // measures). `bundle`, `observer`, `loop` and `engine` outlive the core.
  struct Parts {
    EventLoop* loop = nullptr;
    EngineRunner* engine = nullptr;
    const Bundle* bundle = nullptr;
    NodeObserver* observer = nullptr;
  };
  NodeCore(NodeCoreOptions options, Parts parts, Hello hello, std::vector<std::string> offloaders);
  ~NodeCore() override;

  // Before Start: what sends onward, and who decides. Both are owned by the core from here on.
  void Attach(std::unique_ptr<Forwarder> forwarder, std::unique_ptr<AgentRunner> agents);
  void Start();

  OffloaderSessions& sessions() { return sessions_; }
  Forwarder* forwarder() { return forwarder_.get(); }
  AgentRunner& agents() { return *agents_; }
  const Shadows& shadows() const { return shadows_; }

  // Takes no new parcels, tells offloaders so, and calls `drained` once nothing is held.
  void Drain(std::function<void()> drained);
  bool draining() const { return draining_; }

  // Whether the engine moves: false while one batch has run for far longer than it should.
  bool progressing() const;

  std::int64_t queued_rows() const { return queued_rows_ + running_rows_; }
  std::size_t held_parcels() const { return parcels_.size(); }
  std::int64_t held_bytes() const { return held_bytes_; }
  std::uint64_t finished_rows() const { return finished_rows_; }

  // OffloaderSessionsOwner
  void OnOffloaderUp(SessionId session, int offloader) override;
  void OnOffloaderDown(SessionId session, int offloader) override;
  void OnTask(SessionId session, TaskFrame task) override;
  void OnCancel(SessionId session, std::uint64_t parcel) override;

  // ForwarderOwner
  void OnRowsAnswered(JobId job, const std::vector<std::uint32_t>& rows,
                      AnswerFrame answer) override;
  void OnRowsFailed(JobId job, const std::vector<std::uint32_t>& rows, const Status& why,
                    std::uint32_t retries) override;
  void OnAgentMessage(int receiver, const AgentMessage& message) override;

 private:
  using ParcelKey = std::uint64_t;
  using Rows = std::vector<std::uint32_t>;  // positions in a parcel
  struct Parcel {
    SessionId session = 0;
    TaskFrame task;
    std::int64_t bytes = 0;
    double arrived_s = 0;
    double deadline_at_s = 0;
    float queue_s = 0;
    float compute_s = 0;
    bool owes_ack = false;      // done here, and its sender not told yet
    bool queued = true;         // not yet in the engine
    std::size_t open_rows = 0;  // neither answered nor given back
    JobId job = 0;              // of the rows that went on; 0: none
    double forwarded_s = 0;
    Rows job_rows;  // position in the job -> row of the parcel
  };

  // A parcel's place in a batch; the rows are known even if the parcel goes while it runs.
  struct BatchPart {
    ParcelKey key = 0;
    std::int64_t rows = 0;
  };

  // A row that runs alone, since the call that it was in has failed.
  struct LoneRow {
    ParcelKey key = 0;
    std::uint32_t row = 0;
  };
  // What a parcel's lone rows have come to; the stage ends for all of them together.
  struct Rerun {
    Rows rows;  // those that passed
    std::vector<std::vector<Tensor>> outputs;
    std::size_t left = 0;
  };

  Status Check(const TaskFrame& task) const;
  void Refuse(SessionId session, const TaskFrame& task, const Status& why);
  void DropExpired();
  void TryStart();
  // Takes what runs next off the queue, inputs joined; empty while the batcher waits for more.
  std::vector<BatchPart> TakeBatch(std::vector<Tensor>& inputs);

  void OnBatchDone(const std::vector<BatchPart>& batch, EngineRunner::Outputs outputs,
                   double compute_s);
  void RunAlone(const BatchPart& part);
  // False when none is left.
  bool StartLoneRow();
  void OnLoneRowDone(EngineRunner::Outputs outputs, double compute_s);
  void ExpireRerun(ParcelKey key);
  void EndRerun(ParcelKey key);
  Status EngineFailure(const Status& why) const;

  // What the engine made of one parcel, or of those of its rows that passed.
  struct Made {
    Rows rows;                    // ascending
    std::vector<Tensor> outputs;  // with as many rows
  };
  void FinishStage(ParcelKey key, const Made& made);
  // `picks` are positions in `made`.
  void AnswerHere(ParcelKey key, const Made& made, const std::vector<std::int64_t>& picks,
                  const std::vector<Confidence>& sure);
  // False when the rows failed.
  bool SendOn(ParcelKey key, const Made& made, const std::vector<std::int64_t>& picks,
              float survived);
  // What later stages need of these rows, without the rows themselves.
  Result<OutJob> JobFor(const Parcel& parcel, const Made& made,
                        const std::vector<std::int64_t>& picks, const Rows& rows) const;
  // A few of the rows that leave run on, to compare.
  void SendShadows(const Parcel& parcel, const Made& made, const std::vector<std::int64_t>& leaving,
                   const std::vector<Confidence>& sure);

  // Gives rows that have not ended back to the sender.
  void FailRows(ParcelKey key, const Rows& rows, const Status& why);
  void FailParcel(ParcelKey key, const Status& why);
  void CloseRows(ParcelKey key, std::size_t rows);
  void Erase(ParcelKey key);

  void OweAck(ParcelKey key);
  void SendOwedAcks();
  Report MakeReport(SessionId session) const;
  void SendReports();
  void ScheduleReports();
  void MaybeDrained();

  const NodeCoreOptions options_;
  EventLoop& loop_;
  EngineRunner& engine_;
  const Bundle& bundle_;
  const BundleStage& stage_;
  NodeObserver& observer_;
  OffloaderSessions sessions_;
  std::unique_ptr<Forwarder> forwarder_;
  std::unique_ptr<AgentRunner> agents_;
  Shadows shadows_;

  std::unordered_map<ParcelKey, Parcel> parcels_;
  std::map<std::pair<SessionId, std::uint64_t>, ParcelKey> by_peer_id_;
  std::unordered_map<JobId, ParcelKey> by_job_;
  std::deque<ParcelKey> queue_;    // may hold keys of parcels that are gone, until DropExpired
  std::deque<LoneRow> lone_rows_;  // before the queue; a parcel's follow each other; it may be gone
  std::unordered_map<ParcelKey, Rerun> reruns_;
  ParcelKey next_key_ = 1;
  std::int64_t queued_rows_ = 0;
  std::int64_t running_rows_ = 0;  // in the engine or lone
  std::int64_t held_bytes_ = 0;
  bool running_ = false;
  double run_started_s_ = 0;
  double last_arrival_s_ = -1e9;
  double last_report_s_ = -1e9;
  bool reported_reaches_end_ = false;
  std::uint64_t finished_rows_ = 0;
  EventLoop::TimerId report_timer_ = 0;
  EventLoop::TimerId batch_timer_ = 0;
  EventLoop::TimerId ack_timer_ = 0;
  std::vector<ParcelKey> owed_acks_;
  bool draining_ = false;
  double drain_started_s_ = 0;
  EventLoop::TimerId drain_timer_ = 0;
  std::function<void()> drained_;
};

}  // namespace offramp
