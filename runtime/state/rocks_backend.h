// The databases of one TaskManager: a directory of their own, one block cache and one budget of
// write buffers for all (docs/adr/0005-rocksdb-backend.md).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/memory_pool.h"
#include "runtime/base/result.h"
#include "runtime/env/process_directory.h"
#include "runtime/state/row_store.h"

namespace flinkc {

struct RocksOptions {
  // Below it the backend makes a directory of its own: "" is the system's temporary directory.
  std::string local_directory;
  // Rows in memory, write buffers and cached blocks, of all databases together.
  size_t managed_bytes = 0;
  // Databases that will share it.
  uint32_t stores = 1;
};

// Thread-safe.
class RocksBackend {
 public:
  // Makes the directory, and removes those that processes have left that are dead. What the
  // databases may use is counted in `pool`, which must outlive the backend (nullptr: not counted);
  // kMemoryLimit: it does not fit.
  static Result<std::shared_ptr<RocksBackend>> Open(const RocksOptions& options, MemoryPool* pool);
  // Where databases are made: below `local_directory`; "": below the machine's temporary directory.
  static std::string DirectoryBelow(const std::string& local_directory);
  // Removes the directory. The stores must be gone.
  ~RocksBackend();
  RocksBackend(const RocksBackend&) = delete;
  RocksBackend& operator=(const RocksBackend&) = delete;

  // An empty database. It keeps `backend` alive; its directory is removed with it.
  static Result<std::shared_ptr<RowStore>> MakeStore(std::shared_ptr<RocksBackend> backend);
  // One that begins with files of a cut (StoreFile::name by path), which are linked if they can be;
  // `read_only`: for Get and Scan alone. kCorrupt: they make no database.
  struct GivenFile {
    std::string name;
    std::string path;
  };
  static Result<std::shared_ptr<RowStore>> OpenStore(std::shared_ptr<RocksBackend> backend,
                                                     const std::vector<GivenFile>& files,
                                                     bool read_only);

  // Of the rows in memory of one subtask.
  size_t row_bytes_per_store() const { return row_bytes_per_store_; }
  const std::string& directory() const { return directory_->path(); }

  // rocksdb::Cache and the rest; for rocks_store.cpp.
  struct Shared;
  Shared& shared() { return *shared_; }
  // A directory for a database, not made.
  std::string NewDirectory();

 private:
  explicit RocksBackend(std::unique_ptr<ProcessDirectory> directory);

  // Constant after construction.
  const std::unique_ptr<ProcessDirectory> directory_;
  std::unique_ptr<Shared> shared_;
  MemoryPool* pool_ = nullptr;
  size_t reserved_bytes_ = 0;  // in pool_
  size_t row_bytes_per_store_ = 0;
  // Any thread.
  std::atomic<uint64_t> directories_{0};
};

}  // namespace flinkc
