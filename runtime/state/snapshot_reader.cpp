#include "runtime/state/snapshot_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/checkpoint/segment_handles.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/env/file_system.h"
#include "runtime/state/field_access.h"
#include "runtime/state/kept_store.h"
#include "runtime/state/memory_table.h"
#include "runtime/state/row_translation.h"
#include "runtime/state/segment.h"
#include "runtime/state/state_files.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

namespace {

// Segment by segment (segment.h).
class SegmentRows final : public SnapshotReader {
 public:
  SegmentRows(const proto::StateSnapshot& snapshot, StateLayout layout, FileSystem* files,
              const std::string& root)
      : snapshot_(snapshot), layout_(std::move(layout)), files_(files, root) {}

  Result<std::optional<SnapshotRow>> Next() override {
    while (!segment_ || row_ == segment_->row_count()) {
      while (table_ < snapshot_.tables_size() &&
             next_segment_ == SegmentCount(snapshot_.tables(table_))) {
        ++table_;
        next_segment_ = 0;
      }
      if (table_ == snapshot_.tables_size()) return std::nullopt;
      RETURN_IF_ERROR(OpenNext());
    }
    const proto::TableSnapshotHandle& table = snapshot_.tables(table_);
    return SnapshotRow{segment_->Row(row_++), {table.slice_end(), table.level()}};
  }

 private:
  Status OpenNext() {
    const SegmentHandle handle = SegmentAt(snapshot_, snapshot_.tables(table_), next_segment_++);
    segment_.reset();
    row_ = 0;
    ASSIGN_OR_RETURN(bytes_, ReadSegment(handle, &files_));
    Result<SegmentReader> rows = SegmentReader::Open(bytes_, layout_);
    if (!rows) {
      return std::unexpected(
          std::move(rows).error().WithContext(fmt::format("{} at {}", handle.file, handle.offset)));
    }
    segment_ = *std::move(rows);
    return {};
  }

  const proto::StateSnapshot& snapshot_;
  const StateLayout layout_;
  StateFileReader files_;
  int table_ = 0;
  int next_segment_ = 0;  // of the table
  std::string bytes_;     // of the open segment
  std::optional<SegmentReader> segment_;
  uint32_t row_ = 0;
};

// Adds the rows of a table's segments.
Status LoadSegments(const proto::StateSnapshot& state, const proto::TableSnapshotHandle& table,
                    const StateLayout& layout, SegmentSource* files, MemoryTable* rows) {
  for (int i = 0; i < SegmentCount(table); ++i) {
    const SegmentHandle handle = SegmentAt(state, table, i);
    ASSIGN_OR_RETURN(const std::string bytes, ReadSegment(handle, files));
    Result<SegmentReader> segment = SegmentReader::Open(bytes, layout);
    if (!segment) {
      return std::unexpected(std::move(segment).error().WithContext(
          fmt::format("{} at {}", handle.file, handle.offset)));
    }
    for (uint32_t row = 0; row < segment->row_count(); ++row) rows->AddRow(segment->Row(row));
  }
  return {};
}

// Whether `rows` has the key of a row.
bool HasKeyOf(const MemoryTable& rows, const char* row) {
  return rows.Find(LoadField<uint64_t>(row), row + KeyedTable::kHashBytes) != nullptr;
}

// Table by table: first what stands in segments, then what only the database has (stored_row.h).
class StoredRows final : public SnapshotReader {
 public:
  StoredRows(const proto::StateSnapshot& snapshot, StateLayout layout, bool windowed,
             std::shared_ptr<RowStore> store, FileSystem* files, const std::string& root)
      : snapshot_(snapshot),
        layout_(std::move(layout)),
        windowed_(windowed),
        store_(std::move(store)),
        files_(files, root),
        row_(layout_.row_bytes) {}

  Result<std::optional<SnapshotRow>> Next() override {
    while (true) {
      if (newer_ == nullptr) {
        if (table_ == snapshot_.tables_size()) return std::nullopt;
        RETURN_IF_ERROR(Open(snapshot_.tables(table_++)));
      }
      if (next_newer_ < newer_->row_count) return SnapshotRow{newer_->Row(next_newer_++), slice_};
      ASSIGN_OR_RETURN(const bool found, NextStored());
      if (found) return SnapshotRow{row_.data(), slice_};
      newer_.reset();
      cursor_.reset();
    }
  }

 private:
  Status Open(const proto::TableSnapshotHandle& table) {
    slice_ = {table.slice_end(), table.level()};
    newer_ = std::make_unique<MemoryTable>(layout_, nullptr);
    next_newer_ = 0;
    RETURN_IF_ERROR(LoadSegments(snapshot_, table, layout_, &files_, newer_.get()));
    if (!table.in_store()) return {};
    prefix_ = StoredPrefix(static_cast<uint16_t>(snapshot_.store_number()), windowed_, slice_);
    cursor_ = store_->Scan(prefix_, PrefixEnd(prefix_));
    return {};
  }

  // The next row that is in no segment in row_.
  Result<bool> NextStored() {
    StoredEntry entry;
    while (cursor_ != nullptr) {
      ASSIGN_OR_RETURN(const bool more, cursor_->Next(&entry));
      if (!more) break;
      RETURN_IF_ERROR(
          ReadStoredRow(layout_, entry.key.substr(prefix_.size()), entry.value, row_.data()));
      if (!HasKeyOf(*newer_, row_.data())) return true;
    }
    return false;
  }

  const proto::StateSnapshot& snapshot_;
  const StateLayout layout_;
  const bool windowed_;
  const std::shared_ptr<RowStore> store_;
  StateFileReader files_;
  int table_ = 0;  // the next one
  // Of the table before.
  SliceKey slice_;
  std::unique_ptr<MemoryTable> newer_;
  uint64_t next_newer_ = 0;
  std::string prefix_;
  std::unique_ptr<RowCursor> cursor_;  // nullptr: nothing is stored
  std::vector<char> row_;
};

}  // namespace

Result<std::unique_ptr<SnapshotReader>> OpenSnapshot(const proto::StateSnapshot& snapshot,
                                                     const proto::StoreHandle& store,
                                                     FileSystem* files, const std::string& root) {
  RETURN_IF_ERROR(CheckSegments(snapshot));
  ASSIGN_OR_RETURN(const StoredStateSchema stored, FromProto(snapshot.schema()));
  StateLayout layout = LayoutOf(stored.schema);
  layout.state_id = snapshot.state_id();
  const bool in_store = std::ranges::any_of(
      snapshot.tables(), [](const proto::TableSnapshotHandle& table) { return table.in_store(); });
  if (in_store) {
    ASSIGN_OR_RETURN(const std::shared_ptr<RocksBackend> backend, RocksBackend::Open({}, nullptr));
    ASSIGN_OR_RETURN(std::shared_ptr<RowStore> rows,
                     OpenKeptStore(backend, store, files, root, /*read_only=*/true));
    return std::make_unique<StoredRows>(snapshot, std::move(layout), stored.window.has_value(),
                                        std::move(rows), files, root);
  }
  return std::make_unique<SegmentRows>(snapshot, std::move(layout), files, root);
}

Result<std::map<std::string, StoredSize>> MeasureStored(const proto::SubtaskSnapshot& subtask,
                                                        const std::string& root) {
  // Is read in a moment.
  constexpr uint64_t kCountedBytesMax = uint64_t{64} << 20;
  std::map<std::string, StoredSize> sizes;
  if (subtask.store().files().empty()) return sizes;
  std::vector<RocksBackend::GivenFile> given;
  uint64_t file_bytes = 0;
  for (const proto::StoreHandle::File& file : subtask.store().files()) {
    given.push_back({file.name(), root + "/" + file.file()});
    file_bytes += file.length();
  }
  for (const proto::StateSnapshot& state : subtask.states()) {
    RETURN_IF_ERROR(CheckSegments(state));
    for (const proto::TableSnapshotHandle& table : state.tables()) {
      for (const uint64_t length : table.segments().length()) file_bytes += length;
    }
  }
  LocalFileSystem files;
  StateFileReader segments(&files, root);
  ASSIGN_OR_RETURN(const std::shared_ptr<RocksBackend> backend, RocksBackend::Open({}, nullptr));
  ASSIGN_OR_RETURN(const std::shared_ptr<RowStore> store,
                   RocksBackend::OpenStore(backend, given, /*read_only=*/true));
  const bool counts = file_bytes <= kCountedBytesMax;
  for (const proto::StateSnapshot& state : subtask.states()) {
    ASSIGN_OR_RETURN(const StoredStateSchema stored, FromProto(state.schema()));
    const StateLayout layout = LayoutOf(stored.schema);
    std::vector<char> row(layout.row_bytes);
    StoredSize size;
    if (counts) size.rows = 0;
    for (const proto::TableSnapshotHandle& table : state.tables()) {
      if (!table.in_store()) continue;
      const std::string prefix =
          StoredPrefix(static_cast<uint16_t>(state.store_number()), stored.window.has_value(),
                       {table.slice_end(), table.level()});
      if (!counts) {
        size.bytes += store->EstimateBytes(prefix, PrefixEnd(prefix));
        continue;
      }
      MemoryTable newer(layout, nullptr);
      RETURN_IF_ERROR(LoadSegments(state, table, layout, &segments, &newer));
      const std::unique_ptr<RowCursor> cursor = store->Scan(prefix, PrefixEnd(prefix));
      StoredEntry entry;
      while (true) {
        ASSIGN_OR_RETURN(const bool more, cursor->Next(&entry));
        if (!more) break;
        RETURN_IF_ERROR(
            ReadStoredRow(layout, entry.key.substr(prefix.size()), entry.value, row.data()));
        if (HasKeyOf(newer, row.data())) continue;
        size.bytes += entry.key.size() + entry.value.size();
        ++*size.rows;
      }
    }
    sizes[state.state_id()] = size;
  }
  return sizes;
}

}  // namespace flinkc
