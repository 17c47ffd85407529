#include "runtime/state/memory_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/state/state_store.h"

namespace flinkc {

namespace {

// Chunks of a table with at least so many bytes of them lie in huge pages.
constexpr size_t kLargeTableBytes = 4 * PageMemory::kHugePageBytes;

uint64_t* IndexIn(const PageMemory& memory) { return reinterpret_cast<uint64_t*>(memory.get()); }

}  // namespace

MemoryTable::MemoryTable(const StateLayout& layout, MemoryPool* pool)
    : KeyedTable{},
      layout_(layout),
      pool_(pool),
      slab_heap_(pool),
      segment_buffers_(std::make_shared<SegmentBuffers>(pool)) {
  row_bytes = layout.row_bytes;
  key_bytes = layout.key_bytes;
  key_view_offsets = layout.key_view_offsets.data();
  key_view_count = static_cast<uint32_t>(layout.key_view_offsets.size());
  heap = &slab_heap_;
  index_slots_ = kIndexSlotsMin;
  memory_bytes_ = index_slots_ * sizeof(uint64_t);
  if (pool_ != nullptr) pool_->ForceReserve(memory_bytes_);
  index_memory_ = PageMemory::MakeZeroed(index_slots_ * sizeof(uint64_t));
  index = IndexIn(index_memory_);
  index_mask = index_slots_ - 1;
}

MemoryTable::MemoryTable(const StateLayout& layout, MemoryPool* pool, StateStore* store,
                         std::string prefix)
    : MemoryTable(layout, pool) {
  cache_ = std::make_unique<Cache>();
  cache_->store = store;
  cache_->prefix = std::move(prefix);
  store->Add(this);
}

MemoryTable::~MemoryTable() {
  if (cache_ != nullptr) cache_->store->Remove(this);
  DetachSnapshots();
  if (pool_ != nullptr) pool_->Release(memory_bytes_);
}

void MemoryTable::Release(size_t bytes) {
  if (pool_ != nullptr) pool_->Release(bytes);
  memory_bytes_ -= bytes;
}

uint64_t MemoryTable::SlotsFor(uint64_t rows) {
  return std::max(kIndexSlotsMin, std::bit_ceil(rows / 5 * 8 + 8));
}

bool MemoryTable::Grow() {
  if (row_count + 1 > UINT32_MAX) return false;  // a slot has 32 bits for the row
  if (row_count == RowsFor(index_mask + 1) && !DoubleIndex()) return false;
  if (row_count == chunks_used_ * kRowsPerChunk && !AddChunk()) return false;
  SetRowLimit();
  return true;
}

void MemoryTable::SetRowLimit() {
  row_limit = std::min(RowsFor(index_mask + 1), chunks_used_ * kRowsPerChunk);
}

bool MemoryTable::AddChunk() {
  if (chunks_used_ == chunk_memory_.size()) {
    if (pool_ != nullptr && !pool_->TryReserve(chunk_bytes())) return false;
    memory_bytes_ += chunk_bytes();
    chunk_addresses_.push_back(MakeChunk());
    chunks = chunk_addresses_.data();
    epochs_.push_back(epoch);
    written_epochs_.push_back(epoch);
    chunk_epochs = epochs_.data();
  }
  std::memset(chunk_addresses_[chunks_used_], 0, chunk_bytes());
  epochs_[chunks_used_] = written_epochs_[chunks_used_] = epoch;
  ++chunks_used_;
  return true;
}

uint64_t MemoryTable::ChunksPerExtent() const {
  return std::max<uint64_t>(PageMemory::kHugePageBytes / chunk_bytes(), 1);
}

// Behind all others. Chunks that leave one by one are blocks of their own; the others share
// extents.
char* MemoryTable::MakeChunk() {
  const size_t bytes = chunk_bytes();
  const uint64_t chunk = chunk_memory_.size();
  if (cache_ != nullptr || chunk * bytes < kLargeTableBytes) {
    chunk_memory_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
    return chunk_memory_.back().get();
  }
  if (extents_.empty()) extents_begin_ = chunk;
  const uint64_t place = (chunk - extents_begin_) % ChunksPerExtent();
  if (place == 0) {
    extents_.push_back(
        PageMemory::Make(std::max(ChunksPerExtent() * bytes, PageMemory::kHugePageBytes)));
  }
  chunk_memory_.emplace_back();
  return extents_.back().get() + place * bytes;
}

bool MemoryTable::DoubleIndex() {
  const uint64_t slots = 2 * (index_mask + 1);
  if (slots <= index_slots_) {  // a recycled index has room
    std::memset(index_memory_.get(), 0, slots * sizeof(uint64_t));
  } else {
    if (pool_ != nullptr && !pool_->TryReserve(slots * sizeof(uint64_t))) return false;
    memory_bytes_ += slots * sizeof(uint64_t);
    PageMemory grown = PageMemory::MakeZeroed(slots * sizeof(uint64_t));
    Release(index_slots_ * sizeof(uint64_t));
    index_memory_ = std::move(grown);
    index_slots_ = slots;
  }
  index = IndexIn(index_memory_);
  index_mask = slots - 1;
  FillIndex();
  return true;
}

// Enters all rows into an empty index. The places of the rows ahead are asked for: the index is
// larger than the caches when this takes long.
void MemoryTable::FillIndex() {
  constexpr uint64_t kAhead = 16;
  for (uint64_t chunk = 0; chunk < chunk_count(); ++chunk) {
    const uint64_t begin = chunk * kRowsPerChunk;
    const uint64_t end = begin + RowsOf(chunk);
    for (uint64_t row = begin; row < end; ++row) {
      if (row + kAhead < end) __builtin_prefetch(&index[HashOf(row + kAhead) & index_mask], 1);
      const uint64_t hash = HashOf(row);
      uint64_t position = hash & index_mask;
      while (index[position] != 0) position = (position + 1) & index_mask;
      index[position] = (hash & 0xFFFFFFFF00000000ull) | (row + 1);
    }
  }
}

ProbeResult MemoryTable::Insert(uint64_t hash, const char* key, char** row) {
  if (cache_ != nullptr) return InsertCached(hash, key, row);
  if (!Grow()) return ProbeResult::kMemoryLimit;
  return InsertRow(this, hash, key, key_bytes, row);
}

void MemoryTable::Touch(uint64_t row) {
  const uint64_t chunk = row >> kRowsPerChunkLog2;
  bool all_rows = true;
  for (const ActiveSnapshot& active : snapshots_) {
    // A chunk that came after the snapshot is none of its.
    if (chunk >= active.snapshot->chunk_count() || active.snapshot->is_done()) continue;
    all_rows &= active.snapshot->KeepBeforeWrite(static_cast<uint32_t>(chunk),
                                                 static_cast<uint32_t>(row % kRowsPerChunk));
  }
  written_epochs_[chunk] = epoch;
  if (all_rows) epochs_[chunk] = epoch;
}

void MemoryTable::TouchAll() {
  for (uint64_t chunk = 0; chunk < chunk_count(); ++chunk) {
    if (epochs_[chunk] == epoch) continue;
    for (const ActiveSnapshot& active : snapshots_) {
      if (chunk >= active.snapshot->chunk_count() || active.snapshot->is_done()) continue;
      active.snapshot->EncodeBeforeLoss(static_cast<uint32_t>(chunk));
    }
    epochs_[chunk] = written_epochs_[chunk] = epoch;
  }
}

ProbeResult MemoryTable::AddRow(const char* from) {
  uint64_t hash;
  std::memcpy(&hash, from, sizeof(hash));
  char* row = nullptr;
  const ProbeResult result = FindOrInsert(this, hash, from + kHashBytes, key_bytes, &row);
  return result == ProbeResult::kInserted ? CopyAccumulators(row, from) : result;
}

ProbeResult MemoryTable::ReplaceRow(char* row, const char* from) {
  FreeBlobs(row);
  return CopyAccumulators(row, from);
}

// With what they point at; those of `row` are overwritten.
ProbeResult MemoryTable::CopyAccumulators(char* row, const char* from) {
  const size_t accumulators = kHashBytes + key_bytes;
  std::memcpy(row + accumulators, from + accumulators, row_bytes - accumulators);
  for (const uint32_t offset : layout_.blob_offsets) {
    StateBlob seen;
    std::memcpy(&seen, from + offset, sizeof(seen));
    StateBlob own{};
    if (seen.size != 0) {
      if (!slab_heap_.GrowBlob(&own, seen.size)) return ProbeResult::kMemoryLimit;
      std::memcpy(own.data, seen.data, seen.size);
      own.size = seen.size;
    }
    std::memcpy(row + offset, &own, sizeof(own));
  }
  return ProbeResult::kInserted;
}

uint64_t MemoryTable::HashOf(uint64_t row) const {
  uint64_t hash;
  std::memcpy(&hash, Row(row), sizeof(hash));
  return hash;
}

// Where the index names `row`, which is in it.
uint64_t MemoryTable::SlotOf(uint64_t row) const {
  uint64_t position = HashOf(row) & index_mask;
  while ((index[position] & 0xFFFFFFFFull) != row + 1) {
    DCHECK(index[position] != 0);
    position = (position + 1) & index_mask;
  }
  return position;
}

// Leaves no gap between where an entry belongs and where it stands: what follows moves up.
void MemoryTable::EraseFromIndex(uint64_t row) {
  uint64_t gap = SlotOf(row);
  // The rows that may move into the gap are anywhere: all are asked for before the first is needed.
  for (uint64_t position = (gap + 1) & index_mask; index[position] != 0;
       position = (position + 1) & index_mask) {
    __builtin_prefetch(Row((index[position] & 0xFFFFFFFFull) - 1));
  }
  for (uint64_t position = (gap + 1) & index_mask; index[position] != 0;
       position = (position + 1) & index_mask) {
    const uint64_t home = HashOf((index[position] & 0xFFFFFFFFull) - 1) & index_mask;
    // Steps from home to where it stands, against those to the gap.
    if (((position - home) & index_mask) < ((position - gap) & index_mask)) continue;
    index[gap] = index[position];
    gap = position;
  }
  index[gap] = 0;
}

// Gives back what the row points at.
void MemoryTable::FreeRow(char* row) {
  for (uint32_t i = 0; i < key_view_count; ++i) {
    StringValue view;
    std::memcpy(&view, row + kHashBytes + key_view_offsets[i], sizeof(view));
    if (view.size > StringValue::kInlineBytes)
      slab_heap_.Free(const_cast<char*>(view.pointer), view.size);
  }
  FreeBlobs(row);
}

void MemoryTable::FreeBlobs(char* row) {
  for (const uint32_t offset : layout_.blob_offsets) {
    StateBlob blob;
    std::memcpy(&blob, row + offset, sizeof(blob));
    slab_heap_.FreeBlob(&blob);
  }
}

void MemoryTable::ResetRow(char* row) {
  FreeBlobs(row);
  const size_t accumulators = kHashBytes + key_bytes;
  std::memset(row + accumulators, 0, row_bytes - accumulators);
}

void MemoryTable::RemoveExpired(uint64_t chunk, int64_t now_micros) {
  const uint32_t offset = *layout_.schema.updated_at_offset;
  uint64_t row = chunk * kRowsPerChunk;
  while (row < chunk * kRowsPerChunk + RowsOf(chunk)) {
    int64_t updated_at;
    std::memcpy(&updated_at, Row(row) + offset, sizeof(updated_at));
    if (updated_at == 0) {
      TouchRow(this, row);
      std::memcpy(Row(row) + offset, &now_micros, sizeof(now_micros));
    }
    if (IsExpired(updated_at, now_micros, layout_.ttl_micros)) {
      Remove(row);  // another row has its place now
    } else {
      ++row;
    }
  }
}

std::optional<uint64_t> MemoryTable::NumberOf(uint64_t hash, const char* key) const {
  std::optional<uint64_t> number;
  ForEachWithHash(hash, [&](uint64_t row) {
    if (KeysEqual(this, Key(row), key, key_bytes)) number = row;
  });
  return number;
}

const char* MemoryTable::Find(uint64_t hash, const char* key) const {
  const std::optional<uint64_t> number = NumberOf(hash, key);
  return number ? Row(*number) : nullptr;
}

// Takes `row` out; `last`, which may be the same, has its place then.
void MemoryTable::ReplaceBy(uint64_t row, uint64_t last) {
  EraseFromIndex(row);
  FreeRow(Row(row));
  if (row != last) {
    uint64_t& slot = index[SlotOf(last)];
    slot = (slot & 0xFFFFFFFF00000000ull) | (row + 1);
    std::memcpy(Row(row), Row(last), row_bytes);
  }
  std::memset(Row(last), 0, row_bytes);
}

void MemoryTable::Remove(uint64_t row) {
  if (cache_ != nullptr) return RemoveCached(row);
  const uint64_t last = row_count - 1;
  TouchRow(this, row);
  TouchRow(this, last);
  // Where many rows go, the place in the index of those that take theirs.
  if (last >= kRemovedAhead) __builtin_prefetch(&index[HashOf(last - kRemovedAhead) & index_mask]);
  ReplaceBy(row, last);
  --row_count;
  // One empty chunk stays, for rows that come and go. No snapshot reads an empty one.
  const uint64_t chunks_kept = ChunksFor(row_count) + 1;
  if (chunks_kept < chunks_used_) {
    chunks_used_ = chunks_kept;
    KeepChunks(chunks_kept);
    SetRowLimit();
  }
}

// Gives back the memory of all chunks behind the first `count`.
void MemoryTable::KeepChunks(uint64_t count) {
  if (chunk_memory_.size() <= count) return;
  Release((chunk_memory_.size() - count) * chunk_bytes());
  chunk_memory_.resize(count);
  const uint64_t in_extents = count - std::min(count, extents_begin_);
  extents_.resize(
      std::min<size_t>(extents_.size(), (in_extents + ChunksPerExtent() - 1) / ChunksPerExtent()));
  chunk_addresses_.resize(count);
  epochs_.resize(count);
  written_epochs_.resize(count);
}

StoredSegment MemoryTable::KeptSegment(uint64_t chunk, const StateFileSet& rewrite) const {
  if (chunk >= stored_.size()) return {};
  const StoredChunk& stored = stored_[chunk];
  if (written_epochs_[chunk] > stored.epoch || rewrite.contains(stored.segment.file.get()))
    return {};
  return stored.segment;
}

std::shared_ptr<TableSnapshot> MemoryTable::Freeze(const StateFileSet& rewrite, FreezeInto into) {
  if (cache_ != nullptr) return FreezeCached(rewrite, into);
  std::vector<TableSnapshot::Chunk> frozen(ChunksFor(row_count));
  for (uint64_t i = 0; i < frozen.size(); ++i) {
    frozen[i].rows = chunk_addresses_[i];
    frozen[i].row_count =
        static_cast<uint32_t>(std::min(kRowsPerChunk, row_count - i * kRowsPerChunk));
    frozen[i].stored = KeptSegment(i, rewrite);
  }
  return StartSnapshot(std::move(frozen));
}

std::shared_ptr<TableSnapshot> MemoryTable::StartSnapshot(
    std::vector<TableSnapshot::Chunk> frozen) {
  // Before a store the memory is meant for rows.
  segment_buffers_->Trim(cache_ == nullptr ? SIZE_MAX : chunks_used_ / 8);
  auto snapshot =
      std::make_shared<TableSnapshot>(layout_, pool_, std::move(frozen), segment_buffers_);
  snapshots_.push_back({snapshot, epoch});
  ++epoch;
  return snapshot;
}

void MemoryTable::BeginSegment() {
  if (cache_ != nullptr) CloseActiveChunk();
}

void MemoryTable::EndSegment(const StoredSegment& segment) {
  uint64_t chunk = 0;
  if (cache_ != nullptr) {
    if (!cache_->active || cache_->fill[*cache_->active] != segment.rows) return;
    chunk = *cache_->active;
  } else {
    chunk = (row_count - 1) >> kRowsPerChunkLog2;
    if (row_count == 0 || row_count - chunk * kRowsPerChunk != segment.rows) return;
  }
  stored_.resize(std::max<size_t>(stored_.size(), chunk + 1));
  stored_[chunk] = {segment, epoch};
  ++epoch;
}

void MemoryTable::Confirm(const TableSnapshot& snapshot) {
  for (const ActiveSnapshot& active : snapshots_) {
    if (active.snapshot.get() != &snapshot) continue;
    stored_.resize(std::max(stored_.size(), snapshot.chunk_count()));
    for (uint32_t i = 0; i < snapshot.chunk_count(); ++i) {
      if (stored_[i].epoch <= active.epoch) stored_[i] = {snapshot.stored(i), active.epoch};
    }
    break;
  }
  Forget(snapshot);
}

void MemoryTable::Forget(const TableSnapshot& snapshot) {
  if (cache_ != nullptr) UpdateFlushed();
  std::erase_if(snapshots_, [&](const ActiveSnapshot& active) {
    if (active.snapshot.get() != &snapshot) return false;
    active.snapshot->Detach();
    return true;
  });
}

bool MemoryTable::is_frozen() const {
  return std::ranges::any_of(
      snapshots_, [](const ActiveSnapshot& active) { return !active.snapshot->is_done(); });
}

void MemoryTable::DetachSnapshots() {
  for (const ActiveSnapshot& active : snapshots_) active.snapshot->Detach();
  snapshots_.clear();
}

void MemoryTable::CountStoredBytes(std::map<const StateFile*, uint64_t>* live) const {
  const uint64_t chunks = cache_ == nullptr ? ChunksFor(row_count) : chunks_used_;
  for (uint64_t i = 0; i < std::min<uint64_t>(chunks, stored_.size()); ++i) {
    if (RowsOf(i) == 0) continue;
    const StoredSegment segment = KeptSegment(i, {});
    if (segment.file != nullptr) (*live)[segment.file.get()] += segment.length;
  }
}

bool MemoryTable::OwnKey(char* key) {
  for (uint32_t i = 0; i < key_view_count; ++i) {
    StringValue view;
    std::memcpy(&view, key + key_view_offsets[i], sizeof(view));
    if (view.size <= StringValue::kInlineBytes) continue;
    char* copy = slab_heap_.Allocate(view.size);
    if (copy == nullptr) return false;
    std::memcpy(copy, view.pointer, view.size);
    view.pointer = copy;
    std::memcpy(key + key_view_offsets[i], &view, sizeof(view));
  }
  return true;
}

void MemoryTable::Clear(uint64_t rows_expected) {
  DetachSnapshots();
  stored_.clear();
  // What is far more than the next rows need goes back.
  KeepChunks(rows_expected / kRowsPerChunk * 2 + 1);
  slab_heap_.Clear(std::max<size_t>(64 * 1024, 2 * slab_heap_.memory_bytes() *
                                                   std::min(rows_expected, row_count) /
                                                   std::max<uint64_t>(row_count, 1)));
  const uint64_t slots = SlotsFor(rows_expected);
  if (slots > index_slots_ || slots * 8 < index_slots_) {
    if (pool_ == nullptr || pool_->TryReserve(slots * sizeof(uint64_t))) {
      memory_bytes_ += slots * sizeof(uint64_t);
      PageMemory fresh = PageMemory::Make(slots * sizeof(uint64_t));
      Release(index_slots_ * sizeof(uint64_t));
      index_memory_ = std::move(fresh);
      index_slots_ = slots;
    }
  }
  index = IndexIn(index_memory_);
  index_mask = std::min(slots, index_slots_) - 1;
  std::memset(index, 0, (index_mask + 1) * sizeof(uint64_t));
  row_count = 0;
  chunks_used_ = 0;
  row_limit = 0;
}

extern "C" {

int32_t flinkc_rt_insert_row(KeyedTable* table, uint64_t hash, const char* key, char** row) {
  return static_cast<int32_t>(MemoryTable::From(table)->Insert(hash, key, row));
}

void flinkc_rt_touch_row(KeyedTable* table, uint64_t row) { MemoryTable::From(table)->Touch(row); }

void flinkc_rt_reset_row(KeyedTable* table, char* row) { MemoryTable::From(table)->ResetRow(row); }

void flinkc_rt_remove_row(KeyedTable* table, char* row) {
  MemoryTable* rows = MemoryTable::From(table);
  uint64_t hash;
  std::memcpy(&hash, row, sizeof(hash));
  const std::optional<uint64_t> number = rows->NumberOf(hash, row + KeyedTable::kHashBytes);
  CHECK(number.has_value());
  rows->Remove(*number);
}

bool flinkc_rt_own_key(KeyedTable* table, char* key) {
  return MemoryTable::From(table)->OwnKey(key);
}
}

}  // namespace flinkc
