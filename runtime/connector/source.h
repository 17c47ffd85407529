// The edge of the world where rows come in (FLIP-27's shape): a SplitEnumerator on the JobMaster
// finds the splits, a SourceReader in each source subtask reads the ones it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/data/record_batch.h"
#include "runtime/graph/descriptors.h"

namespace flinkc {

class AllowedPaths;

// One readable part of a source. `id` orders the splits and names them for good.
struct Split {
  std::string id;
  std::string payload;     // the connector's own: path and byte range, block of event ids
  int64_t size_bytes = 0;  // 0: unknown or without end; for progress
  // Where to go on, of a split that was read in part: SourceReader::Position; "": at its start.
  std::string position;
  // The largest event time of the rows before `position`; INT64_MIN: none.
  int64_t max_event_time = INT64_MIN;
};

// JobMaster's thread only.
class SplitEnumerator {
 public:
  virtual ~SplitEnumerator() = default;
  // All splits of a bounded source in the order of their ids. An input that is not there is
  // kNotFound with the path.
  virtual Result<std::vector<Split>> Enumerate(uint32_t parallelism) = 0;
  // True: split i belongs to subtask i % parallelism from the start (nexmark). False: a subtask
  // is given the next one when it asks (files).
  virtual bool assigns_all_at_start() const { return false; }
};

// Told of rows that cannot be decoded. `raw` is the undecodable text. Answers what to do with the
// row; the reader has not put it into the batch yet.
struct DecodeFailure {
  int32_t status = 0;  // a RowStatus
  std::string column;  // "" when the row as a whole is broken
  std::string_view raw;
  int64_t offset = 0;  // record number in the split, from 0
  std::string detail;  // "found `abc`, expected BIGINT"
  const SplitOrigin* origin = nullptr;
};
using DecodeFailureHandler = std::function<Status(const DecodeFailure&)>;

struct SourceContext {
  const SourceDescriptor* descriptor = nullptr;
  uint32_t subtask = 0;
  uint32_t parallelism = 1;
  MemoryPool* memory = nullptr;
  const Clock* clock = nullptr;
  // For rows that fail under kDrop, kNull (whole row broken: dropped) and kRoute; under kFail the
  // reader returns the error itself, with path, line and what is wrong.
  DecodeFailureHandler on_failure;
  // Wakes the worker that polls this reader: called by I/O threads when there is something to read.
  std::function<void()> wake;
  // What it may read; nullptr: all. A split may name what no spec does.
  const AllowedPaths* allowed_paths = nullptr;
};

enum class SourceStatus : uint8_t {
  kRows,        // the batch has rows, all of split `split`
  kNothingYet,  // no rows at present; wake() will be called, or a rate limit holds them back
  kNeedsSplit,  // all given splits are read
};

struct SourcePoll {
  SourceStatus status = SourceStatus::kNothingYet;
  uint32_t split = 0;              // index in the order of AddSplit
  bool split_finished = false;     // no more rows of `split` will come
  int64_t retry_after_micros = 0;  // kNothingYet: poll again after this long even without wake()
};

// Worker thread only.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // kCorrupt: a position that this split cannot have.
  virtual Status AddSplit(const Split& split) = 0;
  // Fills the empty `batch` (schema: descriptor->BatchSchema()) from one split. Never blocks.
  virtual Result<SourcePoll> Poll(RecordBatch& batch) = 0;
  // From now on Poll gives no rows of this split, or gives them again. Nobody polls while all
  // unfinished splits are held: what is given one split at a time need not know.
  virtual void SetHeld(uint32_t /*split*/, bool /*held*/) {}
  // Where the next row of the unfinished split begins, behind all rows that Poll has given: what a
  // later AddSplit goes on from, in this or another process.
  virtual Result<std::string> Position(uint32_t split) const = 0;
  // Bytes read so far, for progress.
  virtual int64_t bytes_read() const { return 0; }
};

}  // namespace flinkc
