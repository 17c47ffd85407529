#include "compiler/plan/partial_aggregate.h"

#include <algorithm>

namespace flinkc {

namespace {

// Where accumulators begin in a batch.
constexpr uint32_t kAlignmentMax = 8;

bool HasFixedWidth(const AggregateCall& call) {
  const AggregateResolution& resolution = call.resolution;
  return resolution.blob_offsets.empty() && !call.distinct && !resolution.per_row &&
         !resolution.retracting && !resolution.merge.empty() &&
         resolution.state_align <= kAlignmentMax;
}

}  // namespace

bool HasPartials(const AggregateOp& aggregate) {
  if (aggregate.calls.empty() || aggregate.set || aggregate.route_late) return false;
  if (aggregate.window && aggregate.window->kind == WindowKind::kSession) return false;
  const bool emits_while_rows_come =
      aggregate.emit == EmitStrategy::kWindowUpdate ||
      (aggregate.emit == EmitStrategy::kChangelog && !aggregate.mini_batch);
  return !emits_while_rows_come && std::ranges::all_of(aggregate.calls, HasFixedWidth);
}

Schema WithPartials(const Schema& input) {
  Schema schema = input;
  schema.Add({kPartialColumn, DataType(TypeKind::kBytes, false)});
  return schema;
}

Schema WithoutPartials(const Schema& input) {
  Schema schema;
  for (const Field& field : input) {
    if (field.name != kPartialColumn) schema.Add(field);
  }
  return schema;
}

}  // namespace flinkc
