// Forwarder: sends rows to the next stage and answers for them.
//
// A job is a set of rows that one owner (a gateway's request, a node's parcel) wants answered. For
// every row the forwarder chooses a receiver (core/sender.h), rows with the same next hop travel as
// one parcel, and the row's input is kept until its final answer has come back. A receiver that
// dies, freezes, drains or refuses costs the row one re-send from its budget; while no receiver is
// left, rows wait, up to their deadline. The first answer of a row wins; later ones are dropped and
// counted. Every row of a job ends exactly once: OnRowsAnswered or OnRowsFailed.
//
// Loop thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "offramp/core/sender.h"
#include "offramp/offload/receiver_link.h"
#include "offramp/offload/receiver_metrics.h"
#include "offramp/wire/event_loop.h"
#include "offramp/wire/frame.h"
#include "offramp/wire/transport.h"

namespace offramp {

using JobId = std::uint64_t;

struct OutJob {
  double deadline_at_s = 0;        // on the loop's clock
  std::uint32_t retry_budget = 0;  // re-sends that each row may still cost, here and further on
  bool early_exit = true;
  bool shadow = false;
  double accuracy_weight_s = 0;  // that the rows carry (TaskFrame)
  std::string request_id;
  std::string trace_parent;
  std::vector<TaskRow> rows;
  std::vector<Tensor> tensors;  // each with rows.size() rows
};

class ForwarderOwner {
 public:
  virtual ~ForwarderOwner() = default;

  // `rows` are positions in the job; `answer.rows` and its tensors follow their order.
  virtual void OnRowsAnswered(JobId job, const std::vector<std::uint32_t>& rows,
                              AnswerFrame answer) = 0;

  // `retries`: re-sends spent on these rows, for the budget of whoever sent them to us.
  virtual void OnRowsFailed(JobId job, const std::vector<std::uint32_t>& rows, const Status& why,
                            std::uint32_t retries) = 0;

  virtual void OnAgentMessage(int receiver, const AgentMessage& message) = 0;
};

struct ForwarderOptions {
  ReceiverLinkOptions link;
  double park_s = 0.02;         // before rows that nobody takes are tried again; longer each ...
  double longest_park_s = 1.0;  // ... time that all have refused one, up to this
  double stranded_s = 0.5;      // without a way on, before others get what a receiver holds
  std::int64_t max_parcel_bytes = std::int64_t{48} << 20;  // well within a frame's limit
  std::function<void(int receiver, double seconds)>
      on_transfer;                                       // each measured transfer, or empty
  std::size_t max_unsent_bytes = std::size_t{64} << 20;  // per connection, before rows wait here
};

struct ForwarderCounters {
  std::uint64_t resent_rows = 0;
  std::uint64_t late_answers = 0;  // of rows that somebody else had answered
  std::uint64_t expired_rows = 0;
  std::uint64_t budget_failures = 0;
  std::uint64_t parked_rows = 0;        // ever
  std::uint64_t unexpected_frames = 0;  // malformed, or not a receiver's to send
};

class Forwarder final : public ReceiverLinkOwner {
 public:
  // `hello` introduces the owner to each receiver.
  Forwarder(Hello hello, Sender sender, EventLoop& loop, Transport& transport,
            const AddressBook& addresses, ForwarderOwner& owner, ForwarderOptions options);
  ~Forwarder() override;

  void Start();

  // Never calls the owner back before it returns.
  JobId Submit(OutJob job);

  // Nobody wants the job's answer any more. No callback follows.
  void Cancel(JobId job);

  Sender& sender() { return sender_; }
  const Sender& sender() const { return sender_; }
  const ReceiverMetrics& metrics(int receiver) const {
    return metrics_[static_cast<std::size_t>(receiver)];
  }
  ReceiverMetrics& metrics(int receiver) { return metrics_[static_cast<std::size_t>(receiver)]; }
  // The newest report of a receiver; a default one before the first.
  const Report& report(int receiver) const { return reports_[static_cast<std::size_t>(receiver)]; }
  const ForwarderCounters& counters() const { return counters_; }

  // Whether some available receiver knows a live way to the last stage.
  bool ReachesEnd() const;
  std::size_t jobs() const { return jobs_.size(); }
  std::size_t parked() const { return parked_.size(); }

  // ReceiverLinkOwner
  void OnUp(int receiver) override;
  void OnDown(int receiver, const Status& why) override;
  void OnSuspect(int receiver) override;
  void OnRecovered(int receiver) override;
  void OnReceiverFrame(int receiver, Frame frame) override;

 private:
  struct Row {
    bool done = false;
    std::uint32_t retries = 0;   // spent on this row, here and downstream
    int refused_rounds = 0;      // times that everybody there had refused it
    std::vector<bool> excluded;  // receivers that refused or lost it; empty: none
  };
  struct Job {
    OutJob out;
    std::vector<Row> rows;
    std::size_t open_rows = 0;
    std::int64_t row_bytes = 0;
    EventLoop::TimerId deadline_timer = 0;
    std::vector<std::uint64_t> parcels;  // ever sent; some may be gone
  };
  struct Parcel {
    JobId job = 0;
    std::vector<std::uint32_t> rows;  // positions in the job; kEnded: answered or given back
    std::size_t open_rows = 0;        // the others
    int receiver = 0;
    double sent_s = 0;       // given to the (emulated) link
    double delivered_s = 0;  // when that link has delivered it
    bool delivered = false;  // handed to the connection
    bool settled = false;    // no longer counted as outstanding at the receiver
    bool abandoned = false;  // re-sent elsewhere; a late answer is still welcome
    EventLoop::TimerId link_timer = 0;
  };
  struct Parked {
    JobId job;
    std::uint32_t row;
    double not_before_s;
  };
  static constexpr std::uint32_t kEnded = 0xffffffff;

  using Rows = std::vector<std::uint32_t>;

  // Sending.
  void Dispatch(JobId id, const Rows& rows);
  // Receivers that know no way to the last stage, if an available one does; else empty.
  std::vector<bool> DeadEnds() const;
  bool AnyAvailable() const;
  bool AnyAvailableBut(const std::vector<bool>& avoided) const;
  void OpenParcel(JobId id, int receiver, Rows rows, double delivered_s);
  void Deliver(std::uint64_t parcel_id);
  void Park(JobId job, std::uint32_t row, double delay_s);
  void WakeForParked();
  // Those that are due, or all of them: somebody new is there.
  void RetryParked(bool all);

  // Ends. Each leaves the tables consistent before it calls the owner.
  void Resend(JobId id, int failed_receiver, const Rows& rows, const Status& why);
  void FailRows(JobId id, const Rows& rows, const Status& why);
  Rows CloseRows(Job& job, const Rows& rows);
  void EraseIfDone(JobId id);
  void DropParcel(std::uint64_t id, bool tell_receiver);
  void LoseParcelsOf(int receiver, const Status& why, bool connection_lost);

  void UpdateAvailability(int receiver);
  void UpdateOwed(int receiver);
  Parcel* FindParcel(int receiver, std::uint64_t id);
  bool NamesRowsOf(const Parcel& parcel, const std::vector<std::uint32_t>& rows);
  void LeaveIfStranded(int receiver);
  // `at_receiver_s`: of the round trip, where that is known: the rest is transfer.
  void MarkStageDone(Parcel& parcel, std::optional<double> at_receiver_s);
  void OnReport(int receiver, const Report& report);
  void OnAck(int receiver, const AckFrame& ack);
  void OnAnswer(int receiver, AnswerFrame answer);
  void OnRefuse(int receiver, const RefuseFrame& refuse);

  Sender sender_;
  EventLoop& loop_;
  ForwarderOwner& owner_;
  const ForwarderOptions options_;
  std::vector<std::unique_ptr<ReceiverLink>> links_;
  std::vector<ReceiverMetrics> metrics_;
  std::vector<Report> reports_;                          // newest by receiver
  std::vector<std::optional<double>> stranded_since_s_;  // by receiver: holds rows, knows no way on

  std::unordered_map<JobId, Job> jobs_;
  std::unordered_map<std::uint64_t, Parcel> parcels_;
  std::vector<std::set<std::uint64_t>> parcels_of_;  // by receiver, oldest first
  std::vector<Parked> parked_;
  EventLoop::TimerId park_timer_ = 0;
  JobId next_job_ = 1;
  std::uint64_t next_parcel_ = 1;
  ForwarderCounters counters_;
};

}  // namespace offramp
