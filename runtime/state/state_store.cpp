#include "runtime/state/state_store.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

StateStore::StateStore(std::shared_ptr<RowStore> rows, size_t cache_bytes, const Clock* clock)
    : rows_(std::move(rows)), cache_bytes_(cache_bytes), clock_(*clock) {}

StateStore::~StateStore() { DCHECK(tables_.empty()); }

std::unexpected<Error> StateStore::Fail(Error error) {
  if (!error_) error_ = error;
  return std::unexpected(std::move(error));
}

void StateStore::CountLookup(bool loaded) {
  ++statistics_.lookups;
  if (loaded) ++statistics_.loaded;
}

Result<bool> StateStore::Get(std::string_view key, std::string* value) {
  if (is_deleted(key)) {
    CountLookup(false);
    return false;
  }
  Result<bool> found = rows_->Get(key, value);
  if (!found) return Fail(std::move(found).error());
  CountLookup(*found);
  return found;
}

Status StateStore::Fetch(PrefetchedRows* rows) {
  if (Status fetched = rows->Fetch(*rows_); !fetched) return Fail(std::move(fetched).error());
  return {};
}

std::unique_ptr<RowCursor> StateStore::Scan(std::string_view begin, std::string_view end) {
  return rows_->Scan(begin, end);
}

uint64_t StateStore::EstimateBytes(std::string_view begin, std::string_view end) {
  return rows_->EstimateBytes(begin, end);
}

bool StateStore::has_unsealed() {
  if (unsealed_ != nullptr && unsealed_->is_sealed()) unsealed_.reset();
  return unsealed_ != nullptr;
}

Status StateStore::Seal() {
  if (!has_unsealed()) return {};
  const int64_t begin = clock_.MonotonicNanos();
  // Its error is the snapshot's: the background tells it.
  static_cast<void>(unsealed_->Seal());
  if (unsealed_->stall() != nullptr) unsealed_->stall()->AddSince(begin);
  unsealed_.reset();
  statistics_.stall_nanos += static_cast<uint64_t>(clock_.MonotonicNanos() - begin);
  return {};
}

Status StateStore::Write(std::span<const StoredEntry> sorted) {
  RETURN_IF_ERROR(Seal());
  RETURN_IF_ERROR(ApplyDeletes());
  if (Status written = rows_->Write(sorted); !written) return Fail(std::move(written).error());
  return {};
}

void StateStore::DeleteLater(std::string key) { deleted_keys_.insert(std::move(key)); }

void StateStore::DeleteRangeLater(std::string begin, std::string end) {
  deleted_ranges_.push_back({std::move(begin), std::move(end)});
}

Status StateStore::ApplyDeletes() {
  for (const Range& range : std::exchange(deleted_ranges_, {})) {
    if (Status dropped = rows_->DeleteRange(range.begin, range.end); !dropped) {
      return Fail(std::move(dropped).error());
    }
  }
  for (const std::string& key : std::exchange(deleted_keys_, {})) {
    if (Status deleted = rows_->Delete(key); !deleted) return Fail(std::move(deleted).error());
  }
  return {};
}

void StateStore::Add(MemoryTable* table) { tables_.push_back(table); }

void StateStore::Remove(MemoryTable* table) { std::erase(tables_, table); }

size_t StateStore::used_bytes() const {
  size_t used = 0;
  for (const MemoryTable* table : tables_) used += table->cached_bytes();
  return used;
}

bool StateStore::is_over_limit() {
  const size_t limit = has_unsealed() ? cache_bytes_ : cache_bytes_ / 8 * 7;
  return used_bytes() > limit;
}

void StateStore::Tick() {
  for (MemoryTable* table : tables_) table->Tick();
}

Status StateStore::Trim() {
  if (!has_unsealed()) RETURN_IF_ERROR(ApplyDeletes());
  while (is_over_limit()) {
    // The table whose oldest rows have been left alone for longest; of equals, the largest.
    MemoryTable* victim = nullptr;
    for (MemoryTable* table : tables_) {
      if (!table->can_evict()) continue;
      if (victim == nullptr || table->AgeMax() > victim->AgeMax() ||
          (table->AgeMax() == victim->AgeMax() && table->cached_bytes() > victim->cached_bytes())) {
        victim = table;
      }
    }
    if (victim == nullptr) return {};
    RETURN_IF_ERROR(victim->EvictOldest(true));
  }
  return {};
}

Result<std::shared_ptr<StoreSnapshot>> StateStore::Freeze(std::vector<FrozenState> states,
                                                          bool with_files) {
  // One that is still running has been sealed by the caller, before the tables were frozen.
  DCHECK(unsealed_ == nullptr || unsealed_->is_sealed());
  RETURN_IF_ERROR(ApplyDeletes());
  unsealed_ = std::make_shared<StoreSnapshot>(rows_, std::move(states), with_files);
  return unsealed_;
}

}  // namespace flinkc
