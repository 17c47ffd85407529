// The values of a partial match, as its conditions and its result read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/operator/native_operator.h"
#include "runtime/state/row_codec.h"
#include "stdlib-operators/operators/match/pattern_search.h"

namespace flinkc {

// A row that is kept.
struct MatchRow {
  int64_t time = 0;
  std::string_view bytes;  // of MatchValues::codec
};

// The rows of a match, or of a partial one, and their variables. With `next` the row behind them
// counts as one of that variable. `before` rows stand in front of them, `behind` behind.
struct MatchedRows {
  const MatchRow* rows = nullptr;
  std::string_view variables;
  std::optional<uint32_t> next;
  size_t before = 0;
  size_t behind = 0;

  size_t size() const { return variables.size() + (next ? 1 : 0); }
  uint32_t variable(size_t row) const {
    return row < variables.size() ? static_cast<uint8_t>(variables[row]) : *next;
  }
};

// What Read made of the values.
enum class ReadValues : uint8_t {
  kDone,
  kRowFailed,  // an aggregate has failed, and the row was reported
  kJobFails,
};

// Writes some values of MatchDescriptor::values to columns of batches.
class MatchValues {
 public:
  // `context` and `match` must outlive this.
  MatchValues(const OperatorContext& context, const MatchDescriptor& match);

  // A column of a batch.
  struct Column {
    uint32_t index = 0;
    uint32_t width = 0;
  };
  // Immutable: values and where they go, sorted by the rows that they are of.
  struct Plan {
    struct Row {
      PatternValue::Of of = PatternValue::Of::kLast;
      uint32_t variable = kAnyVariable;
      uint32_t offset = 0;
      uint32_t before = 0;
      uint32_t after = 0;
      std::vector<uint32_t> columns;    // by kept column: of the batch, or RowCodec::kNowhere
      std::vector<Column> targets;      // all of them
      std::vector<uint32_t> presence;   // columns that say whether there is such a row
      std::vector<Column> classifiers;  // columns for the name of its variable
    };
    struct Aggregate {
      uint32_t aggregate = 0;
      uint32_t variable = kAnyVariable;
      Column column;
    };
    std::vector<Row> rows;
    std::vector<Aggregate> aggregates;
  };
  // Of `values` (MatchDescriptor::values), to columns from `first` on.
  Plan MakePlan(const std::vector<uint32_t>& values, uint32_t first) const;
  // Adds columns of the first row of all, of the input, to columns from 0 on.
  void AddFirstRow(const std::vector<uint32_t>& input_columns, Plan* plan) const;

  const RowCodec& codec() const { return codec_; }

  // Writes the values to row `row` of `batch`. `copy` makes the views.
  template <typename CopyView>
  ReadValues Read(const Plan& plan, const MatchedRows& matched, CopyView copy, RecordBatch* batch,
                  int32_t row) {
    for (const Plan::Row& of : plan.rows) {
      const std::optional<int64_t> at = FindRow(of, matched);
      for (const uint32_t column : of.presence) batch->Values<int8_t>(column)[row] = at ? 1 : 0;
      if (at) {
        codec_.Read(matched.rows[*at].bytes, of.columns, copy, batch, row);
      } else {
        for (const Column& column : of.targets) WriteAbsent(column, batch, row);
      }
      for (const Column& column : of.classifiers) {
        if (!at || *at < 0 || *at >= static_cast<int64_t>(matched.size())) {
          WriteAbsent(column, batch, row);
          continue;
        }
        const uint32_t variable = matched.variable(static_cast<size_t>(*at));
        batch->SetValid(column.index, row);
        batch->Values<StringValue>(column.index)[row] = copy(match_.variables[variable].name);
      }
    }
    for (const Plan::Aggregate& of : plan.aggregates) {
      const ReadValues done = Aggregate(of, matched, batch, row);
      if (done != ReadValues::kDone) return done;
    }
    return ReadValues::kDone;
  }

 private:
  static constexpr int32_t kRowsMax = 512;

  // Its place among the rows of the match; below 0: before them; from their number on: behind.
  std::optional<int64_t> FindRow(const Plan::Row& of, const MatchedRows& matched) const;
  std::optional<size_t> FindMatchedRow(const Plan::Row& of, const MatchedRows& matched) const;
  size_t PlaceOf(uint32_t input_column) const;
  uint32_t WidthOf(const PatternValue& value) const;
  static void WriteAbsent(const Column& column, RecordBatch* batch, int32_t row);
  ReadValues Aggregate(const Plan::Aggregate& of, const MatchedRows& matched, RecordBatch* batch,
                       int32_t row);
  bool Accumulate(uint32_t aggregate, AggregateInput* input);

  // Constant after construction.
  const OperatorContext& context_;
  const MatchDescriptor& match_;
  const Schema& input_;
  const std::vector<uint32_t> kept_columns_;
  const RowCodec codec_;
  // Worker only.
  struct AggregateRows {
    std::vector<uint32_t> columns;       // by kept column: of the batch, or RowCodec::kNowhere
    std::unique_ptr<RecordBatch> batch;  // that it is given
  };
  std::vector<AggregateRows> aggregates_;
  std::vector<std::max_align_t> accumulator_;
};

}  // namespace flinkc
