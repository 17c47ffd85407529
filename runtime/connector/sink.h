// The edge of the world where rows leave.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/data/record_batch.h"
#include "runtime/graph/descriptors.h"

namespace flinkc {

class FileSystem;

// Where the console sink writes: runtime/env's standard output, or a test's string. Thread-safe,
// one call is one uninterrupted piece of text.
using ConsoleWriter = std::function<Status(std::string_view)>;

struct SinkContext {
  const SinkDescriptor* descriptor = nullptr;
  Schema schema;
  bool row_kinds = false;
  // The job's name: tells its unfinished output from that of other jobs at the same place.
  std::string owner;
  // The job goes on from a checkpoint: what lies at the target may be its own output.
  bool resumed = false;
  uint32_t subtask = 0;
  uint32_t parallelism = 1;
  // Where files are written.
  FileSystem* files = nullptr;
  MemoryPool* memory = nullptr;
  const Clock* clock = nullptr;
  ConsoleWriter console;
  std::function<void()> wake;
};

// One for each sink and subtask. Write and HasRoom: worker thread only.
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;
  // False: an I/O thread is behind; the worker yields and wake() will be called.
  virtual bool HasRoom() { return true; }
  // Takes all rows of the batch.
  virtual Status Write(const BatchPtr& batch) = 0;
  // At a barrier, and after the last row: what was written since the last call becomes one unit
  // that is committed as a whole. Returns what another process needs to commit it: the bytes that
  // SinkCommitter::Commit takes; "": there is nothing to commit.
  virtual Result<std::string> Seal() { return std::string(); }
  // Another thread than the worker's, before the checkpoint is acknowledged: everything sealed so
  // far is on the disk. May block.
  virtual Status Persist() { return {}; }
  // The job failed or was cancelled: removes what is not sealed. What is sealed belongs to whoever
  // commits it.
  virtual void Abort() {}
};

struct SinkCommitterContext {
  const SinkDescriptor* descriptor = nullptr;
  std::string owner;  // as in SinkContext
  FileSystem* files = nullptr;
};

// What makes sealed output visible, once a checkpoint that lists it is complete. Idempotent: after
// a crash it is called again with the same. Thread-safe.
class SinkCommitter {
 public:
  virtual ~SinkCommitter() = default;
  virtual Status Commit(const std::vector<std::string>& sealed) = 0;
  // Whether Commit would find what it needs; changes nothing.
  virtual Status Check(const std::vector<std::string>& sealed) = 0;
  // The job goes back to a checkpoint from before `sealed` and will write its rows once more: what
  // is visible of it is so no longer. What `kept` lists as well, somebody may commit yet; the rest
  // is removed. Idempotent, and leaves alone what is not as it was sealed.
  virtual Status TakeBack(const std::vector<std::string>& sealed,
                          const std::vector<std::string>& kept) = 0;
  // Before a job starts or goes on, and after it has ended: what former writers have left behind
  // and neither committed nor listed in `sealed` is removed. `subtasks`: of these alone, while the
  // others write; nullptr: of all that there ever were.
  virtual Status RemoveLeftovers(const std::vector<std::string>& sealed,
                                 const std::set<uint32_t>* subtasks) = 0;
};

}  // namespace flinkc
