#include "runtime/state/state_writer.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <unordered_map>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/state/memory_table.h"
#include "runtime/state/segment.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

namespace {

// All but the tables.
proto::StateSnapshot Describe(const FrozenState& frozen) {
  proto::StateSnapshot state;
  state.set_state_id(frozen.layout->state_id);
  *state.mutable_schema() = flinkc::ToProto(frozen.layout->schema, frozen.layout->window);
  state.set_watermark(frozen.progress.watermark);
  state.set_fired_end(frozen.progress.fired_end);
  if (frozen.store_number) state.set_store_number(*frozen.store_number);
  return state;
}

// Rows of a segment made from a store's: as many as of a table.
constexpr uint64_t kRowsPerSegment = uint64_t{1} << KeyedTable::kRowsPerChunkLog2;

// Into one file, one state after the other.
class StateWriter {
 public:
  StateWriter(StoreSnapshot* store, StateFileSink* sink) : store_(store), sink_(*sink) {
    file_->path = sink->path();
  }

  Status Write(const FrozenState& frozen) {
    proto::StateSnapshot& state = written_.states.emplace_back(Describe(frozen));
    state_ = &state;
    file_places_.clear();
    for (const FrozenState::Table& part : frozen.tables) {
      proto::TableSnapshotHandle& table = *state.add_tables();
      table.set_slice_end(part.key.slice_end);
      table.set_level(part.key.level);
      if (store_ != nullptr && frozen.store_number) {
        RETURN_IF_ERROR(WriteStored(*frozen.layout, part.stored_prefix, &table));
        continue;
      }
      RETURN_IF_ERROR(WriteChunks(*frozen.layout, *part.snapshot, &table));
      table.set_in_store(part.has_stored);
    }
    return {};
  }

  Result<WrittenState> Finish() {
    written_.written_bytes = file_->size_bytes;
    if (file_->size_bytes != 0) {
      RETURN_IF_ERROR(sink_.Finish());
      written_.file = file_;
    }
    return std::move(written_);
  }

 private:
  Status WriteChunks(const StateLayout& layout, TableSnapshot& snapshot,
                     proto::TableSnapshotHandle* table) {
    for (uint32_t chunk = 0; chunk < snapshot.chunk_count(); ++chunk) {
      if (snapshot.needs_writing(chunk)) {
        if (!snapshot.Take(chunk, &bytes_)) {
          return MakeError(ErrorCode::kMemoryLimit,
                           fmt::format("the state `{}` changed faster than it could be written, "
                                       "and there is no memory to keep both; raise "
                                       "`taskmanager.memory.process.size`",
                                       layout.state_id));
        }
        ASSIGN_OR_RETURN(StoredSegment stored, Append(snapshot.row_count(chunk)));
        snapshot.SetStored(chunk, std::move(stored));
      } else if (snapshot.stored(chunk).file == nullptr) {
        continue;  // in the store
      }
      AddSegment(snapshot.stored(chunk), table);
    }
    return {};
  }

  // The rows behind a prefix, as the store was at the barrier.
  Status WriteStored(const StateLayout& layout, const std::string& prefix,
                     proto::TableSnapshotHandle* table) {
    const std::unique_ptr<RowCursor> cursor = store_->cut().Scan(prefix, PrefixEnd(prefix));
    MemoryTable rows(layout, nullptr);
    std::vector<char> row(layout.row_bytes);
    StoredEntry entry;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, cursor->Next(&entry));
      if (rows.row_count == kRowsPerSegment || (!more && rows.row_count != 0)) {
        bytes_.clear();
        AppendSegment(layout, rows.Row(0), static_cast<uint32_t>(rows.row_count), &bytes_);
        ASSIGN_OR_RETURN(const StoredSegment stored, Append(rows.row_count));
        AddSegment(stored, table);
        rows.Clear(kRowsPerSegment);
      }
      if (!more) return {};
      RETURN_IF_ERROR(
          ReadStoredRow(layout, entry.key.substr(prefix.size()), entry.value, row.data()));
      if (rows.AddRow(row.data()) != ProbeResult::kInserted) {
        return MakeError(ErrorCode::kCorrupt,
                         fmt::format("the state `{}` has a key twice", layout.state_id));
      }
    }
  }

  void AddSegment(const StoredSegment& stored, proto::TableSnapshotHandle* table) {
    const auto [place, is_new] =
        file_places_.try_emplace(stored.file.get(), state_->segment_files_size());
    if (is_new) state_->add_segment_files(stored.file->path);
    proto::SegmentHandles& segments = *table->mutable_segments();
    segments.add_file(static_cast<uint32_t>(place->second));
    segments.add_offset(stored.offset);
    segments.add_length(stored.length);
    segments.add_checksum(stored.checksum);
    segments.add_rows(stored.rows);
    written_.state_bytes += stored.length;
  }

  // The bytes of a segment of `rows` rows.
  Result<StoredSegment> Append(uint64_t rows) {
    RETURN_IF_ERROR(sink_.Append(bytes_));
    const StoredSegment stored{file_, file_->size_bytes, bytes_.size(),
                               XXH3_64bits(bytes_.data(), bytes_.size()), rows};
    file_->size_bytes += bytes_.size();
    RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.chunk"));
    return stored;
  }

  StoreSnapshot* const store_;
  StateFileSink& sink_;
  const std::shared_ptr<StateFile> file_ = std::make_shared<StateFile>();
  std::string bytes_;
  WrittenState written_;
  // Of written_, the one that is being written, and the places of its files in it.
  proto::StateSnapshot* state_ = nullptr;
  std::unordered_map<const StateFile*, int> file_places_;
};

}  // namespace

Result<WrittenState> WriteState(const std::vector<FrozenState>& states, StateFileSink* sink,
                                StoreSnapshot* store) {
  if (store != nullptr) RETURN_IF_ERROR(store->Seal());
  StateWriter writer(store, sink);
  for (const FrozenState& frozen : states) RETURN_IF_ERROR(writer.Write(frozen));
  return writer.Finish();
}

}  // namespace flinkc
