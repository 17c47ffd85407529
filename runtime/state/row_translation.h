// Whether rows of a stored state can become rows of the job's, and how: the same layout is read as
// it is; wider keys and arguments of aggregates, nullable keys and new aggregates are made, and so
// are the rows of lists and multisets (rows_translation.h); anything else is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/accumulator_translation.h"
#include "runtime/state/rows_translation.h"

namespace flinkc {

// How rows of `schema` lie in memory and in a segment; without an id.
StateLayout LayoutOf(const StateSchema& schema);

// Immutable.
class RowTranslation {
 public:
  // `wanted` must outlive the translation. kStateIncompatible: names the state, what changed and
  // what can be done.
  static Result<RowTranslation> Make(const StoredStateSchema& stored, const StateLayout& wanted);

  // For SegmentReader.
  const StateLayout& stored_layout() const { return stored_layout_; }
  bool is_identity() const { return is_identity_; }
  // `from`: a row of the stored layout; `to`: becomes one of the wanted layout, which shows the
  // same bytes, or bytes behind the row in `to`. The hash stays: a wider type hashes the same
  // values alike.
  void Apply(const char* from, std::string* to) const;

 private:
  struct KeyCopy {
    DataType from;
    DataType to;
    uint32_t from_offset = 0;
    uint32_t to_offset = 0;
    uint32_t from_null = 0;  // 0: never NULL
    uint32_t to_null = 0;
  };
  struct AccumulatorCopy {
    uint32_t from_offset = 0;
    uint32_t to_offset = 0;
    uint32_t bytes = 0;
    TranslateAccumulator translate = nullptr;  // instead of `bytes` as they are
  };

  Status PlanKeys(const StateSchema& stored, const StateLayout& wanted);
  Status PlanAccumulators(const StateSchema& stored, const StateLayout& wanted);

  StateLayout stored_layout_;
  bool is_identity_ = false;
  uint32_t row_bytes_ = 0;  // wanted
  std::optional<RowsTranslation> rows_;
  uint32_t stored_rows_offset_ = 0;
  uint32_t rows_offset_ = 0;
  std::vector<KeyCopy> keys_;
  std::vector<AccumulatorCopy> accumulators_;
};

}  // namespace flinkc
