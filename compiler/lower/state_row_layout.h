// Where keys and accumulators stand in a state row: [hash][key fields, null bytes][time of the last
// update][how many rows the group has][session row or flags][accumulators][those emitted last]. The
// key of a session ends with its number.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/plan/logical_plan.h"
#include "runtime/data/schema.h"
#include "runtime/graph/state_schema.h"

namespace flinkc {

// All offsets are from the start of the row (the hash); a key's offset within the key is 8 less.
struct StateRowLayout {
  struct Accumulator {
    uint32_t offset = 0;
    // With DISTINCT: index into distinct_sets.
    std::optional<uint32_t> distinct_set;
    // It is the accumulator of an earlier call, which updates it: sum(x) and avg(x) share one.
    bool shared = false;
  };

  // The values seen by aggregates of one argument, whatever their FILTERs: see
  // stdlib-operators/kernels/distinct.h, which says what the words are.
  struct DistinctSet {
    uint32_t offset = 0;  // of its StateBlob
    uint32_t words = 0;
    bool counted = false;         // rows are taken back: the words count
    std::vector<uint32_t> calls;  // by bit or word

    // Its place among the aggregates of the set, which has one.
    uint32_t PlaceOf(uint32_t call) const;
  };

  std::vector<StateSchema::KeyField> keys;
  std::vector<Accumulator> accumulators;
  std::vector<DistinctSet> distinct_sets;
  std::optional<uint32_t> updated_at_offset;  // with a time to live
  std::optional<uint32_t> session_offset;     // of a SessionRow or ChangingSessionRow
  bool has_changing_sessions = false;
  // With early results: an i64 of kRowChanged and kRowEmitted; and how far behind its accumulators
  // those stand that were emitted last.
  std::optional<uint32_t> emission_offset;
  uint32_t emitted_distance = 0;
  // Where the input takes rows back: an i64, how many rows the group has. A count(*) among the
  // aggregates keeps it; else it is the group's own.
  std::optional<uint32_t> row_count_offset;
  bool has_own_row_count = false;
  uint32_t key_bytes = 0;
  uint32_t row_bytes = 0;
  std::vector<uint32_t> key_view_offsets;  // within the key
  std::vector<uint32_t> blob_offsets;      // within the row

  // Where the accumulators begin and end.
  uint32_t accumulators_begin = 0;
  uint32_t accumulators_end = 0;

  // `retracts`: the input takes rows back.
  static StateRowLayout Make(const AggregateOp& aggregate, const Schema& input, bool retracts);
  // What the rows mean, for checkpoints. `output`: the aggregate's, keys and results in order.
  StateSchema Describe(const AggregateOp& aggregate, const Schema& input,
                       const Schema& output) const;

  // The kernel that finds or inserts a key of this layout.
  const char* probe() const {
    return key_view_offsets.empty() ? "flinkc_table_probe_fixed" : "flinkc_table_probe";
  }
};

// A row without a key that has the accumulator of `call` alone; AccumulatorOp: an operator that
// computes it.
StateRowLayout AccumulatorLayout(const AggregateCall& call, const Schema& input);
AggregateOp AccumulatorOp(const AggregateCall& call);

// count(*) of all rows of the group.
bool CountsRows(const AggregateCall& call);

}  // namespace flinkc
