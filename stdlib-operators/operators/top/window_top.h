// The first rows of each group in each window, by an order. They leave in order when the watermark
// has passed the end of the window, and are gone: what leaves never changes.
#pragma once

#include <string>

#include "runtime/operator/key_reader.h"
#include "runtime/operator/native_operator.h"
#include "runtime/state/timer_state.h"
#include "stdlib-operators/operators/top/top_rows.h"

namespace flinkc {

// One worker only.
class WindowTop final : public NativeOperator {
 public:
  explicit WindowTop(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;

 private:
  // The last row within the limit of the group that was written to last: most rows are not before
  // it.
  struct Bar {
    bool is_known = false;
    int64_t window = 0;
    uint64_t hash = 0;
    std::string key;
    std::string row;
  };

  Status Insert(const RecordBatch& batch, int32_t row, int64_t window);
  // Where rows are taken back, all of the group are kept.
  Status Keep(const RecordBatch& batch, int32_t row, int64_t window);
  Status Remove(const RecordBatch& batch, int32_t row, int64_t window);
  // How many of the group's rows are among the first.
  size_t Among() const;
  void RaiseBar(const StateKey& key, int64_t window);
  bool IsBehindBar(const RecordBatch& batch, int32_t row, const StateKey& key,
                   int64_t window) const;
  Status EmitGroup(int64_t window, const StateKey& key);

  // Constant after construction.
  const OperatorContext context_;
  const TopDescriptor& top_;
  const TopWindow window_;
  const size_t limit_;
  const uint32_t key_bytes_;
  const bool has_short_key_;      // equal keys have equal bytes
  OperatorOutput* const result_;  // nullptr: nobody reads it
  uint64_t* const rows_out_;
  uint64_t* const late_dropped_;
  // Worker only.
  KeyReader key_;
  TopRows rows_;
  TimerState timers_;
  int64_t watermark_ = INT64_MIN;
  Bar bar_;
};

}  // namespace flinkc
