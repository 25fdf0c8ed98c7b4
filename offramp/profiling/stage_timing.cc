#include "offramp/profiling/stage_timing.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "offramp/base/clock.h"
#include "offramp/base/text.h"
#include "offramp/engine/engine.h"
#include "offramp/profiling/logit_pass.h"
#include "offramp/profiling/resident_memory.h"

namespace offramp {

namespace {

constexpr std::int64_t kRowsInTurn = 64;  // at batch 1 each call takes another
constexpr std::int64_t kMostCarriedBytes = std::int64_t{256} << 20;
constexpr int kWarmUpCalls = 2;
constexpr double kMostSeconds = 5;  // per stage and batch size
constexpr double kMostRatios = 4000;
constexpr std::size_t kBins = 32;
// The last bin's inner and outer edges: what is slower was interrupted by others.
constexpr double kTail[] = {0.99, 0.999};

// Rows that travel through the stages together; those of one row each keep their own lengths.
using Parcels = std::vector<std::vector<Tensor>>;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

class Timer {
 public:
  Timer(const Bundle& bundle, const StageTimingOptions& options)
      : bundle_(bundle), options_(options), batches_(options.batches) {
    batches_.push_back(1);
    std::sort(batches_.begin(), batches_.end());
    batches_.erase(std::unique(batches_.begin(), batches_.end()), batches_.end());
  }

  Result<TimingReport> Run(DataSet& data) {
    OFFRAMP_RETURN_IF_ERROR(ReadParcels(data));
    // The runtime itself, which every node has once, counts for no stage.
    OFFRAMP_RETURN_IF_ERROR(LoadEngine(bundle_, 1, {.threads = 1}).status());
    for (int stage = 1; stage <= bundle_.stage_count(); ++stage) {
      if (options_.progress) options_.progress(stage);
      Status timed = TimeStage(stage);
      if (timed.code() == StatusCode::kCancelled) return timed;
      if (!timed.ok()) return timed.At(Format("stage %d", stage));
    }
    report_.histogram = HistogramOf(Ratios());
    return std::move(report_);
  }

 private:
  Status ReadParcels(DataSet& data) {
    std::int64_t row_bytes = 1;
    for (const BundleStage& stage : bundle_.stages) {
      row_bytes = std::max(row_bytes, stage.output_bytes);
    }
    const std::int64_t most = std::max<std::int64_t>(kMostCarriedBytes / row_bytes, 1);
    const std::int64_t rows = std::min({kRowsInTurn, most, data.rows()});
    for (std::int64_t i = 0; i < rows; ++i) {
      OFFRAMP_ASSIGN_OR_RETURN(DataRows one, data.Read(SpreadRow(i, rows, data.rows()), 1));
      parcels_.push_back(std::move(one.inputs));
    }
    return OkStatus();
  }

  // The first of the parcels over and over: rows of one shape, whatever the data are.
  std::vector<Tensor> Repeated(std::int64_t rows) const {
    std::vector<Tensor> batch;
    for (const Tensor& tensor : parcels_[0]) {
      batch.push_back(
          ConcatRows(std::vector<const Tensor*>(static_cast<std::size_t>(rows), &tensor)));
    }
    return batch;
  }

  Status TimeStage(int number) {
    StageTiming timing;
    const ResidentMemory memory;
    OFFRAMP_ASSIGN_OR_RETURN(const std::unique_ptr<Engine> engine,
                             LoadEngine(bundle_, number, {.threads = 1}));
    for (const std::int64_t batch : batches_) {
      std::vector<double> times_s;
      OFFRAMP_RETURN_IF_ERROR(TimeBatch(*engine, batch, times_s));
      const double median_s = Median(times_s);
      timing.batches.push_back(
          {.batch = batch,
           .median_ms = 1e3 * median_s,
           .gflops_per_s = static_cast<double>(batch) * bundle_.stage(number).gflops / median_s,
           .calls = static_cast<int>(times_s.size())});
      if (batch == 1) {
        timing.peak_memory_bytes = memory.PeakBytes();
        times_.push_back(times_s);
      }
    }
    timing.largest_memory_bytes = memory.PeakBytes();
    OFFRAMP_RETURN_IF_ERROR(Send(*engine, number, timing));
    report_.stages.push_back(std::move(timing));
    return OkStatus();
  }

  // Stages count by their share of the whole time: on the quick ones every interruption shows.
  std::vector<double> Ratios() const {
    double whole_s = 0;
    for (const std::vector<double>& times_s : times_) whole_s += Median(times_s);
    std::vector<double> ratios;
    for (const std::vector<double>& times_s : times_) {
      const double median_s = Median(times_s);
      const auto wanted = static_cast<std::size_t>(kMostRatios * median_s / whole_s);
      const std::size_t count = std::min(times_s.size(), std::max<std::size_t>(wanted, kBins));
      for (std::size_t i = 0; i < count; ++i) {
        ratios.push_back(times_s[i * times_s.size() / count] / median_s);
      }
    }
    return ratios;
  }

  Status TimeBatch(Engine& engine, std::int64_t batch, std::vector<double>& times_s) {
    const SteadyClock clock;
    const std::vector<Tensor> repeated = batch > 1 ? Repeated(batch) : std::vector<Tensor>();
    const double start_s = clock.NowSeconds();
    for (std::size_t call = 0;; ++call) {
      if (options_.stop && options_.stop()) return CancelledError("stopped");
      const std::vector<Tensor>& inputs = batch > 1 ? repeated : parcels_[call % parcels_.size()];
      const double before_s = clock.NowSeconds();
      OFFRAMP_RETURN_IF_ERROR(engine.Run(inputs).status());
      const double after_s = clock.NowSeconds();
      if (call >= kWarmUpCalls) times_s.push_back(std::max(after_s - before_s, 1e-9));
      const double spent_s = after_s - start_s;
      const bool enough = static_cast<int>(times_s.size()) >= options_.fewest_calls;
      if (!times_s.empty() &&
          (spent_s >= kMostSeconds || (enough && spent_s >= options_.seconds))) {
        return OkStatus();
      }
    }
  }

  // The parcels as the next stage gets them.
  Status Send(Engine& engine, int number, StageTiming& timing) {
    const std::size_t sends = bundle_.stage(number).sends.size();
    std::int64_t bytes = 0;
    for (std::vector<Tensor>& parcel : parcels_) {
      OFFRAMP_ASSIGN_OR_RETURN(parcel, engine.Run(parcel));
      parcel.resize(sends);
      bytes += BytesOf(parcel);
    }
    timing.output_bytes = bytes / static_cast<std::int64_t>(parcels_.size());
    return OkStatus();
  }

  const Bundle& bundle_;
  const StageTimingOptions& options_;
  std::vector<std::int64_t> batches_;
  Parcels parcels_;
  std::vector<std::vector<double>> times_;  // in seconds, by stage, of one row
  TimingReport report_;
};

}  // namespace

std::optional<ServiceHistogram> HistogramOf(std::vector<double> ratios) {
  if (ratios.size() < kBins) return std::nullopt;
  std::sort(ratios.begin(), ratios.end());
  std::vector<double> shares;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    shares.push_back(static_cast<double>(bin) / static_cast<double>(kBins));
  }
  shares.insert(shares.end(), std::begin(kTail), std::end(kTail));
  std::vector<double> edges;
  std::vector<double> weights;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double at = std::floor(shares[i] * static_cast<double>(ratios.size() - 1));
    edges.push_back(std::round(ratios[static_cast<std::size_t>(at)] * 1e4) / 1e4);
    if (i > 0) weights.push_back(std::round((shares[i] - shares[i - 1]) * 1e6) / 1e6);
  }
  Result<ServiceHistogram> made = ServiceHistogram::Create(std::move(edges), std::move(weights));
  if (!made.ok()) return std::nullopt;
  return *std::move(made);
}

Result<TimingReport> TimeStages(const Bundle& bundle, DataSet& data,
                                const StageTimingOptions& options) {
  return Timer(bundle, options).Run(data);
}

}  // namespace offramp
