// `flinkc state inspect`: the rows of stored states, decoded by the schema that is stored with them
// and, where a few native functions are enough for it, with the results of their aggregates.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/checkpoint/savepoint.h"
#include "runtime/env/storage.h"

namespace flinkc {

struct InspectOptions {
  std::string state_id;  // "": all
  std::optional<uint32_t> key_group;
  uint64_t limit = 0;  // rows; 0: all
};

// A row as texts. `keys` and `values` are parallel to the schema's keys and accumulators; of a list
// or multiset the only value is `rows`.
struct InspectedRow {
  std::string state_id;
  uint32_t key_group = 0;
  std::optional<int64_t> slice_end;  // microseconds, with a window
  struct Cell {
    std::string name;
    std::string json;
  };
  std::vector<Cell> keys;
  std::vector<Cell> values;
};

std::string RowJson(const InspectedRow& row);

// Calls `visit` with each row until it returns an error; true: there were more than the limit.
// kInvalidArgument: no such state, no such key group.
Result<bool> InspectRows(FileSystem& files, const CheckpointAtPath& checkpoint,
                         const InspectOptions& options,
                         const std::function<Status(const InspectedRow&)>& visit);

}  // namespace flinkc
