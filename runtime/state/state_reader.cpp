#include "runtime/state/state_reader.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_translation.h"
#include "runtime/state/segment.h"

namespace flinkc {

namespace {

// Far above any segment that is written: a chunk of rows with its blobs.
constexpr uint64_t kSegmentBytesMax = uint64_t{4} << 30;

// Rows ahead whose place in the index is asked for.
constexpr uint32_t kPrefetchAhead = 16;

Status AddRows(const SegmentReader& rows, const RowTranslation& translation,
               const KeyGroupRange& range, OperatorState* state, MemoryTable* table) {
  const StateLayout& layout = state->layout();
  std::string translated;
  const bool everywhere = layout.schema.broadcast;
  for (uint32_t row = 0; row < rows.row_count(); ++row) {
    if (row + kPrefetchAhead < rows.row_count()) {
      __builtin_prefetch(&table->index[rows.Hash(row + kPrefetchAhead) & table->index_mask], 1);
    }
    if (!everywhere && !range.ContainsHash(rows.Hash(row))) continue;
    const char* from = rows.Row(row);
    if (layout.schema.rows_offset != 0) {
      StateBlob blob;
      std::memcpy(&blob, from + translation.stored_layout().blob_offsets.back(), sizeof(blob));
      if (!AreRowsValid(layout.schema, {blob.data, blob.size})) {
        return MakeError(ErrorCode::kCorrupt, fmt::format("the rows of key {} are none", row));
      }
    }
    if (!translation.is_identity()) {
      translation.Apply(from, &translated);
      from = translated.data();
    }
    switch (table->AddRow(from)) {
      case ProbeResult::kInserted:
        break;
      case ProbeResult::kFound:
        // Each subtask had all of it.
        if (everywhere) break;
        return MakeError(ErrorCode::kCorrupt, fmt::format("the key of row {} is there twice", row));
      case ProbeResult::kMemoryLimit:
        if (std::optional<Error> error = state->store_error()) return std::unexpected(*error);
        return MakeError(ErrorCode::kMemoryLimit,
                         fmt::format("the state `{}` does not fit into the memory of the job; "
                                     "raise `taskmanager.memory.process.size`",
                                     layout.state_id));
    }
  }
  return state->Trim();
}

}  // namespace

Result<std::string> ReadSegment(const proto::SegmentHandle& handle, SegmentSource* source) {
  if (handle.length() > kSegmentBytesMax) {
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("{}: a segment of {} bytes", handle.file(), handle.length()));
  }
  ASSIGN_OR_RETURN(std::string bytes,
                   source->Read(handle.file(), handle.offset(), handle.length()));
  if (XXH3_64bits(bytes.data(), bytes.size()) != handle.checksum()) {
    return MakeError(ErrorCode::kCorrupt,
                     fmt::format("{}: the {} bytes from {} on do not match their checksum",
                                 handle.file(), handle.length(), handle.offset()));
  }
  return bytes;
}

Status RestoreState(const proto::StateSnapshot& snapshot, const KeyGroupRange& range,
                    SegmentSource* source, OperatorState* state) {
  const StateLayout& layout = state->layout();
  ASSIGN_OR_RETURN(const StoredStateSchema stored, FromProto(snapshot.schema()));
  ASSIGN_OR_RETURN(const RowTranslation translation, RowTranslation::Make(stored, layout));
  if (state->windows() != nullptr) {
    state->windows()->RestoreProgress({snapshot.watermark(), snapshot.fired_end()});
  }
  for (const proto::TableSnapshotHandle& part : snapshot.tables()) {
    MemoryTable* table = state->RestoreTable({part.slice_end(), part.level()});
    if (table == nullptr) {
      return MakeError(
          ErrorCode::kCorrupt,
          fmt::format("the state `{}` has a slice that ends at {}, which is none of its "
                      "windows'",
                      layout.state_id, part.slice_end()));
    }
    for (const proto::SegmentHandle& handle : part.segments()) {
      const std::string where = fmt::format("{} at {}", handle.file(), handle.offset());
      ASSIGN_OR_RETURN(const std::string bytes, ReadSegment(handle, source));
      Result<SegmentReader> rows = SegmentReader::Open(bytes, translation.stored_layout());
      if (!rows) return std::unexpected(std::move(rows).error().WithContext(where));
      if (Status added = AddRows(*rows, translation, range, state, table); !added) {
        return std::unexpected(std::move(added).error().WithContext(where));
      }
      RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("restore.segment"));
    }
  }
  return {};
}

}  // namespace flinkc
