// What the bytes of a state's rows mean. Made by compiler/lower beside the layout, stored in every
// checkpoint: it lets rows be decoded without the job, and tells whether a later version of the job
// can read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/data/data_type.h"
#include "runtime/data/schema.h"

namespace flinkc {

// What a state keeps for a key.
enum class StateKind : uint8_t {
  kAggregate,  // accumulators
  kList,       // rows in their order
  kMultiset,   // rows, each with how often it is there
  kTimers,     // nothing: the key is a time and what is to happen then (timer_state.h)
};

// The name of the accumulator that counts the rows of a group whose rows are taken back.
inline constexpr const char* kRowCountName = "$rows";

// All offsets are in bytes from the start of the row, which begins with the hash of its key.
struct StateSchema {
  struct KeyField {
    std::string name;
    DataType type;
    uint32_t offset = 0;
    // A byte that is 1 where the key is NULL; only nullable keys have one.
    std::optional<uint32_t> null_offset;

    bool operator==(const KeyField&) const = default;
  };
  struct Accumulator {
    std::string name;  // the column that it gives
    std::string call;  // "sum(price) FILTER (WHERE price > 0)"
    // The kernel that accumulates, and what it is given ("price FILTER (WHERE price > 0)"): what
    // two versions must share to read each other's bytes.
    std::string kind;
    std::string input;
    std::vector<DataType> argument_types;
    DataType result_type;
    uint32_t offset = 0;
    uint32_t bytes = 0;
    // Of the StateBlobs of this accumulator, the distinct set's among them.
    std::vector<uint32_t> blob_offsets;
    // The StateBlob of the values seen, with DISTINCT.
    std::optional<uint32_t> distinct_offset;

    bool operator==(const Accumulator&) const = default;
  };

  uint32_t row_bytes = 0;
  uint32_t key_bytes = 0;  // behind the hash
  std::vector<KeyField> keys;
  std::vector<Accumulator> accumulators;
  // With a time to live: an i64, when the row was last written to, in microseconds of processing
  // time; 0: unknown.
  std::optional<uint32_t> updated_at_offset;
  StateKind kind = StateKind::kAggregate;
  // Lists and multisets: the rows' columns, and where the StateBlob of the rows stands
  // (row_codec.h, keyed_rows.h).
  Schema rows;
  uint32_t rows_offset = 0;
  // Every subtask has all of it, whatever its key groups.
  bool broadcast = false;

  bool operator==(const StateSchema&) const = default;
};

// Key groups [first, last] of a job with `max_parallelism` of them: what a subtask owns.
struct KeyGroupRange {
  uint32_t first = 0;
  uint32_t last = 0;
  uint32_t max_parallelism = 1;

  // Of subtask `subtask`, as the exchanges send rows to it (runtime/exchange: OwnerOfHash).
  static KeyGroupRange Of(uint32_t subtask, uint32_t parallelism, uint32_t max_parallelism) {
    const uint64_t groups = max_parallelism;
    const auto begin = [&](uint64_t of) {
      return static_cast<uint32_t>((of * groups + parallelism - 1) / parallelism);
    };
    return {begin(subtask), begin(uint64_t{subtask} + 1) - 1, max_parallelism};
  }
  bool ContainsHash(uint64_t hash) const {
    const uint64_t group = (hash >> 32) * max_parallelism >> 32;
    return group >= first && group <= last;
  }
  bool Overlaps(uint32_t other_first, uint32_t other_last) const {
    return other_first <= last && first <= other_last;
  }
};

}  // namespace flinkc
