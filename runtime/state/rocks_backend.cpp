#include "runtime/state/rocks_backend.h"

#include <fmt/format.h>
#include <malloc.h>
#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <utility>

#include "runtime/state/rocks_shared.h"

namespace flinkc {

namespace {

// Eighths of the managed memory: for rows, for write buffers, and the rest for blocks. Filters and
// index of a state ten times as large as the memory just fit.
constexpr size_t kRowsEighths = 3;
constexpr size_t kWriteBuffersEighths = 2;
constexpr size_t kManagedBytesMin = size_t{1} << 20;
constexpr size_t kWriteBufferBytesMin = size_t{256} << 10;
constexpr size_t kWriteBufferBytesMax = size_t{64} << 20;
constexpr size_t kFileBytesMin = size_t{2} << 20;
constexpr int kBloomBits = 10;
// A row that is looked up costs the reading of its block.
constexpr size_t kBlockBytes = 2048;
// Of the cache, for index and filters: nearly every lookup asks them.
constexpr double kIndexAndFilterRatio = 0.8;

rocksdb::Options OptionsFor(const RocksOptions& given, size_t write_buffer_bytes,
                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::Options options;
  options.max_background_jobs = 2;
  options.max_subcompactions = 1;
  options.max_open_files = 512;
  options.paranoid_checks = true;
  options.avoid_flush_during_shutdown = true;
  options.stats_dump_period_sec = 0;
  options.info_log_level = rocksdb::InfoLogLevel::FATAL_LEVEL;
  options.keep_log_file_num = 1;
  options.compression = rocksdb::kNoCompression;
  // Rows are written again seldom; that a lookup asks more filters costs less. Files that are alike
  // are merged, at least four; all of them once the newer ones are as large as the oldest, so that
  // a database takes no more than twice its rows.
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.compaction_options_universal.size_ratio = 20;
  options.compaction_options_universal.min_merge_width = 4;
  options.compaction_options_universal.max_size_amplification_percent = 100;
  options.level0_file_num_compaction_trigger = 8;
  options.memtable_whole_key_filtering = true;
  options.memtable_prefix_bloom_size_ratio = 0.1;
  // One of each database fills the budget, which then has the fullest flushed. The larger a buffer,
  // the less often a row is written again.
  options.write_buffer_size = std::clamp(write_buffer_bytes / std::max<size_t>(given.stores, 1),
                                         kWriteBufferBytesMin, kWriteBufferBytesMax);
  options.max_write_buffer_number = 3;
  options.target_file_size_base = std::max(options.write_buffer_size, kFileBytesMin);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytes;
  // What filters take while they are made, and open files, counts too.
  for (const rocksdb::CacheEntryRole role : {rocksdb::CacheEntryRole::kFilterConstruction,
                                             rocksdb::CacheEntryRole::kBlockBasedTableReader}) {
    table.cache_usage_options.options_overrides[role].charged =
        rocksdb::CacheEntryRoleOptions::Decision::kEnabled;
  }
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits));
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

std::unexpected<Error> RocksError(const rocksdb::Status& status, std::string_view what) {
  ErrorCode code = ErrorCode::kIo;
  if (status.IsCorruption()) code = ErrorCode::kCorrupt;
  if (status.IsNoSpace()) code = ErrorCode::kNoSpace;
  if (status.IsMemoryLimit()) code = ErrorCode::kMemoryLimit;
  return MakeError(code, fmt::format("cannot {} the state database: {}", what, status.ToString()));
}

RocksBackend::RocksBackend(std::unique_ptr<ProcessDirectory> directory)
    : directory_(std::move(directory)) {}

RocksBackend::~RocksBackend() {
  // The memory of the databases that are gone: for whatever comes next.
  malloc_trim(0);
  if (pool_ != nullptr) pool_->Release(reserved_bytes_);
}

std::string RocksBackend::DirectoryBelow(const std::string& local_directory) {
  return ProcessDirectory::BaseBelow(local_directory, "rocksdb");
}

Result<std::shared_ptr<RocksBackend>> RocksBackend::Open(const RocksOptions& options,
                                                         MemoryPool* pool) {
  ASSIGN_OR_RETURN(std::unique_ptr<ProcessDirectory> directory,
                   ProcessDirectory::Make(DirectoryBelow(options.local_directory)));
  std::shared_ptr<RocksBackend> backend(new RocksBackend(std::move(directory)));
  const size_t managed = std::max(options.managed_bytes, kManagedBytesMin);
  const size_t row_bytes = managed / 8 * kRowsEighths;
  const size_t write_buffer_bytes = managed / 8 * kWriteBuffersEighths;
  // The rows count themselves.
  const size_t reserved = managed - row_bytes;
  if (pool != nullptr) {
    RETURN_IF_ERROR(pool->Reserve(reserved, "the state databases"));
    backend->pool_ = pool;
    backend->reserved_bytes_ = reserved;
  }
  backend->row_bytes_per_store_ = row_bytes / std::max<uint32_t>(options.stores, 1);
  backend->shared_ = std::make_unique<Shared>();
  Shared& shared = *backend->shared_;
  // Write buffers are charged to the cache, so its capacity is all that the databases use.
  shared.cache = rocksdb::NewLRUCache(reserved, -1, false, kIndexAndFilterRatio);
  shared.write_buffers = std::make_shared<rocksdb::WriteBufferManager>(
      write_buffer_bytes, shared.cache, /*allow_stall=*/false);
  shared.cache_per_store = reserved / std::max<uint32_t>(options.stores, 1);
  shared.options = OptionsFor(options, write_buffer_bytes, shared.cache);
  shared.options.write_buffer_manager = shared.write_buffers;
  return backend;
}

std::string RocksBackend::NewDirectory() {
  return fmt::format("{}/{}", directory(), directories_.fetch_add(1));
}

}  // namespace flinkc
