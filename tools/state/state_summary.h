// A checkpoint's `_metadata` added up over subtasks, as it is listed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/checkpoint/savepoint.h"

namespace flinkc {

// One state of all subtasks.
struct StateSummary {
  std::string id;
  proto::StateSchema schema;  // of the first subtask; all have the same
  uint64_t rows = 0;
  bool rows_known = true;  // not of a large database
  uint64_t bytes = 0;
  uint64_t segments = 0;
  uint64_t slices = 0;  // tables, with a window
  uint32_t subtasks = 0;
  uint32_t key_group_first = UINT32_MAX;
  uint32_t key_group_last = 0;
};

struct SplitSummary {
  std::string id;
  std::string position;  // "500, 12", "at the start", or hexadecimal
  bool assigned = false;
};

struct SourceSummary {
  std::string name;
  std::vector<SplitSummary> splits;
};

struct SealedSummary {
  std::string sink;
  uint64_t units = 0;
  uint64_t files = 0;
  uint64_t bytes = 0;
  std::vector<std::string> texts;  // the units, printable or hexadecimal
};

// What unaligned barriers have overtaken on its way into the subtasks of a vertex.
struct InFlightSummary {
  std::string vertex;
  uint64_t bytes = 0;
  uint64_t elements = 0;  // batches, mostly
  uint32_t subtasks = 0;
};

struct CheckpointSummary {
  std::vector<StateSummary> states;  // by id
  std::vector<InFlightSummary> in_flight;
  std::vector<SourceSummary> sources;
  std::vector<SealedSummary> sealed;
  uint64_t rows = 0;
  bool rows_known = true;
  uint64_t state_bytes = 0;  // of the segments referred to, and the files of databases
  uint64_t file_bytes = 0;   // of the files that they lie in
  uint64_t earlier_files = 0;
  uint32_t subtasks = 0;
  uint32_t finished = 0;

  // By the metadata alone, which says of a database only how large its files are.
  static CheckpointSummary Of(const proto::CheckpointMetadata& metadata);
  // Looks into the databases. An error: one of them cannot be opened.
  static Result<CheckpointSummary> Of(const CheckpointAtPath& checkpoint);
};

// "2026-03-01 12:00:00.123 UTC", of milliseconds since 1970.
std::string TimeText(int64_t millis);
// "tumble 10 s, lateness 1 s"; "" without a window.
std::string WindowText(const proto::StateSchema& schema);
// "k BIGINT NOT NULL, name STRING".
std::string KeysText(const proto::StateSchema& schema);

}  // namespace flinkc
