// RowStore over one RocksDB database. No log is written: a crash goes back to a checkpoint.
#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/env/file_system.h"
#include "runtime/state/rocks_backend.h"
#include "runtime/state/rocks_shared.h"

namespace flinkc {

namespace {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// RocksDB counts for its thread-local statistics at nearly every step, which nobody reads here. It
// is said in each thread anew.
void CountNothing() { rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable); }

// RocksDB says what goes wrong by its Status; what it throws all the same (no memory) ends here.
template <typename Call>
auto Guard(Call call) -> decltype(call()) {
  CountNothing();
  try {
    return call();
  } catch (const std::exception& exception) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("the state database failed: {}", exception.what()));
  }
}

// The first failure of a flush or compaction.
class FailureListener final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = RocksError(*status, "write in the background to").error();
    has_failed_.store(true, std::memory_order_release);
  }
  void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override { CountNothing(); }
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    CountNothing();
  }
  Status status() {
    if (!has_failed_.load(std::memory_order_acquire)) return {};
    std::lock_guard lock(mutex_);
    return std::unexpected(*error_);
  }

 private:
  std::atomic<bool> has_failed_{false};
  // Guarded by mutex_.
  std::mutex mutex_;
  std::optional<Error> error_;
};

// Lets the write buffer look for the place of a key from where it put the last one, a few steps
// away while keys come sorted. RocksDB asks in the thread that writes. It keeps one such place for
// entries and deleted ranges alike, though they stand in lists of their own: only entries may ask
// for it.
class SortedWrites final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "flinkc.SortedWrites"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), 0}; }
  bool InDomain(const rocksdb::Slice&) const override { return is_on_; }

  void Set(bool on) { is_on_ = on; }

 private:
  bool is_on_ = false;  // the writing thread's
};

// A database and its directory, alive as long as a store, a cut or a cursor needs it.
struct Database {
  std::shared_ptr<RocksBackend> backend;
  std::string directory;
  std::shared_ptr<FailureListener> failures = std::make_shared<FailureListener>();
  std::shared_ptr<SortedWrites> sorted_writes = std::make_shared<SortedWrites>();
  std::unique_ptr<rocksdb::DB> db;
  std::atomic<int> scanned_cuts{0};

  ~Database() {
    db.reset();
    static_cast<void>(RemoveTree(directory));
  }
};

class RocksCursor final : public RowCursor {
 public:
  RocksCursor(std::shared_ptr<Database> database, const rocksdb::Snapshot* snapshot,
              std::string_view begin, std::string_view end)
      : database_(std::move(database)), end_(end), end_slice_(end_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    if (!end_.empty()) options.iterate_upper_bound = &end_slice_;
    options.fill_cache = false;
    iterator_.reset(database_->db->NewIterator(options));
    iterator_->Seek(ToSlice(begin));
  }

  Result<bool> Next(StoredEntry* entry) override {
    return Guard([&]() -> Result<bool> {
      if (started_) iterator_->Next();
      started_ = true;
      if (!iterator_->Valid()) {
        if (!iterator_->status().ok()) return RocksError(iterator_->status(), "read");
        return false;
      }
      *entry = {ToView(iterator_->key()), ToView(iterator_->value())};
      return true;
    });
  }

 private:
  const std::shared_ptr<Database> database_;
  const std::string end_;
  const rocksdb::Slice end_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  bool started_ = false;
};

// The database as it was, held by a snapshot.
class ScannedCut final : public StoreCut {
 public:
  explicit ScannedCut(std::shared_ptr<Database> database)
      : database_(std::move(database)), snapshot_(database_->db->GetSnapshot()) {
    database_->scanned_cuts.fetch_add(1);
  }
  ~ScannedCut() override {
    database_->db->ReleaseSnapshot(snapshot_);
    database_->scanned_cuts.fetch_sub(1);
  }

  std::unique_ptr<RowCursor> Scan(std::string_view begin, std::string_view end) override {
    return std::make_unique<RocksCursor>(database_, snapshot_, begin, end);
  }
  const std::vector<StoreFile>& files() const override { return files_; }

 private:
  const std::shared_ptr<Database> database_;
  const rocksdb::Snapshot* const snapshot_;
  const std::vector<StoreFile> files_;
};

// Its files, linked into a directory beside it.
class LinkedCut final : public StoreCut {
 public:
  LinkedCut(std::shared_ptr<Database> database, std::string directory)
      : database_(std::move(database)), directory_(std::move(directory)) {}
  ~LinkedCut() override { static_cast<void>(RemoveTree(directory_)); }

  Status List() {
    ASSIGN_OR_RETURN(const std::vector<FileInfo> entries, ListDirectory(directory_));
    for (const FileInfo& entry : entries) {
      const std::string name = std::filesystem::path(entry.path).filename().string();
      const bool is_table = name.ends_with(".sst");
      if (!is_table && name != "CURRENT" && !name.starts_with("MANIFEST-")) continue;
      files_.push_back({name, entry.path, is_table});
    }
    return {};
  }
  std::unique_ptr<RowCursor> Scan(std::string_view, std::string_view) override { CHECK(false); }
  const std::vector<StoreFile>& files() const override { return files_; }

 private:
  const std::shared_ptr<Database> database_;
  const std::string directory_;
  std::vector<StoreFile> files_;
};

class RocksStore final : public RowStore {
 public:
  explicit RocksStore(std::shared_ptr<Database> database) : database_(std::move(database)) {
    write_options_.disableWAL = true;
  }

  Result<bool> Get(std::string_view key, std::string* value) override {
    return Guard([&]() -> Result<bool> {
      rocksdb::PinnableSlice found;
      const rocksdb::Status status =
          db().Get(rocksdb::ReadOptions(), db().DefaultColumnFamily(), ToSlice(key), &found);
      if (status.IsNotFound()) return false;
      if (!status.ok()) return RocksError(status, "read");
      value->assign(found.data(), found.size());
      return true;
    });
  }

  Status GetAll(std::span<const std::string_view> sorted, const Found& found) override {
    return Guard([&]() -> Status {
      std::vector<rocksdb::Slice> keys;
      for (const std::string_view key : sorted) keys.push_back(ToSlice(key));
      std::vector<rocksdb::PinnableSlice> values(std::min(keys.size(), kFetchedTogether));
      std::vector<rocksdb::Status> statuses(values.size());
      if (lookups_++ % kLookupsBetweenLooks == 0) LookWhetherBlocksFit();
      for (size_t at = 0; at < keys.size(); at += kFetchedTogether) {
        const size_t count = std::min(kFetchedTogether, keys.size() - at);
        db().MultiGet(lookup_options_, db().DefaultColumnFamily(), count, &keys[at], values.data(),
                      statuses.data(), /*sorted_input=*/true);
        for (size_t i = 0; i < count; ++i) {
          if (statuses[i].ok()) {
            found(at + i, ToView(values[i]));
          } else if (!statuses[i].IsNotFound()) {
            return RocksError(statuses[i], "read");
          }
          values[i].Reset();  // unpins the block
        }
      }
      return {};
    });
  }

  std::unique_ptr<RowCursor> Scan(std::string_view begin, std::string_view end) override {
    return std::make_unique<RocksCursor>(database_, nullptr, begin, end);
  }

  uint64_t EstimateBytes(std::string_view begin, std::string_view end) override {
    const rocksdb::Range range(ToSlice(begin), ToSlice(end));
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    uint64_t bytes = 0;
    static_cast<void>(
        db().GetApproximateSizes(options, db().DefaultColumnFamily(), &range, 1, &bytes));
    return bytes;
  }

  Status Write(std::span<const StoredEntry> sorted) override {
    return Guard([&]() -> Status {
      RETURN_IF_ERROR(database_->failures->status());
      for (size_t i = 0; i < sorted.size();) {
        rocksdb::WriteBatch batch;
        const size_t end = std::min(sorted.size(), i + kBatchEntries);
        for (; i < end; ++i) {
          const rocksdb::Status put = batch.Put(ToSlice(sorted[i].key), ToSlice(sorted[i].value));
          if (!put.ok()) return RocksError(put, "write to");
        }
        database_->sorted_writes->Set(true);
        const rocksdb::Status written = db().Write(write_options_, &batch);
        database_->sorted_writes->Set(false);
        if (!written.ok()) return RocksError(written, "write to");
      }
      return {};
    });
  }

  Status Delete(std::string_view key) override {
    return Guard([&]() -> Status {
      const rocksdb::Status status = db().Delete(write_options_, ToSlice(key));
      return status.ok() ? Status() : RocksError(status, "write to");
    });
  }

  Status DeleteRange(std::string_view begin, std::string_view end) override {
    return Guard([&]() -> Status {
      RETURN_IF_ERROR(database_->failures->status());
      const rocksdb::Slice first = ToSlice(begin);
      const rocksdb::Slice last = ToSlice(end);
      rocksdb::ColumnFamilyHandle* const family = db().DefaultColumnFamily();
      // Whole files first; but they would be missing in a cut that is still being scanned.
      if (database_->scanned_cuts.load() == 0) {
        const rocksdb::Status dropped =
            rocksdb::DeleteFilesInRange(&db(), family, &first, &last, /*include_end=*/false);
        if (!dropped.ok()) return RocksError(dropped, "delete from");
      }
      const rocksdb::Status status = db().DeleteRange(write_options_, family, first, last);
      return status.ok() ? Status() : RocksError(status, "delete from");
    });
  }

  Result<std::shared_ptr<StoreCut>> Cut(bool with_files) override {
    return Guard([&]() -> Result<std::shared_ptr<StoreCut>> {
      RETURN_IF_ERROR(database_->failures->status());
      if (!with_files) return std::make_shared<ScannedCut>(database_);
      rocksdb::Checkpoint* made = nullptr;
      rocksdb::Status status = rocksdb::Checkpoint::Create(&db(), &made);
      const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
      if (!status.ok()) return RocksError(status, "cut");
      const std::string directory = database_->backend->NewDirectory();
      const auto cut = std::make_shared<LinkedCut>(database_, directory);
      status = checkpoint->CreateCheckpoint(directory);
      if (!status.ok()) return RocksError(status, "cut");
      RETURN_IF_ERROR(cut->List());
      return cut;
    });
  }

 private:
  static constexpr size_t kBatchEntries = 2'000;
  // Whose blocks are pinned at the same time.
  static constexpr size_t kFetchedTogether = 64;

  // Calls of GetAll.
  static constexpr uint64_t kLookupsBetweenLooks = 64;

  rocksdb::DB& db() { return *database_->db; }

  // Blocks of a database that is larger than the cache by far only push each other out of it: the
  // rows that are asked for often are in the table before it.
  void LookWhetherBlocksFit() {
    uint64_t bytes = 0;
    const bool known = db().GetIntProperty(rocksdb::DB::Properties::kLiveSstFilesSize, &bytes);
    lookup_options_.fill_cache = !known || bytes <= database_->backend->shared().cache_per_store;
  }

  // Constant after construction.
  const std::shared_ptr<Database> database_;
  rocksdb::WriteOptions write_options_;

  rocksdb::ReadOptions lookup_options_;
  uint64_t lookups_ = 0;
};

// A link, or a copy where there cannot be one.
Status BringFile(const RocksBackend::GivenFile& file, const std::string& to) {
  std::error_code error;
  if (file.name.ends_with(".sst")) {
    std::filesystem::create_hard_link(file.path, to, error);
    if (!error) return {};
  }
  std::filesystem::copy_file(file.path, to, error);
  if (error) return SystemError(error.value(), "copy the state file", file.path);
  return {};
}

}  // namespace

Result<std::shared_ptr<RowStore>> RocksBackend::MakeStore(std::shared_ptr<RocksBackend> backend) {
  return OpenStore(std::move(backend), {}, false);
}

Result<std::shared_ptr<RowStore>> RocksBackend::OpenStore(std::shared_ptr<RocksBackend> backend,
                                                          const std::vector<GivenFile>& files,
                                                          bool read_only) {
  return Guard([&]() -> Result<std::shared_ptr<RowStore>> {
    const auto database = std::make_shared<Database>();
    database->backend = backend;
    database->directory = backend->NewDirectory();
    RETURN_IF_ERROR(MakeDirectories(database->directory));
    for (const GivenFile& file : files) {
      RETURN_IF_ERROR(BringFile(file, database->directory + "/" + file.name));
    }
    rocksdb::Options options = backend->shared().options;
    options.create_if_missing = files.empty();
    options.listeners.push_back(database->failures);
    options.memtable_insert_with_hint_prefix_extractor = database->sorted_writes;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status =
        read_only ? rocksdb::DB::OpenForReadOnly(options, database->directory, &db)
                  : rocksdb::DB::Open(options, database->directory, &db);
    if (!status.ok()) return RocksError(status, "open");
    database->db.reset(db);
    return std::make_shared<RocksStore>(database);
  });
}

}  // namespace flinkc
