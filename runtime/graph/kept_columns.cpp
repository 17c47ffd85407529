#include "runtime/graph/kept_columns.h"

#include <algorithm>
#include <optional>

#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

// All columns but the hidden ones, `time` before the others.
std::vector<uint32_t> TimeFirst(const Schema& schema, std::optional<uint32_t> time) {
  std::vector<uint32_t> columns;
  if (time) columns.push_back(*time);
  for (uint32_t i = 0; i < schema.size(); ++i) {
    if (i != time && schema[i].name != kWatermarkColumn) columns.push_back(i);
  }
  return columns;
}

}  // namespace

std::vector<uint32_t> KeptColumns(const Schema& schema, const JoinDescriptor& join, size_t side) {
  const std::array<uint32_t, 2>* times = join.times();
  return TimeFirst(schema, times == nullptr ? std::nullopt : std::optional((*times)[side]));
}

Schema KeptSchema(const Schema& schema, const JoinDescriptor& join, size_t side) {
  Schema kept;
  for (const uint32_t column : KeptColumns(schema, join, side)) kept.Add(schema[column]);
  if (join.HasFlag(side)) {
    kept.Add({join.versions ? "deleted" : "matched", DataType(TypeKind::kBoolean, false)});
  }
  if (join.CountsMatches(side)) kept.Add({"matches", DataType(TypeKind::kBigint, false)});
  return kept;
}

Schema KeptKey(const Schema& left, const JoinDescriptor& join) {
  Schema key = KeySchema(left, join.keys[0], /*not_null=*/true);
  if (join.window) key.Add({"window", DataType(TypeKind::kBigint, false)});
  return key;
}

std::vector<uint32_t> KeptColumns(const Schema& schema, const TopDescriptor& top) {
  std::vector<uint32_t> columns;
  const auto add = [&](uint32_t column) {
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  };
  for (const OrderColumn& order : top.order) add(order.column);
  for (uint32_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name != kWatermarkColumn) add(i);
  }
  return columns;
}

Schema KeptKey(const Schema& schema, const TopDescriptor& top) {
  Schema key = KeySchema(schema, top.keys, /*not_null=*/false);
  if (top.window) key.Add({"window", DataType(TypeKind::kBigint, false)});
  return key;
}

std::vector<uint32_t> WaitingColumns(const Schema& schema, const OverTime& time) {
  return TimeFirst(schema, time.time_column);
}

Schema FrameSchema(const Schema& schema, const OverDescriptor& over) {
  Schema frame;
  if (over.frame.unit == OverFrame::Unit::kRange) {
    frame.Add({"$time", DataType(TypeKind::kBigint, false)});
  }
  for (const uint32_t column : over.arguments) frame.Add(schema[column]);
  return frame;
}

std::vector<uint32_t> KeptColumns(const Schema& schema, const MatchDescriptor& match) {
  std::vector<uint32_t> columns = {match.time_column.value_or(UINT32_MAX)};
  const auto add = [&](uint32_t column) {
    if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  };
  for (const OrderColumn& order : match.order) add(order.column);
  for (uint32_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name != kWatermarkColumn) add(i);
  }
  return columns;
}

Schema KeptSchema(const Schema& schema, const MatchDescriptor& match) {
  Schema kept;
  for (const uint32_t column : KeptColumns(schema, match)) {
    if (!kept.empty()) {
      kept.Add(schema[column]);
    } else if (match.time_column) {
      kept.Add({schema[column].name, schema[column].type.NotNull()});
    } else {
      kept.Add({"$time", DataType(TypeKind::kBigint, false)});
    }
  }
  return kept;
}

Schema PartialMatchSchema(const MatchDescriptor& match) {
  return Schema({{"step", DataType(TypeKind::kInt, false)},
                 {"rows of " + match.pattern, DataType(TypeKind::kBytes, false)}});
}

}  // namespace flinkc
