// The edge of the world where rows leave.
#pragma once

#include <functional>
#include <memory>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/data/record_batch.h"
#include "runtime/graph/descriptors.h"

namespace flinkc {

// Where the console sink writes: runtime/env's standard output, or a test's string. Thread-safe,
// one call is one uninterrupted piece of text.
using ConsoleWriter = std::function<Status(std::string_view)>;

struct SinkContext {
  const SinkDescriptor* descriptor = nullptr;
  Schema schema;
  bool row_kinds = false;
  uint32_t subtask = 0;
  uint32_t parallelism = 1;
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
  // After the last row: everything is on disk under its unfinished name. May block.
  virtual Status Finish() = 0;
  // After every sink of the job has finished: gives the files their final names. Idempotent.
  virtual Status Commit() { return {}; }
  // The job failed or was cancelled: removes what is unfinished. Never throws away what was
  // committed.
  virtual void Abort() {}
};

}  // namespace flinkc
