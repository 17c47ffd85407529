// The rows of a stored state, whatever it was stored as, without the job that keeps it: what
// `flinkc state inspect` reads. A row stands as the state's stored schema lays it out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/env/storage.h"
#include "runtime/state/slice_key.h"

namespace flinkc {

struct SnapshotRow {
  // Hash, key and accumulators; its views and blobs show memory of the reader.
  const char* bytes = nullptr;
  SliceKey slice;  // with a window
};

// One thread.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  // The next row, which lives until the next call; nothing: that was the last. kCorrupt names file
  // and place.
  virtual Result<std::optional<SnapshotRow>> Next() = 0;
};

// The rows of `snapshot`, of one subtask with the database `store`, whose files lie below `root`. A
// database is opened through links to its files in the system's temporary directory. `snapshot` and
// `files` must outlive the reader.
Result<std::unique_ptr<SnapshotReader>> OpenSnapshot(const proto::StateSnapshot& snapshot,
                                                     const proto::StoreHandle& store,
                                                     FileSystem* files, const std::string& root);

// What the states of a subtask take in its database, by state; of rows that are in segments too,
// which are newer, nothing.
struct StoredSize {
  uint64_t bytes = 0;  // of keys and values; by the database's estimate, all of it, if it is large
  std::optional<uint64_t> rows;  // nothing: the database is too large to be counted
};
// Neither checksums nor lengths of the database's files are looked at. Files as for OpenSnapshot.
Result<std::map<std::string, StoredSize>> MeasureStored(const proto::SubtaskSnapshot& subtask,
                                                        const std::string& root);

}  // namespace flinkc
