#include "runtime/state/memory_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace flinkc {

MemoryTable::MemoryTable(const StateLayout& layout, MemoryPool* pool)
    : KeyedTable{}, pool_(pool), slab_heap_(pool) {
  row_bytes = layout.row_bytes;
  key_bytes = layout.key_bytes;
  key_view_offsets = layout.key_view_offsets.data();
  key_view_count = static_cast<uint32_t>(layout.key_view_offsets.size());
  heap = &slab_heap_;
  index_slots_ = kIndexSlotsMin;
  memory_bytes_ = index_slots_ * sizeof(uint64_t);
  if (pool_ != nullptr) pool_->ForceReserve(memory_bytes_);
  index_memory_ = std::make_unique<uint64_t[]>(index_slots_);
  index = index_memory_.get();
  index_mask = index_slots_ - 1;
}

MemoryTable::~MemoryTable() {
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
    chunk_memory_.push_back(std::make_unique_for_overwrite<char[]>(chunk_bytes()));
    chunk_addresses_.push_back(chunk_memory_.back().get());
    chunks = chunk_addresses_.data();
  }
  std::memset(chunk_addresses_[chunks_used_], 0, chunk_bytes());
  ++chunks_used_;
  return true;
}

bool MemoryTable::DoubleIndex() {
  const uint64_t slots = 2 * (index_mask + 1);
  if (slots <= index_slots_) {  // a recycled index has room
    std::memset(index_memory_.get(), 0, slots * sizeof(uint64_t));
  } else {
    if (pool_ != nullptr && !pool_->TryReserve(slots * sizeof(uint64_t))) return false;
    memory_bytes_ += slots * sizeof(uint64_t);
    std::unique_ptr<uint64_t[]> grown(new uint64_t[slots]());
    Release(index_slots_ * sizeof(uint64_t));
    index_memory_ = std::move(grown);
    index_slots_ = slots;
  }
  index = index_memory_.get();
  index_mask = slots - 1;
  for (uint64_t row = 0; row < row_count; ++row) {
    uint64_t hash;
    std::memcpy(&hash, Row(row), sizeof(hash));
    uint64_t position = hash & index_mask;
    while (index[position] != 0) position = (position + 1) & index_mask;
    index[position] = (hash & 0xFFFFFFFF00000000ull) | (row + 1);
  }
  return true;
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
  // What is far more than the next rows need goes back.
  const size_t chunks_kept = rows_expected / kRowsPerChunk * 2 + 1;
  if (chunk_memory_.size() > chunks_kept) {
    Release((chunk_memory_.size() - chunks_kept) * chunk_bytes());
    chunk_memory_.resize(chunks_kept);
    chunk_addresses_.resize(chunks_kept);
  }
  slab_heap_.Clear(std::max<size_t>(64 * 1024, 2 * slab_heap_.memory_bytes() *
                                                   std::min(rows_expected, row_count) /
                                                   std::max<uint64_t>(row_count, 1)));
  const uint64_t slots = SlotsFor(rows_expected);
  if (slots > index_slots_ || slots * 8 < index_slots_) {
    if (pool_ == nullptr || pool_->TryReserve(slots * sizeof(uint64_t))) {
      memory_bytes_ += slots * sizeof(uint64_t);
      std::unique_ptr<uint64_t[]> fresh(new uint64_t[slots]);
      Release(index_slots_ * sizeof(uint64_t));
      index_memory_ = std::move(fresh);
      index_slots_ = slots;
    }
  }
  index = index_memory_.get();
  index_mask = std::min(slots, index_slots_) - 1;
  std::memset(index, 0, (index_mask + 1) * sizeof(uint64_t));
  row_count = 0;
  chunks_used_ = 0;
  row_limit = 0;
}

extern "C" {

bool flinkc_rt_grow_table(KeyedTable* table) { return MemoryTable::From(table)->Grow(); }

bool flinkc_rt_own_key(KeyedTable* table, char* key) {
  return MemoryTable::From(table)->OwnKey(key);
}
}

}  // namespace flinkc
