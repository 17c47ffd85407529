#include "runtime/state/state_writer.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/state_schema_proto.h"

namespace flinkc {

namespace {

proto::SegmentHandle ToProto(const StoredSegment& stored) {
  proto::SegmentHandle handle;
  handle.set_file(stored.file->path);
  handle.set_offset(stored.offset);
  handle.set_length(stored.length);
  handle.set_checksum(stored.checksum);
  handle.set_rows(stored.rows);
  return handle;
}

}  // namespace

Result<WrittenState> WriteState(const std::vector<FrozenState>& states, StateFileSink* sink) {
  WrittenState written;
  const auto file = std::make_shared<StateFile>();
  file->path = sink->path();
  std::string bytes;
  for (const FrozenState& frozen : states) {
    proto::StateSnapshot& state = written.states.emplace_back();
    state.set_state_id(frozen.layout->state_id);
    *state.mutable_schema() = ToProto(frozen.layout->schema, frozen.layout->window);
    state.set_watermark(frozen.progress.watermark);
    state.set_fired_end(frozen.progress.fired_end);
    for (const FrozenState::Table& part : frozen.tables) {
      TableSnapshot& snapshot = *part.snapshot;
      proto::TableSnapshotHandle& table = *state.add_tables();
      table.set_slice_end(part.key.slice_end);
      table.set_level(part.key.level);
      for (uint32_t chunk = 0; chunk < snapshot.chunk_count(); ++chunk) {
        if (snapshot.needs_writing(chunk)) {
          if (!snapshot.Take(chunk, &bytes)) {
            return MakeError(ErrorCode::kMemoryLimit,
                             fmt::format("the state `{}` changed faster than it could be written, "
                                         "and there is no memory to keep both",
                                         frozen.layout->state_id));
          }
          RETURN_IF_ERROR(sink->Append(bytes));
          snapshot.SetStored(
              chunk, {file, file->size_bytes, bytes.size(), XXH3_64bits(bytes.data(), bytes.size()),
                      snapshot.row_count(chunk)});
          file->size_bytes += bytes.size();
          RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("state_file.chunk"));
        }
        *table.add_segments() = ToProto(snapshot.stored(chunk));
        written.state_bytes += snapshot.stored(chunk).length;
      }
    }
  }
  written.written_bytes = file->size_bytes;
  if (file->size_bytes != 0) {
    RETURN_IF_ERROR(sink->Finish());
    written.file = file;
  }
  return written;
}

}  // namespace flinkc
