// MemoryTable before a RowStore. Every insert comes through InsertCached, since row_limit is always
// row_count; a key that is found by its index costs what it costs in a table without a store.
#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/state/entry_batch.h"
#include "runtime/state/field_access.h"
#include "runtime/state/memory_table.h"
#include "runtime/state/state_store.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

namespace {

// Chunks that leave together, for a sorted write to be worth it; fewer of a small table.
constexpr size_t kEvictedTogetherMax = 8;
// Rows ahead whose place in the index is asked for when a chunk is forgotten.
constexpr uint64_t kForgetAhead = 8;
// The same for rows that may have to be fetched.
constexpr size_t kPrefetchAhead = 16;

}  // namespace

void MemoryTable::StoredKeyOf(uint64_t hash, const char* key, std::string* out) const {
  *out = cache_->prefix;
  AppendStoredKey(layout_, hash, key, out);
}

ProbeResult MemoryTable::InsertCached(uint64_t hash, const char* key, char** row) {
  bool stored = false;
  if (!cache_->is_complete && cache_->left.MayHave(hash)) {
    StoredKeyOf(hash, key, &cache_->key);
    ++cache_->lookups;
    if (cache_->prefetched.Take(hash, cache_->key, &stored, &cache_->value)) {
      cache_->store->CountLookup(stored);
    } else {
      const Result<bool> found = cache_->store->Get(cache_->key, &cache_->value);
      if (!found) return ProbeResult::kMemoryLimit;  // the store knows why
      stored = *found;
    }
  }
  const ProbeResult inserted = InsertUnasked(hash, key, row);
  if (inserted != ProbeResult::kInserted || !stored) return inserted;
  if (Status loaded = LoadStoredValue(layout_, cache_->value, &slab_heap_, *row); !loaded) {
    static_cast<void>(cache_->store->Fail(std::move(loaded).error()));
    return ProbeResult::kMemoryLimit;
  }
  return ProbeResult::kFound;
}

Status MemoryTable::Prefetch(std::span<const uint64_t> hashes,
                             const std::function<void(size_t row, char* key)>& key_of) {
  PrefetchedRows& prefetched = cache_->prefetched;
  prefetched.Clear();
  if (cache_->is_complete) return {};
  std::string key(key_bytes, '\0');
  for (size_t row = 0; row < hashes.size(); ++row) {
    if (row + kPrefetchAhead < hashes.size()) {
      __builtin_prefetch(&index[hashes[row + kPrefetchAhead] & index_mask]);
    }
    if (MayHaveHash(hashes[row]) || !cache_->left.MayHave(hashes[row])) continue;
    key_of(row, key.data());
    StoredKeyOf(hashes[row], key.data(), &cache_->key);
    if (!cache_->store->is_deleted(cache_->key)) prefetched.Add(hashes[row], cache_->key);
  }
  return prefetched.size() == 0 ? Status() : cache_->store->Fetch(&prefetched);
}

void MemoryTable::ForgetPrefetched() { cache_->prefetched.Clear(); }

bool MemoryTable::MayHaveHash(uint64_t hash) const {
  const uint64_t tag = hash & 0xFFFFFFFF00000000ull;
  for (uint64_t at = hash & index_mask; index[at] != 0; at = (at + 1) & index_mask) {
    if ((index[at] & 0xFFFFFFFF00000000ull) == tag) return true;
  }
  return false;
}

// A row that the store has not, or not as it is to be.
ProbeResult MemoryTable::InsertUnasked(uint64_t hash, const char* key, char** row) {
  if (!MakeRoomCached()) return ProbeResult::kMemoryLimit;
  const ProbeResult inserted = InsertRow(this, hash, key, key_bytes, row);
  if (inserted != ProbeResult::kInserted) return inserted;
  ++cache_->fill[*cache_->active];
  ++cache_->rows;
  row_limit = row_count;
  return ProbeResult::kInserted;
}

ProbeResult MemoryTable::AddNewerRow(const char* from) {
  uint64_t hash;
  std::memcpy(&hash, from, sizeof(hash));
  const char* key = from + kHashBytes;
  if (Find(hash, key) != nullptr) return ProbeResult::kFound;
  char* row = nullptr;
  const ProbeResult inserted = InsertUnasked(hash, key, &row);
  return inserted == ProbeResult::kInserted ? CopyAccumulators(row, from) : inserted;
}

bool MemoryTable::MakeRoomCached() {
  Cache& cache = *cache_;
  if (cache.rows == RowsFor(index_mask + 1) && !DoubleIndex()) return false;
  if ((!cache.active || cache.fill[*cache.active] == kRowsPerChunk) && !BeginChunk()) return false;
  row_count = row_limit = *cache.active * kRowsPerChunk + cache.fill[*cache.active];
  return true;
}

bool MemoryTable::BeginChunk() {
  Cache& cache = *cache_;
  if (cache.empty_chunks.empty() && cache.rows != 0 && cache.store->is_over_limit() &&
      !EvictOldest(false)) {
    return false;
  }
  if (cache.empty_chunks.empty()) {
    if ((chunks_used_ + 1) * kRowsPerChunk > UINT32_MAX) return false;  // 32 bits in a slot
    chunk_memory_.emplace_back();
    chunk_addresses_.push_back(nullptr);
    epochs_.push_back(epoch);
    written_epochs_.push_back(epoch);
    cache.fill.push_back(0);
    cache.order.push_back(0);
    cache.empty_chunks.push_back(chunks_used_++);
    chunks = chunk_addresses_.data();
    chunk_epochs = epochs_.data();
  }
  const uint64_t chunk = cache.empty_chunks.back();
  if (chunk_memory_[chunk] == nullptr) {
    if (pool_ != nullptr && !pool_->TryReserve(chunk_bytes())) return false;
    memory_bytes_ += chunk_bytes();
    chunk_memory_[chunk] = std::make_unique_for_overwrite<char[]>(chunk_bytes());
    chunk_addresses_[chunk] = chunk_memory_[chunk].get();
  }
  cache.empty_chunks.pop_back();
  std::memset(chunk_addresses_[chunk], 0, chunk_bytes());
  epochs_[chunk] = written_epochs_[chunk] = epoch;
  cache.order[chunk] = ++cache.begun;
  cache.active = chunk;
  return true;
}

// The next row begins another chunk.
void MemoryTable::CloseActiveChunk() {
  Cache& cache = *cache_;
  if (!cache.active) return;
  const uint32_t rows = cache.fill[*cache.active];
  if (rows == 0 || rows == kRowsPerChunk) return;
  cache.has_holes = true;
  cache.active.reset();
  row_count = row_limit = 0;
}

// `count` chunks with rows, the oldest first: by their last write, then as they were begun.
std::vector<uint64_t> MemoryTable::OldestChunks(size_t count) const {
  std::vector<uint64_t> oldest;
  for (uint64_t chunk = 0; chunk < chunks_used_; ++chunk) {
    if (cache_->fill[chunk] != 0) oldest.push_back(chunk);
  }
  count = std::min(count, oldest.size());
  std::ranges::partial_sort(
      oldest, oldest.begin() + static_cast<int64_t>(count), {},
      [this](uint64_t chunk) { return std::pair(written_epochs_[chunk], cache_->order[chunk]); });
  oldest.resize(count);
  return oldest;
}

uint32_t MemoryTable::AgeMax() const {
  uint32_t oldest = epoch;
  for (uint64_t chunk = 0; chunk < chunks_used_; ++chunk) {
    if (cache_->fill[chunk] != 0) oldest = std::min(oldest, written_epochs_[chunk]);
  }
  return epoch - oldest;
}

Status MemoryTable::EvictOldest(bool give_back) {
  Cache& cache = *cache_;
  const size_t in_use = chunks_used_ - cache.empty_chunks.size();
  const std::vector<uint64_t> chunks =
      OldestChunks(std::clamp<size_t>(in_use / 8, 1, kEvictedTogetherMax));
  RETURN_IF_ERROR(WriteChunks(chunks));
  for (const uint64_t chunk : chunks) {
    // What the write has not encoded for a snapshot because it was not dirty is in the store; what
    // a failed snapshot has not encoded is lost to it alone.
    for (const ActiveSnapshot& active : snapshots_) {
      if (chunk < active.snapshot->chunk_count() && !active.snapshot->is_done()) {
        active.snapshot->EncodeBeforeLoss(static_cast<uint32_t>(chunk));
      }
    }
    cache.store->CountEvicted(cache.fill[chunk]);
    ForgetChunk(chunk);
  }
  cache.is_complete = false;
  if (give_back) {
    for (const uint64_t chunk : cache.empty_chunks) {
      if (chunk_memory_[chunk] == nullptr) continue;
      chunk_memory_[chunk].reset();
      chunk_addresses_[chunk] = nullptr;
      Release(chunk_bytes());
    }
  }
  if (cache.rows == 0) slab_heap_.Clear(0);
  cache.store->Tick();
  return {};
}

Status MemoryTable::WriteChunks(const std::vector<uint64_t>& chunks) {
  UpdateFlushed();
  const auto is_dirty = [this](uint64_t chunk) { return IsDirty(chunk); };
  if (std::ranges::none_of(chunks, is_dirty)) return {};
  // The cut of a running snapshot, which comes first, may already write some of them.
  RETURN_IF_ERROR(cache_->store->Seal());
  UpdateFlushed();
  EntryBatch batch(layout_, cache_->prefix);
  for (const uint64_t chunk : chunks) {
    if (!IsDirty(chunk)) continue;
    for (uint64_t i = 0; i < cache_->fill[chunk]; ++i) batch.Add(Row(chunk * kRowsPerChunk + i));
  }
  if (batch.is_empty()) return {};
  cache_->has_stored = true;
  return cache_->store->Write(batch.Sorted());
}

void MemoryTable::UpdateFlushed() {
  for (const ActiveSnapshot& active : snapshots_) {
    if (!active.snapshot->is_in_store()) continue;
    cache_->flushed_epoch = std::max<int64_t>(cache_->flushed_epoch, active.epoch);
  }
}

void MemoryTable::ForgetChunk(uint64_t chunk) {
  Cache& cache = *cache_;
  const uint64_t begin = chunk * kRowsPerChunk;
  const uint64_t end = begin + cache.fill[chunk];
  const bool has_blocks = key_view_count != 0 || !layout_.blob_offsets.empty();
  for (uint64_t row = begin; row < end; ++row) {
    if (row + kForgetAhead < end) {
      __builtin_prefetch(&index[HashOf(row + kForgetAhead) & index_mask], 1);
    }
    EraseFromIndex(row);
    NoteLeft(HashOf(row));
    if (has_blocks) FreeRow(Row(row));
  }
  cache.rows -= cache.fill[chunk];
  cache.fill[chunk] = 0;
  if (chunk < stored_.size()) stored_[chunk] = {};
  cache.empty_chunks.push_back(chunk);
  if (cache.active == chunk) {
    cache.active.reset();
    row_count = row_limit = 0;
  }
}

// The keys may take a sixth of the memory of all tables. A state that is larger than that by far
// asks for rows that the store has, for the most part.
void MemoryTable::NoteLeft(uint64_t hash) {
  KeyFilter& left = cache_->left;
  const size_t more = left.next_memory_bytes() - left.memory_bytes();
  if (more > 0) {
    const bool fits = left.next_memory_bytes() <= cache_->store->cache_bytes() / 6;
    if (!fits || (pool_ != nullptr && !pool_->TryReserve(more))) return GiveUpLeft();
    memory_bytes_ += more;
  }
  left.Add(hash);
}

void MemoryTable::GiveUpLeft() {
  Release(cache_->left.memory_bytes());
  cache_->left.GiveUp();
}

void MemoryTable::RemoveCached(uint64_t row) {
  Cache& cache = *cache_;
  const uint64_t chunk = row >> kRowsPerChunkLog2;
  const uint64_t last = chunk * kRowsPerChunk + cache.fill[chunk] - 1;
  TouchRow(this, row);
  TouchRow(this, last);
  if (cache.has_stored) {
    std::string key;
    StoredKeyOf(HashOf(row), Row(row) + kHashBytes, &key);
    cache.store->DeleteLater(std::move(key));
  }
  ReplaceBy(row, last);
  --cache.fill[chunk];
  --cache.rows;
  if (cache.active == chunk) {
    row_count = row_limit = last;
  } else {
    cache.has_holes = true;
    if (cache.fill[chunk] == 0) cache.empty_chunks.push_back(chunk);
  }
}

std::shared_ptr<TableSnapshot> MemoryTable::FreezeCached(const StateFileSet& rewrite,
                                                         FreezeInto into) {
  UpdateFlushed();
  std::vector<TableSnapshot::Chunk> frozen(chunks_used_);
  for (uint64_t chunk = 0; chunk < chunks_used_; ++chunk) {
    frozen[chunk].rows = chunk_addresses_[chunk];
    frozen[chunk].row_count = cache_->fill[chunk];
    frozen[chunk].in_store = cache_->fill[chunk] == 0 || !IsDirty(chunk);
    if (frozen[chunk].in_store) continue;
    if (into == FreezeInto::kSegments) {
      frozen[chunk].stored = KeptSegment(chunk, rewrite);
    } else {
      cache_->has_stored = true;
    }
  }
  return StartSnapshot(std::move(frozen));
}

const std::optional<Error>& MemoryTable::store_error() const { return cache_->store->error(); }

bool MemoryTable::is_empty() const {
  return cache_ == nullptr ? row_count == 0 : cache_->rows == 0 && cache_->is_complete;
}

uint64_t MemoryTable::EstimateBytes() const {
  const uint64_t here = cache_->rows * row_bytes + slab_heap_.used_bytes();
  if (cache_->is_complete) return here;
  return here + cache_->store->EstimateBytes(cache_->prefix, PrefixEnd(cache_->prefix));
}

Status MemoryTable::CopyRange(uint64_t hash_first, uint64_t hash_last, MemoryTable* to) {
  const auto add = [&](const char* row) -> Status {
    switch (to->AddRow(row)) {
      case ProbeResult::kInserted:
        return {};
      case ProbeResult::kFound:
        return MakeError(ErrorCode::kCorrupt,
                         "the state `" + layout_.state_id + "` has a key twice");
      case ProbeResult::kMemoryLimit:
        break;
    }
    return MakeError(ErrorCode::kMemoryLimit,
                     "no memory for the rows of the state `" + layout_.state_id +
                         "` that are emitted together; raise `taskmanager.memory.process.size`");
  };
  Status status;
  ForEachRow([&](uint64_t row) {
    const uint64_t hash = HashOf(row);
    if (status && hash >= hash_first && hash <= hash_last) status = add(Row(row));
  });
  if (!status || cache_ == nullptr || cache_->is_complete) return status;
  const std::string& prefix = cache_->prefix;
  const std::string end =
      hash_last == UINT64_MAX ? PrefixEnd(prefix) : StoredHashBegin(prefix, hash_last + 1);
  const std::unique_ptr<RowCursor> cursor =
      cache_->store->Scan(StoredHashBegin(prefix, hash_first), end);
  std::vector<char> row(row_bytes);
  StoredEntry entry;
  while (true) {
    const Result<bool> more = cursor->Next(&entry);
    if (!more) return cache_->store->Fail(more.error());
    if (!*more) return {};
    if (Status read =
            ReadStoredRow(layout_, entry.key.substr(prefix.size()), entry.value, row.data());
        !read) {
      return cache_->store->Fail(std::move(read).error());
    }
    uint64_t hash;
    std::memcpy(&hash, row.data(), sizeof(hash));
    // What is in memory is newer.
    if (Find(hash, row.data() + kHashBytes) != nullptr) continue;
    if (cache_->store->is_deleted(entry.key)) continue;
    RETURN_IF_ERROR(add(row.data()));
  }
}

uint64_t MemoryTable::EstimateStoredChunks() const {
  if (!has_stored()) return 0;
  const uint64_t bytes = cache_->store->EstimateBytes(cache_->prefix, PrefixEnd(cache_->prefix));
  return bytes / (kRowsPerChunk * row_bytes) + 1;
}

bool MemoryTable::RemoveExpiredStored(int64_t now_micros) {
  if (!has_stored()) return false;
  Cache& cache = *cache_;
  std::string from = std::exchange(cache.expiry_from, {});
  if (from.empty()) from = cache.prefix;
  const std::unique_ptr<RowCursor> cursor = cache.store->Scan(from, PrefixEnd(cache.prefix));
  const size_t offset = *layout_.schema.updated_at_offset - kHashBytes - key_bytes;
  // Rows of before the state had a time to live: keys and values.
  std::vector<std::pair<std::string, std::string>> begun;
  StoredEntry entry;
  bool more = true;
  for (uint64_t i = 0; i < kRowsPerChunk; ++i) {
    const Result<bool> found = cursor->Next(&entry);
    if (!found) {
      static_cast<void>(cache.store->Fail(found.error()));
      return false;
    }
    more = *found;
    if (!more) break;
    cache.expiry_from = entry.key;
    if (entry.value.size() < offset + sizeof(int64_t)) continue;  // told when it is read
    const auto updated_at = LoadField<int64_t>(entry.value.data() + offset);
    if (updated_at == 0) {
      begun.emplace_back(entry.key, entry.value);
      StoreField(begun.back().second.data() + offset, now_micros);
    } else if (IsExpired(updated_at, now_micros, layout_.ttl_micros)) {
      // A newer one may be in memory, and is written again when it leaves.
      cache.store->DeleteLater(std::string(entry.key));
    }
  }
  if (more) {
    cache.expiry_from += '\0';
  } else {
    cache.expiry_from.clear();
  }
  if (begun.empty()) return more;
  std::vector<StoredEntry> entries;
  for (const auto& [key, value] : begun) {
    if (!cache.store->is_deleted(key)) entries.push_back({key, value});
  }
  return cache.store->Write(entries) && more;
}

void MemoryTable::DropStored() {
  if (cache_ == nullptr || !cache_->has_stored) return;
  cache_->store->DeleteRangeLater(cache_->prefix, PrefixEnd(cache_->prefix));
  cache_->has_stored = false;
}

void MemoryTable::AdoptStored() {
  cache_->has_stored = true;
  cache_->is_complete = false;
  GiveUpLeft();
}

}  // namespace flinkc
