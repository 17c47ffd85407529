#include "runtime/data/record_batch.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr size_t kCacheLine = 64;

size_t Padded(size_t bytes) { return (bytes + 2 * kCacheLine - 1) & ~(kCacheLine - 1); }

}  // namespace

RecordBatch::RecordBatch(const Schema& schema, int32_t capacity, bool row_kinds, bool key_hashes,
                         MemoryPool* pool)
    : pool_(pool) {
  DCHECK(capacity > 0 && capacity <= kRowsMax);
  const size_t rows = static_cast<size_t>(capacity);
  const size_t validity_bytes = Padded((rows + 63) / 64 * sizeof(uint64_t));
  size_t bytes = kCacheLine;  // what aligning the start may cost
  for (const Field& field : schema) {
    bytes += Padded(rows * ByteWidth(field.type.physical()));
    if (field.type.nullable()) bytes += validity_bytes;
  }
  if (row_kinds) bytes += Padded(rows);
  if (key_hashes) bytes += Padded(rows * sizeof(uint64_t));
  if (pool_ != nullptr) pool_->ForceReserve(bytes);
  memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  memory_bytes_ = bytes;

  const uintptr_t start = reinterpret_cast<uintptr_t>(memory_.get());
  std::byte* cursor = memory_.get() + ((start + kCacheLine - 1) / kCacheLine * kCacheLine - start);
  const auto carve = [&cursor](size_t part_bytes) {
    std::byte* part = cursor;
    cursor += part_bytes;
    return part;
  };
  columns_.reserve(schema.size());
  for (const Field& field : schema) {
    ColumnBuffer column{};
    column.values = carve(Padded(rows * ByteWidth(field.type.physical())));
    if (field.type.nullable()) column.validity = reinterpret_cast<uint64_t*>(carve(validity_bytes));
    columns_.push_back(column);
  }
  layout_.columns = columns_.data();
  if (row_kinds) layout_.row_kinds = reinterpret_cast<uint8_t*>(carve(Padded(rows)));
  if (key_hashes) {
    layout_.key_hashes = reinterpret_cast<uint64_t*>(carve(Padded(rows * sizeof(uint64_t))));
  }
  layout_.capacity = capacity;
}

RecordBatch::~RecordBatch() {
  if (pool_ != nullptr) pool_->Release(memory_bytes_);
}

void RecordBatch::KeepAlive(std::shared_ptr<const Arena> arena) {
  // From the back: most often it is the one that was attached last.
  for (size_t i = arenas_.size(); i > 0; --i) {
    if (arenas_[i - 1] == arena) return;
  }
  arenas_.push_back(std::move(arena));
}

void RecordBatch::Clear() {
  layout_.row_count = 0;
  arenas_.clear();
  origin_.reset();
  first_offset_ = 0;
  row_offsets_.clear();
}

// Batches that nobody holds. Outlives the pool as long as one of its batches is held.
struct BatchPool::Free {
  // More are given back to the system: what one burst needed is not kept for ever.
  static constexpr size_t kBatchesMax = 32;

  std::mutex mutex;
  std::vector<std::unique_ptr<RecordBatch>> batches;  // guarded by mutex

  void Return(RecordBatch* returned) {
    std::unique_ptr<RecordBatch> batch(returned);
    batch->Clear();
    std::lock_guard lock(mutex);
    if (batches.size() < kBatchesMax) batches.push_back(std::move(batch));
  }
};

BatchPool::BatchPool(Schema schema, bool row_kinds, bool key_hashes, MemoryPool* memory_pool,
                     int32_t capacity)
    : schema_(std::move(schema)),
      row_kinds_(row_kinds),
      key_hashes_(key_hashes),
      capacity_(capacity),
      memory_pool_(memory_pool),
      free_(std::make_shared<Free>()) {}

BatchPtr BatchPool::Take() {
  std::unique_ptr<RecordBatch> batch;
  {
    std::lock_guard lock(free_->mutex);
    if (!free_->batches.empty()) {
      // The last one returned is the one most likely still in a cache.
      batch = std::move(free_->batches.back());
      free_->batches.pop_back();
    }
  }
  if (batch == nullptr) {
    batch =
        std::make_unique<RecordBatch>(schema_, capacity_, row_kinds_, key_hashes_, memory_pool_);
  }
  return BatchPtr(batch.release(),
                  [free = free_](RecordBatch* returned) { free->Return(returned); });
}

void RecordBatch::MoveRow(const Schema& schema, int32_t from, int32_t to) {
  for (size_t column = 0; column < columns_.size(); ++column) {
    const size_t width = ByteWidth(schema[column].type.physical());
    char* values = static_cast<char*>(columns_[column].values);
    std::memcpy(values + static_cast<size_t>(to) * width,
                values + static_cast<size_t>(from) * width, width);
    uint64_t* validity = columns_[column].validity;
    if (validity == nullptr) continue;
    const uint64_t bit = uint64_t{1} << (to & 63);
    const bool valid = (validity[from >> 6] >> (from & 63) & 1) != 0;
    validity[to >> 6] = valid ? validity[to >> 6] | bit : validity[to >> 6] & ~bit;
  }
  if (layout_.row_kinds != nullptr) layout_.row_kinds[to] = layout_.row_kinds[from];
  if (layout_.key_hashes != nullptr) layout_.key_hashes[to] = layout_.key_hashes[from];
}

}  // namespace flinkc
