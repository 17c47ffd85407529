// Sources and sinks as the spec declares them, checked and complete: what a connector needs to open
// one on any machine. Part of the plan; holds no secret and no open resource.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/data/schema.h"

namespace flinkc {

// `on_error` (docs/language.md section 1): what becomes of a row or value that fails.
enum class ErrorMode : uint8_t { kFail, kDrop, kNull, kRoute };

// Options by name; nested ones with dots ("fields.id.kind"). Values as text: 16mb, 5s, true.
using OptionMap = std::map<std::string, std::string>;

// Sources of one group, and the splits of each, are read in step: none is ahead of the group's
// least watermark by more than `max_drift_micros`, but for what was read until that is known.
struct WatermarkAlignment {
  std::string group;
  int64_t max_drift_micros = 0;
  // How often a subtask tells where it is, and is told how far it may read.
  int64_t update_interval_micros = 1'000'000;
};

struct EventTimeDescriptor {
  uint32_t column = 0;  // in the source's declared schema
  int64_t out_of_order_micros = 0;
  // A split without rows for this long does not hold the watermark back. 0: never idle.
  int64_t idle_after_micros = 0;
  // The splits, in the order of their ids, are one ordered sequence.
  bool ordered = false;
  std::optional<WatermarkAlignment> align = {};
  // From one watermark to the next, at most.
  int64_t watermark_interval_micros = 200'000;
};

struct SourceDescriptor {
  std::string name;
  std::string connector;
  OptionMap options;
  std::string format;  // "" where the connector makes rows itself
  OptionMap format_options;
  Schema schema;  // all declared columns
  // The columns that the plan uses, ascending: only these are decoded, in this order, into batches.
  std::vector<uint32_t> needed_columns;
  ErrorMode on_error = ErrorMode::kFail;
  // By column of `schema`, where it differs from on_error.
  std::map<uint32_t, ErrorMode> column_on_error;
  bool bounded = true;

  // The schema of the batches: schema restricted to needed_columns.
  Schema BatchSchema() const;
};

struct SinkDescriptor {
  std::string name;
  std::string connector;
  OptionMap options;
  std::string format;
  OptionMap format_options;
};

}  // namespace flinkc
