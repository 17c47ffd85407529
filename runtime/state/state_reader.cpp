#include "runtime/state/state_reader.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <optional>
#include <set>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_translation.h"
#include "runtime/state/segment.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

namespace {

// Far above any segment that is written: a chunk of rows with its blobs.
constexpr uint64_t kSegmentBytesMax = uint64_t{4} << 30;

// Rows ahead whose place in the index is asked for.
constexpr uint32_t kPrefetchAhead = 16;

// Rows of a stored state on their way into the job's.
class RowRestorer {
 public:
  // All must outlive the restorer. `adopts`: the tables' store is the one that the rows of segments
  // were beside.
  RowRestorer(const StateSchema& stored, const RowTranslation& translation,
              const KeyGroupRange& range, OperatorState* state, bool adopts)
      : stored_(stored),
        translation_(translation),
        range_(range),
        state_(*state),
        adopts_(adopts) {}

  // `may_be_known`: an older version, that counts only if there is none.
  Status Add(const char* from, MemoryTable* table, bool may_be_known) {
    const StateLayout& layout = state_.layout();
    uint64_t hash;
    std::memcpy(&hash, from, sizeof(hash));
    if (!is_everywhere() && !range_.ContainsHash(hash)) return {};
    if (stored_.rows_offset != 0) {
      StateBlob blob;
      std::memcpy(&blob, from + stored_.rows_offset, sizeof(blob));
      if (!AreRowsValid(stored_, {blob.data, blob.size})) {
        return MakeError(ErrorCode::kCorrupt, "the rows of a key are none");
      }
    }
    if (!translation_.is_identity()) {
      translation_.Apply(from, &translated_);
      from = translated_.data();
    }
    switch (adopts_ && table->has_store() ? table->AddNewerRow(from) : table->AddRow(from)) {
      case ProbeResult::kInserted:
        ++added_;
        return {};
      case ProbeResult::kFound:
        // Each subtask had all of it.
        if (may_be_known || is_everywhere()) return {};
        return MakeError(ErrorCode::kCorrupt, "the key of a row is there twice");
      case ProbeResult::kMemoryLimit:
        break;
    }
    if (std::optional<Error> error = state_.store_error()) return std::unexpected(*error);
    return MakeError(ErrorCode::kMemoryLimit,
                     fmt::format("the state `{}` does not fit into the memory of the job; "
                                 "raise `taskmanager.memory.process.size`",
                                 layout.state_id));
  }

  Status AddSegment(const SegmentHandle& handle, SegmentSource* source, MemoryTable* table) {
    ASSIGN_OR_RETURN(const std::string bytes, ReadSegment(handle, source));
    ASSIGN_OR_RETURN(const SegmentReader rows,
                     SegmentReader::Open(bytes, translation_.stored_layout()));
    table->BeginSegment();
    const uint64_t added_before = added_;
    for (uint32_t row = 0; row < rows.row_count(); ++row) {
      if (row + kPrefetchAhead < rows.row_count()) {
        __builtin_prefetch(&table->index[rows.Hash(row + kPrefetchAhead) & table->index_mask], 1);
      }
      RETURN_IF_ERROR(Add(rows.Row(row), table, false));
    }
    if (translation_.is_identity() && added_ - added_before == rows.row_count()) {
      if (std::shared_ptr<const StateFile> file = source->FileOf(handle.file)) {
        table->EndSegment(
            {std::move(file), handle.offset, handle.length, handle.checksum, rows.row_count()});
      }
    }
    return state_.Trim();
  }

  // Of the table whose keys begin with `prefix`, those that are in none of its segments.
  Status AddStored(const std::string& prefix, bool has_segments, RowStore& store,
                   MemoryTable* table) {
    const StateLayout& layout = translation_.stored_layout();
    std::string begin = prefix;
    std::string end = PrefixEnd(prefix);
    if (!is_everywhere()) {
      begin = StoredHashBegin(prefix, FirstHashOf(range_.first));
      if (range_.last + 1 < range_.max_parallelism) {
        end = StoredHashBegin(prefix, FirstHashOf(range_.last + 1));
      }
    }
    const std::unique_ptr<RowCursor> cursor = store.Scan(begin, end);
    std::vector<char> row(layout.row_bytes);
    StoredEntry entry;
    for (uint64_t rows = 1;; ++rows) {
      ASSIGN_OR_RETURN(const bool more, cursor->Next(&entry));
      if (!more) return state_.Trim();
      RETURN_IF_ERROR(
          ReadStoredRow(layout, entry.key.substr(prefix.size()), entry.value, row.data()));
      RETURN_IF_ERROR(Add(row.data(), table, has_segments));
      if (rows % kRowsBetweenTrims == 0) RETURN_IF_ERROR(state_.Trim());
    }
  }

 private:
  static constexpr uint64_t kRowsBetweenTrims = 1024;

  bool is_everywhere() const { return state_.layout().schema.broadcast; }
  uint64_t FirstHashOf(uint64_t group) const {
    return ((group << 32) + range_.max_parallelism - 1) / range_.max_parallelism << 32;
  }

  const StateSchema& stored_;
  const RowTranslation& translation_;
  const KeyGroupRange& range_;
  OperatorState& state_;
  const bool adopts_;
  std::string translated_;
  uint64_t added_ = 0;
};

// nullptr: nothing needs its rows any more. `taken`: by other tables of the snapshot, which may
// have the same keys; levels between two windows' ends are all the same.
Result<MemoryTable*> TableFor(const proto::StateSnapshot& snapshot,
                              const proto::TableSnapshotHandle& part, std::set<SliceKey>* taken,
                              OperatorState* state) {
  std::optional<SliceKey> key = state->RestoredKey({part.slice_end(), part.level()},
                                                   {snapshot.watermark(), snapshot.fired_end()});
  if (!key) return nullptr;
  while (state->has_mixed_windows() && !taken->insert(*key).second) --key->level;
  if (MemoryTable* const table = state->RestoreTable(*key)) return table;
  return MakeError(
      ErrorCode::kCorrupt,
      fmt::format("the state `{}` has a slice that ends at {}, which is none of its windows'",
                  state->layout().state_id, part.slice_end()));
}

Status Restore(const proto::StateSnapshot& snapshot, const KeyGroupRange& range,
               SegmentSource* source, OperatorState* state, RowStore* store, bool adopts) {
  RETURN_IF_ERROR(CheckSegments(snapshot));
  ASSIGN_OR_RETURN(const StoredStateSchema stored, FromProto(snapshot.schema()));
  ASSIGN_OR_RETURN(const RowTranslation translation, RowTranslation::Make(stored, state->layout()));
  RowRestorer rows(stored.schema, translation, range, state, adopts);
  std::set<SliceKey> taken;
  for (const proto::TableSnapshotHandle& part : snapshot.tables()) {
    ASSIGN_OR_RETURN(MemoryTable* const table, TableFor(snapshot, part, &taken, state));
    if (table == nullptr) continue;
    if (adopts && part.in_store()) table->AdoptStored();
    for (int i = 0; i < SegmentCount(part); ++i) {
      const SegmentHandle handle = SegmentAt(snapshot, part, i);
      if (Status added = rows.AddSegment(handle, source, table); !added) {
        return std::unexpected(std::move(added).error().WithContext(
            fmt::format("{} at {}", handle.file, handle.offset)));
      }
      RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("restore.segment"));
    }
    if (adopts || !part.in_store()) continue;
    if (store == nullptr) {
      return MakeError(ErrorCode::kCorrupt,
                       fmt::format("the state `{}` has no database", state->layout().state_id));
    }
    const std::string prefix =
        StoredPrefix(static_cast<uint16_t>(snapshot.store_number()), stored.window.has_value(),
                     {part.slice_end(), part.level()});
    RETURN_IF_ERROR(rows.AddStored(prefix, SegmentCount(part) != 0, *store, table));
  }
  return {};
}

}  // namespace

Result<std::string> ReadSegment(const SegmentHandle& handle, SegmentSource* source) {
  if (handle.length > kSegmentBytesMax) {
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("{}: a segment of {} bytes", handle.file, handle.length));
  }
  while (true) {
    Result<std::string> bytes = source->Read(handle.file, handle.offset, handle.length);
    if (bytes && XXH3_64bits(bytes->data(), bytes->size()) != handle.checksum) {
      bytes = MakeError(ErrorCode::kCorrupt,
                        fmt::format("{}: the {} bytes from {} on do not match their checksum",
                                    handle.file, handle.length, handle.offset));
    }
    if (bytes || !source->GiveUpCopy(handle.file, bytes.error())) return bytes;
  }
}

Status RestoreState(const proto::StateSnapshot& snapshot, const KeyGroupRange& range,
                    SegmentSource* source, OperatorState* state, RowStore* store) {
  return Restore(snapshot, range, source, state, store, /*adopts=*/false);
}

Status AdoptState(const proto::StateSnapshot& snapshot, const KeyGroupRange& range,
                  SegmentSource* source, OperatorState* state) {
  return Restore(snapshot, range, source, state, nullptr, /*adopts=*/true);
}

}  // namespace flinkc
