#include "runtime/checkpoint/segment_handles.h"

#include <fmt/format.h>

#include <algorithm>

namespace flinkc {

Status CheckSegments(const proto::StateSnapshot& state) {
  const auto files = static_cast<uint32_t>(state.segment_files_size());
  for (const proto::TableSnapshotHandle& table : state.tables()) {
    const proto::SegmentHandles& segments = table.segments();
    const int count = segments.file_size();
    if (segments.offset_size() != count || segments.length_size() != count ||
        segments.checksum_size() != count || segments.rows_size() != count) {
      return MakeError(ErrorCode::kCorrupt,
                       fmt::format("the state `{}` has segments of which a part is missing",
                                   state.state_id().substr(0, 200)));
    }
    if (std::ranges::any_of(segments.file(), [&](uint32_t file) { return file >= files; })) {
      return MakeError(ErrorCode::kCorrupt,
                       fmt::format("the state `{}` has segments in a file that it does not name",
                                   state.state_id().substr(0, 200)));
    }
  }
  return {};
}

int SegmentCount(const proto::TableSnapshotHandle& table) { return table.segments().file_size(); }

SegmentHandle SegmentAt(const proto::StateSnapshot& state, const proto::TableSnapshotHandle& table,
                        int i) {
  const proto::SegmentHandles& segments = table.segments();
  return {state.segment_files(static_cast<int>(segments.file(i))), segments.offset(i),
          segments.length(i), segments.checksum(i), segments.rows(i)};
}

}  // namespace flinkc
