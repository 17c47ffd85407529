#include "compiler/lower/state_row_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "runtime/abi/session_row.h"
#include "runtime/abi/state_heap.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

uint32_t AlignTo(uint32_t offset, uint32_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

bool SameExpr(const ExprPtr& a, const ExprPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return !a->is_volatile() && a->Equals(*b);
}

// Whether both calls accumulate the same of every row; their results may differ.
bool AccumulateTheSame(const AggregateCall& a, const AggregateCall& b) {
  return a.resolution.accumulate == b.resolution.accumulate &&
         a.resolution.merge == b.resolution.merge &&
         a.resolution.immediates == b.resolution.immediates && a.distinct == b.distinct &&
         SameExpr(a.filter, b.filter) && std::ranges::equal(a.arguments, b.arguments, SameExpr);
}

// Bits of a word.
constexpr size_t kSharedMax = 64;

// Of the rows of a group, counted by the kernel of count(*).
constexpr std::string_view kRowCountKind = "flinkc_count_star";

// Whether both may look for their values in one set. An argument that can fail is evaluated only
// where the call's own FILTER lets the row through.
bool ShareValues(const AggregateCall& a, const AggregateCall& b) {
  return !a.resolution.sees_null && !b.resolution.sees_null && !a.arguments[0]->fallible() &&
         SameExpr(a.arguments[0], b.arguments[0]);
}

uint32_t SessionBytes(const StateRowLayout& layout) {
  return layout.has_changing_sessions ? sizeof(ChangingSessionRow) : sizeof(SessionRow);
}

// Of a layout with sessions: the blobs in what a row knows of its session.
std::vector<uint32_t> SessionBlobs(const StateRowLayout& layout) {
  const uint32_t at = *layout.session_offset;
  if (!layout.has_changing_sessions) {
    return {at + static_cast<uint32_t>(offsetof(SessionRow, others))};
  }
  return {at + static_cast<uint32_t>(offsetof(ChangingSessionRow, parts)),
          at + static_cast<uint32_t>(offsetof(ChangingSessionRow, shown))};
}

}  // namespace

bool CountsRows(const AggregateCall& call) {
  return call.resolution.accumulate == kRowCountKind && call.filter == nullptr && !call.distinct;
}

AggregateOp AccumulatorOp(const AggregateCall& call) {
  AggregateOp aggregate;
  aggregate.calls = {call};
  return aggregate;
}

StateRowLayout AccumulatorLayout(const AggregateCall& call, const Schema& input) {
  return StateRowLayout::Make(AccumulatorOp(call), input, /*retracts=*/false);
}

uint32_t StateRowLayout::DistinctSet::PlaceOf(uint32_t call) const {
  return static_cast<uint32_t>(std::ranges::find(calls, call) - calls.begin());
}

StateRowLayout StateRowLayout::Make(const AggregateOp& aggregate, const Schema& input,
                                    bool retracts) {
  StateRowLayout layout;
  Schema key;
  for (const uint32_t column : aggregate.keys) key.Add(input[column]);
  const bool has_sessions = aggregate.window && aggregate.window->kind == WindowKind::kSession;
  if (has_sessions) key.Add({"$session", DataType(TypeKind::kBigint, false)});
  StateLayout placed = KeyLayout(aggregate.state_id, key);
  layout.keys = std::move(placed.schema.keys);
  layout.key_view_offsets = std::move(placed.key_view_offsets);
  layout.key_bytes = placed.key_bytes;
  uint32_t cursor = placed.row_bytes;
  if (aggregate.state_ttl_micros > 0) {
    layout.updated_at_offset = cursor;
    cursor += sizeof(int64_t);
  }
  if (has_sessions) {
    layout.session_offset = cursor;
    layout.has_changing_sessions = retracts || aggregate.window->is_updating();
    for (const uint32_t blob : SessionBlobs(layout)) layout.blob_offsets.push_back(blob);
    cursor += SessionBytes(layout);
  }
  const bool emits_early = aggregate.window && aggregate.window->early_micros != 0 && !has_sessions;
  if (emits_early) {
    layout.emission_offset = cursor;
    cursor += sizeof(int64_t);
  }
  uint32_t row_alignment = 8;
  layout.accumulators_begin = cursor;
  // One of the accumulators: it is there as it was emitted, too.
  if (retracts && std::ranges::none_of(aggregate.calls, CountsRows)) {
    layout.row_count_offset = cursor;
    layout.has_own_row_count = true;
    cursor += sizeof(int64_t);
  }
  for (const AggregateCall& call : aggregate.calls) {
    const size_t index = layout.accumulators.size();
    const auto same = std::find_if(
        aggregate.calls.begin(), aggregate.calls.begin() + static_cast<ptrdiff_t>(index),
        [&call](const AggregateCall& earlier) { return AccumulateTheSame(earlier, call); });
    if (same != aggregate.calls.begin() + static_cast<ptrdiff_t>(index)) {
      layout.accumulators.push_back(
          layout.accumulators[static_cast<size_t>(same - aggregate.calls.begin())]);
      layout.accumulators.back().shared = true;
      continue;
    }
    Accumulator accumulator;
    const uint32_t alignment = std::max(call.resolution.state_align, 1u);
    row_alignment = std::max(row_alignment, alignment);
    cursor = AlignTo(cursor, alignment);
    accumulator.offset = cursor;
    for (uint32_t blob : call.resolution.blob_offsets) layout.blob_offsets.push_back(cursor + blob);
    if (retracts && CountsRows(call)) layout.row_count_offset = cursor;
    cursor += call.resolution.state_bytes;
    if (call.distinct) {
      const auto set = std::ranges::find_if(layout.distinct_sets, [&](const DistinctSet& other) {
        return other.calls.size() < kSharedMax &&
               ShareValues(aggregate.calls[other.calls[0]], call);
      });
      accumulator.distinct_set = static_cast<uint32_t>(set - layout.distinct_sets.begin());
      if (set == layout.distinct_sets.end()) {
        cursor = AlignTo(cursor, 8);
        layout.distinct_sets.push_back({.offset = cursor, .counted = retracts});
        layout.blob_offsets.push_back(cursor);
        cursor += sizeof(StateBlob);
      }
      DistinctSet& joined = layout.distinct_sets[*accumulator.distinct_set];
      joined.calls.push_back(static_cast<uint32_t>(index));
      const auto calls = static_cast<uint32_t>(joined.calls.size());
      joined.words = retracts ? calls : calls > 1 ? 1 : 0;
    }
    layout.accumulators.push_back(accumulator);
  }
  layout.accumulators_end = cursor;
  if (emits_early) {
    // So that the address of the row and this is that of a row with the accumulators emitted last.
    layout.emitted_distance = AlignTo(cursor - layout.accumulators_begin, row_alignment);
    cursor += layout.emitted_distance;
    const size_t blobs = layout.blob_offsets.size();
    for (size_t i = 0; i < blobs; ++i) {
      layout.blob_offsets.push_back(layout.blob_offsets[i] + layout.emitted_distance);
    }
  }
  layout.row_bytes = AlignTo(cursor, row_alignment);
  return layout;
}

StateSchema StateRowLayout::Describe(const AggregateOp& aggregate, const Schema& input,
                                     const Schema& output) const {
  StateSchema schema;
  schema.row_bytes = row_bytes;
  schema.key_bytes = key_bytes;
  schema.updated_at_offset = updated_at_offset;
  schema.keys = keys;
  // The first one of these: the executor looks at it.
  if (session_offset) {
    StateSchema::Accumulator& session = schema.accumulators.emplace_back();
    session.name = "$session";
    session.call = "session";
    session.kind = has_changing_sessions ? "session parts/1" : "session/1";
    session.result_type = DataType(TypeKind::kBigint, false);
    session.offset = *session_offset;
    session.bytes = SessionBytes(*this);
    session.blob_offsets = SessionBlobs(*this);
  }
  if (emission_offset) {
    StateSchema::Accumulator& emission = schema.accumulators.emplace_back();
    emission.name = "$emission";
    emission.call = "emission";
    emission.kind = "emission/1";
    emission.result_type = DataType(TypeKind::kBigint, false);
    emission.offset = *emission_offset;
    emission.bytes = sizeof(int64_t);
  }
  if (has_own_row_count) {
    StateSchema::Accumulator& rows = schema.accumulators.emplace_back();
    rows.name = kRowCountName;
    rows.call = "count(*)";
    rows.kind = kRowCountKind;
    rows.result_type = DataType(TypeKind::kBigint, false);
    rows.offset = *row_count_offset;
    rows.bytes = sizeof(int64_t);
  }
  const size_t before_calls = schema.accumulators.size();
  for (size_t i = 0; i < aggregate.calls.size(); ++i) {
    if (accumulators[i].shared) continue;
    const AggregateCall& call = aggregate.calls[i];
    StateSchema::Accumulator& accumulator = schema.accumulators.emplace_back();
    // A set operation gives the keys alone.
    accumulator.name = aggregate.set ? fmt::format("$count.{}", i)
                                     : output[output.size() - aggregate.calls.size() + i].name;
    accumulator.call = call.ToString();
    accumulator.kind = call.resolution.accumulate;
    for (const int64_t immediate : call.resolution.immediates) {
      accumulator.kind += fmt::format("/{}", immediate);
    }
    for (const ExprPtr& argument : call.arguments) {
      accumulator.argument_types.push_back(argument->type());
      accumulator.input += (accumulator.input.empty() ? "" : ", ") + argument->ToString();
    }
    if (call.filter != nullptr) accumulator.input += " FILTER " + call.filter->ToString();
    accumulator.result_type = call.resolution.result;
    accumulator.offset = accumulators[i].offset;
    accumulator.bytes = call.resolution.state_bytes;
    for (const uint32_t blob : call.resolution.blob_offsets) {
      accumulator.blob_offsets.push_back(accumulator.offset + blob);
    }
    if (!accumulators[i].distinct_set) continue;
    const DistinctSet& set = distinct_sets[*accumulators[i].distinct_set];
    const uint32_t place = set.PlaceOf(static_cast<uint32_t>(i));
    if (set.words != 0) {
      accumulator.kind += fmt::format("/distinct {} of {}{}", place + 1, set.calls.size(),
                                      set.counted ? " counted" : "");
    }
    // A shared set is told, and moved, with its first aggregate.
    if (place != 0) continue;
    accumulator.distinct_offset = set.offset;
    accumulator.blob_offsets.push_back(set.offset);
  }
  if (emission_offset) {
    const size_t count = schema.accumulators.size();
    for (size_t i = before_calls; i < count; ++i) {
      StateSchema::Accumulator emitted = schema.accumulators[i];
      emitted.name = "$emitted " + emitted.name;
      emitted.input = "$emitted " + emitted.input;
      emitted.offset += emitted_distance;
      for (uint32_t& offset : emitted.blob_offsets) offset += emitted_distance;
      if (emitted.distinct_offset) *emitted.distinct_offset += emitted_distance;
      schema.accumulators.push_back(std::move(emitted));
    }
  }
  return schema;
}

}  // namespace flinkc
