// From bytes to batches: one decoder for each source subtask, made once for the declared schema and
// the columns that the plan needs. The connector reads blocks of bytes and calls Decode until a
// block has no more whole record; what is left of it goes to the front of the next block.
//
// Strings of the batch point into the block, which the batch then keeps alive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/result.h"
#include "runtime/connector/source.h"
#include "runtime/data/record_batch.h"

namespace flinkc {

// So many bytes behind `end` must be readable (their values do not matter).
inline constexpr size_t kBlockPadding = 64;

struct DecodeBlock {
  const char* begin = nullptr;
  const char* end = nullptr;
  bool is_last = false;  // the split ends at `end`, with or without a line end
  uint64_t id = 0;       // another one whenever other bytes lie there; not 0
  std::shared_ptr<const Arena> arena;
};

// Worker thread only.
class RowDecoder {
 public:
  virtual ~RowDecoder() = default;

  // Whether each file begins with a header record, given to ReadHeader before anything else of it.
  virtual bool has_header() const { return false; }
  // Reads the header at the beginning of the block; the answer is its length with its line end, or
  // 0 if the block ends before it does.
  virtual Result<size_t> ReadHeader(const DecodeBlock& block) { return 0; }
  // The next block belongs to another split, or begins elsewhere in it: with record `next_record`.
  virtual void StartSplit(std::shared_ptr<const SplitOrigin> origin, int64_t next_record) = 0;
  // Fills the empty batch from *cursor (within the block) on and moves *cursor behind the last
  // record taken or dropped. Neither rows nor movement: no whole record is left in the block.
  virtual Status Decode(const DecodeBlock& block, const char** cursor, RecordBatch& batch) = 0;
  // Where the record begins that made Decode fail; nullptr if it did not fail because of one.
  virtual const char* failed_record() const = 0;
  // The number in the split of the record behind the last one taken or dropped.
  int64_t next_record() const { return next_record_; }

 protected:
  // Worker thread only.
  int64_t next_record_ = 0;
};

// `on_failure` is told of rows that are dropped or routed (source.h).
struct DecoderContext {
  const SourceDescriptor* descriptor = nullptr;
  MemoryPool* memory = nullptr;
  DecodeFailureHandler on_failure;
};

}  // namespace flinkc
