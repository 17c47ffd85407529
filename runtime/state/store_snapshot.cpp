#include "runtime/state/store_snapshot.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "runtime/state/entry_batch.h"
#include "runtime/state/segment.h"

namespace flinkc {

namespace {

constexpr size_t kBatchBytes = size_t{4} << 20;

}  // namespace

Status StoreSnapshot::Seal() {
  std::lock_guard lock(mutex_);
  if (is_sealed()) return status_;
  if (!with_files_) status_ = WriteFrozen();
  if (status_) {
    Result<std::shared_ptr<StoreCut>> cut = rows_->Cut(with_files_);
    if (cut) {
      cut_ = *std::move(cut);
    } else {
      status_ = std::unexpected(std::move(cut).error());
    }
  }
  sealed_.store(true, std::memory_order_release);
  return status_;
}

Status StoreSnapshot::WriteFrozen() {
  std::string bytes;
  for (const FrozenState& state : states_) {
    if (!state.store_number) continue;
    for (const FrozenState::Table& table : state.tables) {
      TableSnapshot& snapshot = *table.snapshot;
      EntryBatch batch(*state.layout, table.stored_prefix);
      for (uint32_t chunk = 0; chunk < snapshot.chunk_count(); ++chunk) {
        if (!snapshot.needs_writing(chunk)) continue;
        if (!snapshot.Take(chunk, &bytes)) {
          return MakeError(ErrorCode::kMemoryLimit,
                           fmt::format("the state `{}` changed faster than it could be written, "
                                       "and there is no memory to keep both; raise "
                                       "`taskmanager.memory.process.size`",
                                       state.layout->state_id));
        }
        ASSIGN_OR_RETURN(const SegmentReader rows, SegmentReader::Open(bytes, *state.layout));
        for (uint32_t row = 0; row < rows.row_count(); ++row) batch.Add(rows.Row(row));
        if (batch.size_bytes() < kBatchBytes) continue;
        RETURN_IF_ERROR(rows_->Write(batch.Sorted()));
        batch.Clear();
      }
      if (!batch.is_empty()) RETURN_IF_ERROR(rows_->Write(batch.Sorted()));
      snapshot.SetInStore();
    }
  }
  return {};
}

}  // namespace flinkc
