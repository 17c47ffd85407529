// Writes the steps of an `over`: rows of StepSchema.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/operator/native_operator.h"
#include "runtime/operator/row_mover.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_codec.h"

namespace flinkc {

// A row whose turn it is: one of a batch, or one that has waited, as a codec wrote it.
struct RowInTurn {
  const RecordBatch* batch = nullptr;
  int32_t row = 0;
  std::string_view waited;
  int64_t time = 0;  // of the frame
};

// One worker only.
class StepWriter {
 public:
  // `waiting` writes rows that wait, whose columns are `waiting_columns`; both only with event
  // time.
  explicit StepWriter(const OperatorContext& context);

  // Whether anybody reads the steps.
  bool is_read() const { return output_ != nullptr; }
  // Begins a step with the columns of the row.
  void Begin(const RowInTurn& row);
  // Begins one of a key that has no row in turn.
  void BeginForKey(const StateKey& key);
  // What a bounded frame keeps of the row of the step that was begun, at `time`.
  void EncodeFrameRow(int64_t time, std::string* bytes) const;
  // Writes `left`, a row of the frame, beside it, and hands the step on; `bits`: of OverStep.
  void Finish(int8_t bits, std::string_view left);

  // Of a row of the frame; only of a range.
  int64_t TimeOf(std::string_view frame_row) const { return frame_codec_.ReadFirst(frame_row); }

 private:
  void WriteNothing(uint32_t column, RecordBatch& to, int32_t row) const;

  // Constant after construction.
  OutputArena* const arena_;
  const OverDescriptor& over_;
  const Schema input_;
  const Schema steps_;
  const StateLayout key_layout_;
  OperatorOutput* const output_;
  const RowMover move_;
  const RowCodec waiting_codec_;
  const std::vector<uint32_t> waiting_columns_;
  const bool has_time_;  // in a row of the frame
  const RowCodec frame_codec_;
  std::vector<uint32_t> frame_sources_;  // columns of a step that a row of the frame is made of
  std::vector<uint32_t> frame_targets_;  // where one that has left is written
  std::vector<uint32_t> left_views_;     // of those that are views
  // Worker only.
  int64_t watermark_ = INT64_MIN;  // of the row of the step
};

}  // namespace flinkc
