#include "runtime/state/snapshot_reader.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/state/row_translation.h"
#include "runtime/state/segment.h"
#include "runtime/state/state_files.h"

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
             next_segment_ == snapshot_.tables(table_).segments_size()) {
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
    const proto::SegmentHandle& handle = snapshot_.tables(table_).segments(next_segment_++);
    segment_.reset();
    row_ = 0;
    ASSIGN_OR_RETURN(bytes_, ReadSegment(handle, &files_));
    Result<SegmentReader> rows = SegmentReader::Open(bytes_, layout_);
    if (!rows) {
      return std::unexpected(std::move(rows).error().WithContext(
          fmt::format("{} at {}", handle.file(), handle.offset())));
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

}  // namespace

Result<std::unique_ptr<SnapshotReader>> OpenSnapshot(const proto::StateSnapshot& snapshot,
                                                     FileSystem* files, const std::string& root) {
  ASSIGN_OR_RETURN(const StoredStateSchema stored, FromProto(snapshot.schema()));
  StateLayout layout = LayoutOf(stored.schema);
  layout.state_id = snapshot.state_id();
  return std::make_unique<SegmentRows>(snapshot, std::move(layout), files, root);
}

}  // namespace flinkc
