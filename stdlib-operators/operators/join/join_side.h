// What a join knows of one of its inputs: the key of a row, the rows that it keeps by key, and
// where their columns go in the result.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/operator/kept_row_writer.h"
#include "runtime/operator/key_reader.h"
#include "runtime/operator/native_operator.h"
#include "runtime/operator/row_mover.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_codec.h"
#include "stdlib-operators/operators/join/join_shape.h"

namespace flinkc {

// One worker only.
class JoinSide {
 public:
  // Side `side` of a join, whose rows are kept in the state of the same number, if there is one.
  // `shape` must outlive this.
  JoinSide(const OperatorContext& context, const JoinShape& shape, size_t side);

  const Schema& schema() const { return schema_; }
  bool HasNullKey(const RecordBatch& batch, int32_t row) const { return key_.HasNull(batch, row); }
  // Valid until the next call. `window`: of a join by windows.
  StateKey KeyOf(const RecordBatch& batch, int32_t row, int64_t window = 0) {
    return key_.Read(batch, row, window);
  }
  // Where they are kept in a state.
  KeyedRows& rows() { return *rows_; }
  const KeyedRows& rows() const { return *rows_; }

  // The row as it is kept; valid until the next call.
  std::string_view Encode(const RecordBatch& batch, int32_t row) {
    encoded_.clear();
    codec_.Append(batch, stored_, row, &encoded_);
    return encoded_;
  }

  // The same of a side whose rows say how many matches they have (JoinDescriptor::CountsMatches).
  std::string_view EncodeCounted(const RecordBatch& batch, int32_t row, int64_t matches) {
    Encode(batch, row);
    SetMatches(matches, encoded_.data(), encoded_.size());
    return encoded_;
  }

  // Adds the row behind those that are kept of its key; `has_matched`: to be noted in it.
  Status Append(const StateKey& key, const RecordBatch& batch, int32_t row, int64_t now,
                bool has_matched = false) {
    const size_t bytes = codec_.SizeOf(batch, stored_, row);
    return rows_->AppendWritten(key, bytes, now, [&](char* to) {
      codec_.Write(batch, stored_, row, to);
      if (has_matched) to[bytes - 1] = 1;
    });
  }

  // Of a kept row of a join by time: that, and where it is noted, whether it has had a match, which
  // is its last byte.
  int64_t TimeOfKept(std::string_view bytes) const { return codec_.ReadFirst(bytes); }
  static bool HasMatched(std::string_view bytes) { return bytes.back() != 0; }

  // Of a kept row of a side that counts them, in its last bytes.
  static constexpr uint32_t kMatchesBytes = sizeof(int64_t);
  static int64_t MatchesOf(std::string_view bytes) {
    int64_t matches;
    std::memcpy(&matches, bytes.data() + bytes.size() - kMatchesBytes, kMatchesBytes);
    return matches;
  }
  static void SetMatches(int64_t matches, char* bytes, size_t size) {
    std::memcpy(bytes + size - kMatchesBytes, &matches, kMatchesBytes);
  }

  // This side's columns of a row of the result: of a row that came, of one that is kept, or NULL.
  void WriteCame(const RecordBatch& batch, int32_t row, RecordBatch& to, int32_t to_row) const {
    came_to_result_.Move(batch, row, to, to_row);
  }
  void WriteCame(const RecordBatch& batch, std::span<const int32_t> rows, RecordBatch& to,
                 int32_t to_row) const {
    came_to_result_.Move(batch, rows, to, to_row);
  }
  void WriteKept(std::string_view bytes, OutputArena* arena, RecordBatch& to,
                 int32_t to_row) const {
    kept_to_result_.Write(bytes, arena, to, to_row);
  }
  // The same of a row that meets others in this run, whose copy is in `copies`.
  void WriteKept(std::string_view bytes, OutputArena* arena, KeptCopies& copies, RecordBatch& to,
                 int32_t to_row) const {
    if (!kept_to_result_.shows_all_views()) return WriteKept(bytes, arena, to, to_row);
    kept_to_result_.WriteShown(copies.Of(bytes, arena), to, to_row);
  }
  // All columns of this side, to a batch of its schema.
  void WriteAllKept(std::string_view bytes, OutputArena* arena, RecordBatch& to,
                    int32_t to_row) const {
    kept_to_own_.Write(bytes, arena, to, to_row);
  }
  void WriteAllCame(const RecordBatch& batch, int32_t row, RecordBatch& to, int32_t to_row) const {
    came_to_own_.Move(batch, row, to, to_row);
  }
  void WriteNull(RecordBatch& to, int32_t to_row) const { came_to_result_.SetNull(to, to_row); }

  // What the condition reads of this side, to a batch of JoinShape::condition. Views show `bytes`.
  void PutCame(const RecordBatch& batch, int32_t row, RecordBatch& pairs, int32_t pair) const {
    came_to_condition_.Move(batch, row, pairs, pair);
  }
  void PutKept(std::string_view bytes, RecordBatch& pairs, int32_t pair) const {
    kept_to_condition_.WriteShown(bytes, pairs, pair);
  }

 private:
  // Constant after construction.
  const Schema& schema_;
  const std::vector<uint32_t> stored_;  // columns that are kept (KeptColumns)
  const RowCodec codec_;
  const KeptRowWriter kept_to_result_;
  const KeptRowWriter kept_to_condition_;
  const KeptRowWriter kept_to_own_;
  const RowMover came_to_result_;
  const RowMover came_to_condition_;
  const RowMover came_to_own_;
  // Worker only.
  KeyReader key_;
  std::optional<KeyedRows> rows_;
  std::string encoded_;
};

}  // namespace flinkc
