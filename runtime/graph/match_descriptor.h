// A row pattern (SQL's MATCH_RECOGNIZE) as the plan has it, but for its conditions and aggregates,
// which are expressions (docs/adr/0011).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/top_descriptor.h"

namespace flinkc {

// One step of the pattern's program, which a partial match is at. The preferred match is the first
// one of a search that goes back to a split's second step only when all behind its first has
// failed.
struct PatternStep {
  enum class Kind : uint8_t {
    kRow,     // takes the next row for `variable` if it may be, then the step behind
    kSplit,   // goes on at `first`, or at `second`
    kJump,    // goes on at `first`
    kAccept,  // a match
  };
  Kind kind = Kind::kAccept;
  uint32_t variable = 0;
  uint32_t first = 0;
  uint32_t second = 0;

  static constexpr size_t kProgramMax = 10'000;

  bool operator==(const PatternStep&) const = default;
};

// In place of a variable: the rows of all of them. The numbers behind those of the variables are
// MatchDescriptor::subsets.
inline constexpr uint32_t kAnyVariable = UINT32_MAX;

// A value that conditions and results read of a partial match: of the rows that are a variable's,
// that of one row, counted from the first or the last one, or of a row so many before or after it,
// which may stand outside the match; or an aggregate over all of them. Where there is no such row
// it is NULL, or anything if it cannot be. The row that a condition is asked for is the last one of
// its variable.
struct PatternValue {
  enum class Of : uint8_t { kFirst, kLast, kAggregate };
  Of of = Of::kLast;
  uint32_t variable = kAnyVariable;
  uint32_t offset = 0;  // 0: the first or last row itself
  // Of the input; nothing: a BOOLEAN NOT NULL, whether there is such a row. kAggregate: its index.
  std::optional<uint32_t> column;
  bool nullable = true;  // the row may not be there, or the column is
  uint32_t before = 0;   // rows, in their order and whatever their variables; of no aggregate
  // Not a column: a STRING, the name of the row's variable; outside the match it is NULL.
  bool is_classifier = false;
  uint32_t after = 0;  // as `before`, and only one of them

  static constexpr uint32_t kOffsetMax = 1'000'000;  // and `before`, `after`

  bool operator==(const PatternValue&) const = default;
};

struct PatternVariable {
  std::string name;
  // NativeLayout::conditions; nothing: any row may be its.
  std::optional<uint32_t> condition;
  // What the condition reads: indexes into MatchDescriptor::values.
  std::vector<uint32_t> reads;
  // It cannot fail, so it may be evaluated for rows that nothing asks for.
  bool may_run_ahead = false;

  static constexpr size_t kVariablesMax = 200;

  bool operator==(const PatternVariable&) const = default;
};

// The rows of several variables, under one name.
struct PatternSubset {
  std::string name;
  std::vector<uint32_t> variables;

  bool operator==(const PatternSubset&) const = default;
};

// Where the next match is looked for.
enum class AfterMatch : uint8_t { kPastLastRow, kToNextRow, kToFirst, kToLast };

struct MatchDescriptor {
  std::vector<uint32_t> keys;  // whose rows are matched apart; none: all rows are one sequence
  // Of event time; else processing time.
  std::optional<uint32_t> time_column;
  uint32_t watermark_column = 0;
  // Of rows of one time; equal ones are in the order in which they came.
  std::vector<OrderColumn> order;
  std::string pattern;  // as text: what two versions of a job must share
  std::vector<PatternStep> program;
  std::vector<PatternVariable> variables;
  std::vector<PatternSubset> subsets;
  std::vector<PatternValue> values;
  // The values that the result has, behind the keys.
  std::vector<uint32_t> results;
  // The most time from the first row of a match to its last; 0: any.
  int64_t within_micros = 0;
  AfterMatch after = AfterMatch::kPastLastRow;
  uint32_t after_variable = 0;  // or a subset
  // Late rows go to a second output, with all columns.
  bool route_late = false;
  // How many rows before the first of a match are kept, since values are of them.
  uint32_t rows_before = 0;
  // How many rows behind a row must be there before it is looked at, since values are of them.
  uint32_t rows_after = 0;

  // Whether a row of `variable` is one of `of`, a variable, a subset or kAnyVariable.
  bool Includes(uint32_t of, uint32_t variable) const {
    if (of == kAnyVariable || of < variables.size()) return of == kAnyVariable || of == variable;
    const std::vector<uint32_t>& members = subsets[of - variables.size()].variables;
    return std::ranges::find(members, variable) != members.end();
  }
  const std::string& NameOf(uint32_t variable) const {
    return variable < variables.size() ? variables[variable].name
                                       : subsets[variable - variables.size()].name;
  }
  // Whether all that the condition of `variable` reads is the row itself, and those before and
  // behind it whatever they were matched to.
  bool ReadsRowAlone(const PatternVariable& variable) const {
    return std::ranges::all_of(variable.reads, [this](uint32_t read) {
      const PatternValue& value = values[read];
      return value.of == PatternValue::Of::kLast && value.variable == kAnyVariable &&
             value.offset == 0 && !value.is_classifier;
    });
  }
  bool operator==(const MatchDescriptor&) const = default;
};

}  // namespace flinkc
