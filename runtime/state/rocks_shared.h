// What the databases of a RocksBackend share, in RocksDB's words; included by its two sources only.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/options.h>
#include <rocksdb/status.h>
#include <rocksdb/write_buffer_manager.h>

#include <memory>

#include "runtime/base/result.h"
#include "runtime/state/rocks_backend.h"

namespace flinkc {

struct RocksBackend::Shared {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  size_t cache_per_store = 0;  // bytes
  rocksdb::Options options;
};

// "cannot <what> the state database: …", with the code that fits.
std::unexpected<Error> RocksError(const rocksdb::Status& status, std::string_view what);

}  // namespace flinkc
