// The rows of a stored state, whatever it was stored as, without the job that keeps it: what
// `flinkc state inspect` reads. A row stands as the state's stored schema lays it out.
#pragma once

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

}  // namespace flinkc
