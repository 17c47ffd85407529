// The source end of a subtask: polls the connector's reader, keeps the progress of event time of
// each split, and says which watermark to send when. The watermark is the least over the splits
// that are given and not yet finished, of the largest event time minus out_of_order
// (docs/language.md section 5); a split without rows, and splits that the enumerator still holds,
// hold it back.
//
// Of a source that is aligned, a split whose watermark has passed the limit that the JobMaster has
// told is not read until the limit has moved.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/abi/chain_context.h"
#include "runtime/connector/source.h"
#include "runtime/data/record_batch.h"
#include "runtime/exchange/stream_element.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

struct SourceInput {
  enum class Kind : uint8_t {
    kBatch,
    kNothing,     // at present; see next_poll_micros
    kNeedsSplit,  // all given splits are read and the enumerator has more
    kEnd,         // all splits are read
  };
  Kind kind = Kind::kNothing;
  BatchPtr batch;
  SplitProgress* progress = nullptr;  // of the batch's split: one a head pipeline
  int64_t next_poll_micros = INT64_MAX;
};

// Where a subtask of an aligned source is.
struct AlignmentReport {
  // The least over the splits of which there were rows, but for idle ones; kWatermarkNone: there
  // were none yet.
  int64_t watermark = kWatermarkNone;
  // Has splits to read, not all of them idle: nobody waits for others.
  bool counts = false;
  // All of its splits are ahead of the limit.
  bool is_held_back = false;

  bool operator==(const AlignmentReport&) const = default;
};

// Worker thread only.
class SourceDriver {
 public:
  // `source` and `memory` must outlive the driver.
  SourceDriver(const ChainSource& source, const Schema& batch_schema,
               std::unique_ptr<SourceReader> reader, size_t head_pipeline_count,
               MemoryPool* memory);

  Status AddSplit(const Split& split, int64_t now_micros);
  void NoMoreSplits() { no_more_splits_ = true; }

  // The next batch. Only when the one before has been worked off, since its rows count for the
  // watermark from then on.
  Result<SourceInput> Poll(int64_t now_micros);
  // A watermark or idleness that is to be sent before the next batch, at most every 200 ms or 64
  // batches. The final watermark is not among them.
  std::optional<StreamElement> TakeProgress(int64_t now_micros);
  // When TakeProgress may have something without any new batch; INT64_MAX: never.
  int64_t next_progress_micros(int64_t now_micros) const;

  // How far may be read. Until the first one: everything.
  void SetWatermarkLimit(int64_t watermark) { watermark_limit_ = watermark; }
  // What the JobMaster is to be told now: at an interval, and soon after it matters to others.
  std::optional<AlignmentReport> TakeReport(int64_t now_micros);
  // When TakeReport has something if nothing else happens; INT64_MAX: never.
  int64_t next_report_micros(int64_t now_micros) const;
  bool is_held_back() const { return is_held_back_; }

  // At a barrier: the unfinished splits, each with where to go on.
  Result<std::vector<Split>> Snapshot() const;

  uint64_t splits_finished() const { return splits_finished_; }
  int64_t bytes_read() const { return reader_->bytes_read(); }

 private:
  struct GivenSplit {
    Split split;
    std::vector<SplitProgress> progress;
    int64_t last_rows_micros = 0;
    bool finished = false;
    bool held = false;
  };

  void FinishSplit(uint32_t split);
  int64_t WatermarkOf(const GivenSplit& split) const;
  bool IsIdle(const GivenSplit& split, int64_t now_micros) const;
  const WatermarkAlignment* alignment() const;
  // Compares each split with the limit.
  void HoldSplits(int64_t now_micros);
  AlignmentReport ComputeReport(int64_t now_micros) const;
  // Others may have waited for just that.
  bool IsUrgent(const AlignmentReport& report) const;
  // nullopt: every split is idle.
  std::optional<int64_t> ComputeWatermark(int64_t now_micros) const;

  // Constant after construction.
  const ChainSource& source_;
  const std::unique_ptr<SourceReader> reader_;
  const size_t head_pipeline_count_;
  // Worker only.
  BatchPool pool_;
  BatchPtr spare_;                    // empty, from a poll that gave no rows
  std::deque<GivenSplit> splits_;     // by order of AddSplit; batches point into it
  std::vector<uint32_t> unfinished_;  // indices in splits_, by split id
  uint64_t splits_finished_ = 0;
  bool no_more_splits_ = false;
  int64_t watermark_ = kWatermarkNone;     // sent
  std::optional<int64_t> checked_micros_;  // when the watermark was computed last
  int64_t batches_since_check_ = 0;
  bool told_idle_ = false;
  int64_t watermark_limit_ = INT64_MAX;
  bool is_held_back_ = false;
  AlignmentReport reported_;
  std::optional<int64_t> reported_micros_;
};

}  // namespace flinkc
