#include "stdlib-operators/operators/match/match_values.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/graph/kept_columns.h"

namespace flinkc {

namespace {

using Of = PatternValue::Of;

}  // namespace

MatchValues::MatchValues(const OperatorContext& context, const MatchDescriptor& match)
    : context_(context),
      match_(match),
      input_(context.layout->inputs[0]),
      kept_columns_(KeptColumns(input_, match)),
      codec_(KeptSchema(input_, match)) {
  for (const NativeAggregate& aggregate : context.layout->aggregates) {
    AggregateRows& rows = aggregates_.emplace_back();
    rows.columns.assign(kept_columns_.size(), RowCodec::kNowhere);
    for (uint32_t i = 0; i < aggregate.columns.size(); ++i) {
      rows.columns[PlaceOf(aggregate.columns[i])] = i;
    }
    rows.batch =
        std::make_unique<RecordBatch>(aggregate.schema, kRowsMax, false, false, context.memory);
  }
}

// Of the kept columns.
size_t MatchValues::PlaceOf(uint32_t input_column) const {
  return static_cast<size_t>(std::ranges::find(kept_columns_, input_column) -
                             kept_columns_.begin());
}

uint32_t MatchValues::WidthOf(const PatternValue& value) const {
  if (value.is_classifier) return sizeof(StringValue);
  if (!value.column) return sizeof(int8_t);
  const DataType& type = value.of == Of::kAggregate
                             ? context_.layout->aggregates[*value.column].result
                             : input_[*value.column].type;
  return ByteWidth(type.physical());
}

MatchValues::Plan MatchValues::MakePlan(const std::vector<uint32_t>& values, uint32_t first) const {
  Plan plan;
  for (uint32_t i = 0; i < values.size(); ++i) {
    const PatternValue& value = match_.values[values[i]];
    const Column column{first + i, WidthOf(value)};
    if (value.of == Of::kAggregate) {
      plan.aggregates.push_back({*value.column, value.variable, column});
      continue;
    }
    // A kept column goes to one place: for the next one the row is read again.
    auto row = std::ranges::find_if(plan.rows, [&](const Plan::Row& other) {
      return other.of == value.of && other.variable == value.variable &&
             other.offset == value.offset && other.before == value.before &&
             other.after == value.after &&
             (!value.column || other.columns[PlaceOf(*value.column)] == RowCodec::kNowhere);
    });
    if (row == plan.rows.end()) {
      Plan::Row& added = plan.rows.emplace_back();
      added.of = value.of;
      added.variable = value.variable;
      added.offset = value.offset;
      added.before = value.before;
      added.after = value.after;
      added.columns.assign(kept_columns_.size(), RowCodec::kNowhere);
      row = plan.rows.end() - 1;
    }
    if (value.is_classifier) {
      row->classifiers.push_back(column);
      continue;
    }
    if (!value.column) {
      row->presence.push_back(column.index);
      continue;
    }
    row->columns[PlaceOf(*value.column)] = column.index;
    row->targets.push_back(column);
  }
  return plan;
}

void MatchValues::AddFirstRow(const std::vector<uint32_t>& input_columns, Plan* plan) const {
  if (input_columns.empty()) return;
  Plan::Row& added = plan->rows.emplace_back();
  added.of = Of::kFirst;
  added.columns.assign(kept_columns_.size(), RowCodec::kNowhere);
  for (uint32_t i = 0; i < input_columns.size(); ++i) {
    added.columns[PlaceOf(input_columns[i])] = i;
    added.targets.push_back({i, ByteWidth(input_[input_columns[i]].type.physical())});
  }
}

std::optional<int64_t> MatchValues::FindRow(const Plan::Row& of, const MatchedRows& matched) const {
  const std::optional<size_t> found = FindMatchedRow(of, matched);
  if (!found || *found + matched.before < of.before) return std::nullopt;
  if (*found + of.after >= matched.size() + matched.behind) return std::nullopt;
  return static_cast<int64_t>(*found + of.after) - of.before;
}

std::optional<size_t> MatchValues::FindMatchedRow(const Plan::Row& of,
                                                  const MatchedRows& matched) const {
  const size_t size = matched.size();
  if (of.variable == kAnyVariable) {
    if (of.offset >= size) return std::nullopt;
    return of.of == Of::kFirst ? of.offset : size - 1 - of.offset;
  }
  uint32_t passed = 0;
  for (size_t i = 0; i < size; ++i) {
    const size_t row = of.of == Of::kFirst ? i : size - 1 - i;
    if (match_.Includes(of.variable, matched.variable(row)) && passed++ == of.offset) return row;
  }
  return std::nullopt;
}

// NULL; of a column that is never NULL, what does no harm.
void MatchValues::WriteAbsent(const Column& column, RecordBatch* batch, int32_t row) {
  if (batch->layout().columns[column.index].validity != nullptr) {
    return batch->SetNull(column.index, row);
  }
  std::memset(batch->Values<char>(column.index) + size_t{column.width} * static_cast<size_t>(row),
              0, column.width);
}

bool MatchValues::Accumulate(uint32_t aggregate, AggregateInput* input) {
  RecordBatch& rows = *aggregates_[aggregate].batch;
  const Schema& schema = context_.layout->aggregates[aggregate].schema;
  const bool runs = context_.aggregate(aggregate, rows, schema, input);
  rows.set_row_count(0);
  return runs;
}

ReadValues MatchValues::Aggregate(const Plan::Aggregate& of, const MatchedRows& matched,
                                  RecordBatch* batch, int32_t row) {
  const NativeAggregate& aggregate = context_.layout->aggregates[of.aggregate];
  const AggregateRows& rows = aggregates_[of.aggregate];
  accumulator_.resize(aggregate.row_bytes / sizeof(std::max_align_t) + 1);
  char* const accumulator = reinterpret_cast<char*>(accumulator_.data());
  std::memset(accumulator, 0, aggregate.row_bytes);
  uint8_t outcome = AggregateInput::kIsThere;
  AggregateInput input{nullptr, accumulator, context_.states[0]->table()->heap, nullptr, &outcome};
  bool runs = true;
  const auto view = [](std::string_view value) { return MakeStringValue(value); };
  for (size_t i = 0; i < matched.size() && runs && outcome == AggregateInput::kIsThere; ++i) {
    if (!match_.Includes(of.variable, matched.variable(i))) continue;
    const int32_t to = rows.batch->row_count();
    codec_.Read(matched.rows[i].bytes, rows.columns, view, rows.batch.get(), to);
    rows.batch->set_row_count(to + 1);
    if (to + 1 == rows.batch->capacity()) runs = Accumulate(of.aggregate, &input);
  }
  if (runs && outcome == AggregateInput::kIsThere) {
    input.value =
        batch->Values<char>(of.column.index) + size_t{of.column.width} * static_cast<size_t>(row);
    runs = Accumulate(of.aggregate, &input);
  }
  rows.batch->set_row_count(0);
  for (const uint32_t offset : aggregate.blob_offsets) {
    flinkc_rt_free_blob(input.heap, reinterpret_cast<StateBlob*>(accumulator + offset));
  }
  if (!runs) return ReadValues::kJobFails;
  if (outcome == AggregateInput::kHasFailed) return ReadValues::kRowFailed;
  if (outcome == AggregateInput::kIsNull) {
    WriteAbsent(of.column, batch, row);
  } else {
    batch->SetValid(of.column.index, row);
  }
  return ReadValues::kDone;
}

}  // namespace flinkc
