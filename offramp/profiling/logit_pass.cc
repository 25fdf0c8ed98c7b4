#include "offramp/profiling/logit_pass.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "offramp/base/text.h"
#include "offramp/engine/batcher.h"
#include "offramp/profiling/progress_file.h"
#include "offramp/profiling/stage_runner.h"

namespace offramp {

namespace {

// What one piece of rows left: labels, then the logits of each exit.
struct Piece {
  std::vector<std::int32_t> labels;
  std::vector<LogitRows> exits;
};

template <typename T>
void Put(std::string& bytes, const T* values, std::size_t count) {
  const std::uint64_t size = count;
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  bytes.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

template <typename T>
bool Take(std::string_view& bytes, std::vector<T>& values) {
  std::uint64_t count = 0;
  if (bytes.size() < sizeof count) return false;
  std::memcpy(&count, bytes.data(), sizeof count);
  bytes.remove_prefix(sizeof count);
  if (count > bytes.size() / sizeof(T)) return false;
  values.resize(static_cast<std::size_t>(count));
  if (count > 0) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  bytes.remove_prefix(values.size() * sizeof(T));
  return true;
}

std::string Packed(const Piece& piece) {
  std::string bytes;
  Put(bytes, piece.labels.data(), piece.labels.size());
  for (const LogitRows& exit : piece.exits) Put(bytes, exit.values.data(), exit.values.size());
  return bytes;
}

// Rows that fit together, as one.
DataRows Joined(std::vector<DataRows>::iterator begin, std::vector<DataRows>::iterator end) {
  DataRows joined;
  for (std::size_t input = 0; input < begin->inputs.size(); ++input) {
    std::vector<const Tensor*> parts;
    for (auto one = begin; one != end; ++one) parts.push_back(&one->inputs[input]);
    joined.inputs.push_back(ConcatRows(parts));
  }
  for (auto one = begin; one != end; ++one) {
    joined.labels.insert(joined.labels.end(), one->labels.begin(), one->labels.end());
  }
  return joined;
}

class Pass {
 public:
  Pass(const Bundle& bundle, DataSet& data, const LogitPassOptions& options)
      : bundle_(bundle), data_(data), options_(options) {
    rows_ = options.rows > 0 ? std::min(options.rows, data.rows()) : data.rows();
    pieces_.resize(static_cast<std::size_t>((rows_ + options.piece_rows - 1) / options.piece_rows));
    done_.resize(pieces_.size());
  }

  Result<LogitPass> Run() {
    OFFRAMP_RETURN_IF_ERROR(CheckMemory());
    OFFRAMP_RETURN_IF_ERROR(Resume());
    std::vector<std::thread> threads;
    for (int i = 1; i < options_.threads; ++i) threads.emplace_back([this] { Work(); });
    Work();
    for (std::thread& thread : threads) thread.join();
    OFFRAMP_RETURN_IF_ERROR(status_);
    return Join();
  }

 private:
  std::int64_t FirstRow(std::size_t piece) const {
    return static_cast<std::int64_t>(piece) * options_.piece_rows;
  }
  std::int64_t RowsOf(std::size_t piece) const {
    return std::min(options_.piece_rows, rows_ - FirstRow(piece));
  }

  Status CheckMemory() const {
    const std::vector<std::int64_t>& shape = bundle_.outputs.back().shape;
    const std::int64_t classes = shape.empty() ? 1 : std::max<std::int64_t>(shape.back(), 1);
    std::int64_t exits = 0;
    for (const BundleStage& stage : bundle_.stages) exits += stage.exit.empty() ? 0 : 1;
    const std::int64_t numbers = classes * exits;
    const std::int64_t row_bytes = numbers * static_cast<std::int64_t>(sizeof(float));
    // Twice while the pieces are joined.
    if (rows_ <= kMostLogitBytes / 2 / row_bytes) return OkStatus();
    return InvalidArgumentError(
        Format("%lld rows of %lld numbers are too many to hold, expected --rows of at most %lld",
               static_cast<long long>(rows_), static_cast<long long>(numbers),
               static_cast<long long>(kMostLogitBytes / 2 / row_bytes)));
  }

  Status Resume() {
    if (options_.progress_file.empty()) return OkStatus();
    const std::string identity =
        options_.identity + Format("\n%lld rows by %lld, labelled %d, digest %s",
                                   static_cast<long long>(rows_),
                                   static_cast<long long>(options_.piece_rows),
                                   data_.labelled() ? 1 : 0, bundle_.digest.c_str());
    OFFRAMP_ASSIGN_OR_RETURN(file_, ProgressFile::Open(options_.progress_file, identity));
    for (const auto& [number, bytes] : file_->pieces()) {
      if (number < 0 || number >= static_cast<std::int64_t>(pieces_.size())) continue;
      const auto at = static_cast<std::size_t>(number);
      if (!Unpack(bytes, RowsOf(at), pieces_[at])) continue;
      done_[at] = true;
      resumed_rows_ += RowsOf(at);
    }
    file_->ForgetPieces();
    finished_rows_ = resumed_rows_;
    if (resumed_rows_ > 0 && options_.resumed) options_.resumed(resumed_rows_);
    return OkStatus();
  }

  bool Unpack(std::string_view bytes, std::int64_t rows, Piece& piece) const {
    const auto count = static_cast<std::size_t>(rows);
    if (!Take(bytes, piece.labels)) return false;
    if (piece.labels.size() != (data_.labelled() ? count : 0)) return false;
    for (const BundleStage& stage : bundle_.stages) {
      LogitRows exit;
      if (!Take(bytes, exit.values)) return false;
      exit.classes = static_cast<std::int64_t>(exit.values.size() / count);
      if (exit.values.size() % count != 0 || stage.exit.empty() != exit.values.empty())
        return false;
      piece.exits.push_back(std::move(exit));
    }
    return bytes.empty();
  }

  // One thread's share, piece by piece.
  void Work() {
    std::unique_ptr<StageRunner> runner;
    for (;;) {
      std::size_t at = 0;
      std::vector<DataRows> rows;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        while (next_ < pieces_.size() && done_[next_]) ++next_;
        if (next_ == pieces_.size() || !status_.ok()) return;
        if (options_.stop && options_.stop()) {
          status_ = CancelledError("stopped");
          return;
        }
        at = next_++;
        // Under the lock: a data set belongs to one thread at a time.
        Result<std::vector<DataRows>> read = ReadSpread(data_, FirstRow(at), RowsOf(at), rows_);
        if (!read.ok()) {
          status_ = read.status();
          return;
        }
        rows = *std::move(read);
      }
      Status done = OkStatus();
      if (runner == nullptr) {
        auto loaded = StageRunner::Load(bundle_);
        if (loaded.ok()) {
          runner = *std::move(loaded);
        } else {
          done = loaded.status();
        }
      }
      if (done.ok()) done = RunPiece(*runner, rows, pieces_[at]);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (done.ok() && file_ != nullptr) {
        done = file_->Append(static_cast<std::int64_t>(at), Packed(pieces_[at]));
      }
      if (!done.ok()) {
        if (status_.ok()) status_ = done;
        return;
      }
      finished_rows_ += RowsOf(at);
      if (options_.progress) options_.progress(finished_rows_, rows_);
    }
  }

  Status RunPiece(StageRunner& runner, const std::vector<DataRows>& runs, Piece& piece) const {
    piece.exits.resize(bundle_.stages.size());
    for (const DataRows& rows : runs) {
      OFFRAMP_ASSIGN_OR_RETURN(const StageTrace trace, runner.Run(rows.inputs));
      piece.labels.insert(piece.labels.end(), rows.labels.begin(), rows.labels.end());
      for (std::size_t h = 0; h < trace.exits.size(); ++h) {
        if (!trace.exits[h]) continue;
        OFFRAMP_RETURN_IF_ERROR(
            AppendLogits(*trace.exits[h], piece.exits[h]).At(Format("stage %zu", h + 1)));
      }
    }
    return OkStatus();
  }

  Result<LogitPass> Join() {
    LogitPass pass;
    pass.rows = rows_;
    pass.resumed_rows = resumed_rows_;
    pass.exits.resize(static_cast<std::size_t>(bundle_.stage_count()));
    for (Piece& piece : pieces_) {
      pass.labels.insert(pass.labels.end(), piece.labels.begin(), piece.labels.end());
      for (std::size_t h = 0; h < pass.exits.size(); ++h) {
        LogitRows& all = pass.exits[h];
        const LogitRows& some = piece.exits[h];
        if (some.classes == 0) continue;
        if (all.classes == 0) all.classes = some.classes;
        if (all.classes != some.classes) {
          return InvalidArgumentError(
              Format("stage %zu answers different numbers of classes", h + 1));
        }
        all.values.insert(all.values.end(), some.values.begin(), some.values.end());
      }
      piece = Piece();
    }
    return pass;
  }

  const Bundle& bundle_;
  DataSet& data_;
  const LogitPassOptions& options_;
  std::int64_t rows_ = 0;
  std::int64_t resumed_rows_ = 0;
  std::unique_ptr<ProgressFile> file_;
  std::vector<Piece> pieces_;  // a thread writes only to the one that it took

  std::mutex mutex_;  // of all below, of the file and of the data set
  std::vector<bool> done_;
  std::size_t next_ = 0;
  std::int64_t finished_rows_ = 0;
  Status status_;
};

}  // namespace

std::int64_t SpreadRow(std::int64_t i, std::int64_t rows, std::int64_t all) {
  // 128 bits: both may be large.
  return static_cast<std::int64_t>(static_cast<__int128>(i) * all / rows);
}

Result<std::vector<DataRows>> ReadSpread(DataSet& data, std::int64_t first, std::int64_t count,
                                         std::int64_t rows) {
  std::vector<DataRows> runs;
  if (rows == data.rows()) {
    OFFRAMP_ASSIGN_OR_RETURN(DataRows all, data.Read(first, count));
    runs.push_back(std::move(all));
    return runs;
  }
  std::vector<DataRows> singles;
  for (std::int64_t i = first; i < first + count; ++i) {
    OFFRAMP_ASSIGN_OR_RETURN(DataRows one, data.Read(SpreadRow(i, rows, data.rows()), 1));
    singles.push_back(std::move(one));
  }
  for (auto begin = singles.begin(); begin != singles.end();) {
    const auto end = std::find_if(begin, singles.end(), [&](const DataRows& one) {
      return !SameRowShapes(one.inputs, begin->inputs);
    });
    runs.push_back(Joined(begin, end));
    begin = end;
  }
  return runs;
}

Result<LogitPass> RunLogitPass(const Bundle& bundle, DataSet& data,
                               const LogitPassOptions& options) {
  return Pass(bundle, data, options).Run();
}

}  // namespace offramp
