#include "runtime/exchange/batch_codec.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "runtime/base/check.h"
#include "runtime/data/nested_check.h"

namespace flinkc {

namespace {

static_assert(std::endian::native == std::endian::little);

enum BatchFlag : uint8_t { kKeyHashes = 1, kRowKinds = 2 };

struct BatchHeader {
  uint32_t rows;
  uint16_t columns;
  uint8_t flags;
  uint8_t unused;
  uint64_t heap_bytes;
};
static_assert(sizeof(BatchHeader) == 16);

// Rows of the batches that are made: small ones, as of many channels, get small memory.
constexpr std::array<int32_t, 4> kCapacities = {64, 256, 1024, RecordBatch::kRowsMax};

constexpr size_t kPooledBytesMin = size_t{64} * 1024;
constexpr uint8_t kRowKindMax = static_cast<uint8_t>(RowKind::kDelete);

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, "a batch from a peer: " + std::move(message));
}

size_t BitmapBytes(size_t rows) { return (rows + 7) / 8; }

bool IsLong(const StringValue& view) { return view.size > StringValue::kInlineBytes; }

// Rows that follow each other often show the same bytes, such as a constant: once in the heap.
bool ShowsSame(const StringValue& a, const StringValue& b) {
  return a.pointer == b.pointer && a.size == b.size;
}

size_t LongViewBytes(const RecordBatch& batch, size_t column) {
  const StringValue* views = batch.Values<StringValue>(column);
  size_t bytes = 0;
  StringValue last{};
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    const StringValue& view = views[row];
    if (batch.IsNull(column, row) || !IsLong(view) || ShowsSame(view, last)) continue;
    bytes += view.size;
    last = view;
  }
  return bytes;
}

// Moves on by what it writes.
class Cursor {
 public:
  explicit Cursor(char* at) : at_(at) {}
  char* at() const { return at_; }
  void Put(const void* from, size_t bytes) {
    std::memcpy(at_, from, bytes);
    at_ += bytes;
  }

 private:
  char* at_;
};

void PutValidity(const uint64_t* validity, size_t rows, Cursor& cursor) {
  char* const start = cursor.at();
  cursor.Put(validity, BitmapBytes(rows));
  if (rows % 8 != 0) {
    char& last = start[rows / 8];
    last = static_cast<char>(last & ((1 << (rows % 8)) - 1));
  }
}

void PutViews(const RecordBatch& batch, size_t column, const char* heap, Cursor& values,
              Cursor& bytes) {
  const StringValue* views = batch.Values<StringValue>(column);
  StringValue last{};
  uint64_t last_offset = 0;
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    StringValue view = views[row];
    if (batch.IsNull(column, row)) {
      view = {};
    } else if (IsLong(view)) {
      if (!ShowsSame(view, last)) {
        last = view;
        last_offset = static_cast<uint64_t>(bytes.at() - heap);
        bytes.Put(view.pointer, view.size);
      }
      view.pointer = reinterpret_cast<const char*>(static_cast<uintptr_t>(last_offset));
    }
    values.Put(&view, sizeof(view));
  }
}

uint8_t AnyBits(const uint8_t* bytes, size_t count) {
  uint8_t bits = 0;
  for (size_t i = 0; i < count; ++i) bits |= bytes[i];
  return bits;
}

// The values of a NULL are anything.
bool AreBooleans(const RecordBatch& batch, size_t column) {
  const uint8_t* values = batch.Values<uint8_t>(column);
  if (AnyBits(values, static_cast<size_t>(batch.row_count())) <= 1) return true;
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    if (values[row] > 1 && !batch.IsNull(column, row)) return false;
  }
  return true;
}

// Equal texts have equal views: behind a short one stand zeros.
bool IsPadded(const StringValue& view) {
  unsigned __int128 bits;
  std::memcpy(&bits, &view, sizeof(bits));
  return bits >> 32 >> (8 * view.size) == 0;
}

// Makes the offsets of a column pointers into `heap`. False: a view is none, or shows what is not
// in the heap.
bool RebaseViews(RecordBatch& batch, const DataType& type, size_t column, const char* heap,
                 uint64_t heap_bytes) {
  StringValue* views = batch.Values<StringValue>(column);
  const bool nested = type.is_nested();
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    StringValue& view = views[row];
    if (batch.IsNull(column, row)) {
      view = {};
      continue;
    }
    if (IsLong(view)) {
      const auto offset = reinterpret_cast<uintptr_t>(view.pointer);
      if (offset > heap_bytes || view.size > heap_bytes - offset) return false;
      view = MakeStringValue(heap + offset, view.size);
    } else if (!IsPadded(view)) {
      return false;
    }
    if (nested && !IsNestedValid(type, view.view())) return false;
  }
  return true;
}

}  // namespace

void AppendBatch(const Schema& schema, const RecordBatch& batch, std::string* out) {
  const BatchLayout& layout = batch.layout();
  const auto rows = static_cast<size_t>(layout.row_count);
  BatchHeader header{static_cast<uint32_t>(rows), static_cast<uint16_t>(schema.size()), 0, 0, 0};
  size_t size = sizeof(header);
  if (layout.key_hashes != nullptr) {
    header.flags |= kKeyHashes;
    size += rows * sizeof(uint64_t);
  }
  if (layout.row_kinds != nullptr) {
    header.flags |= kRowKinds;
    size += rows;
  }
  for (size_t column = 0; column < schema.size(); ++column) {
    const DataType& type = schema[column].type;
    size += rows * ByteWidth(type.physical());
    if (type.nullable()) size += BitmapBytes(rows);
    if (type.is_view()) header.heap_bytes += LongViewBytes(batch, column);
  }
  const size_t start = out->size();
  // All of it is written below.
  const size_t end = start + size + header.heap_bytes;
  out->resize_and_overwrite(end, [end](char*, size_t) { return end; });
  Cursor cursor(out->data() + start);
  const char* const heap = cursor.at() + size;
  Cursor heap_cursor(cursor.at() + size);
  cursor.Put(&header, sizeof(header));
  if (layout.key_hashes != nullptr) cursor.Put(layout.key_hashes, rows * sizeof(uint64_t));
  if (layout.row_kinds != nullptr) {
    DCHECK(AnyBits(layout.row_kinds, rows) <= kRowKindMax);
    cursor.Put(layout.row_kinds, rows);
  }
  for (size_t column = 0; column < schema.size(); ++column) {
    const DataType& type = schema[column].type;
    if (type.nullable()) PutValidity(layout.columns[column].validity, rows, cursor);
    if (type.is_view()) {
      PutViews(batch, column, heap, cursor, heap_cursor);
    } else {
      cursor.Put(layout.columns[column].values, rows * ByteWidth(type.physical()));
    }
  }
}

BatchReader::BatchReader(const Schema& schema, bool row_kinds, bool key_hashes, MemoryPool* memory)
    : schema_(schema),
      row_kinds_(row_kinds),
      key_hashes_(key_hashes),
      memory_(memory),
      arenas_(memory) {
  for (const Field& field : schema_) {
    row_bytes_ += ByteWidth(field.type.physical());
    if (field.type.nullable()) ++nullable_count_;
  }
  for (const int32_t capacity : kCapacities) {
    pools_.push_back(std::make_unique<BatchPool>(schema_, row_kinds, key_hashes, memory, capacity));
  }
}

BatchPtr BatchReader::Take(uint32_t rows) {
  size_t pool = 0;
  while (static_cast<uint32_t>(kCapacities[pool]) < rows) ++pool;
  return pools_[pool]->Take();
}

// An arena that is used again has a large block, which few bytes should not keep.
std::shared_ptr<Arena> BatchReader::TakeArena(size_t bytes) {
  return bytes < kPooledBytesMin ? std::make_shared<Arena>(memory_) : arenas_.Take();
}

Result<BatchPtr> BatchReader::Read(std::string_view bytes) {
  BatchHeader header;
  if (bytes.size() < sizeof(header)) return Corrupt("shorter than its header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.rows > RecordBatch::kRowsMax) return Corrupt(fmt::format("{} rows", header.rows));
  if (header.columns != schema_.size()) {
    return Corrupt(fmt::format("{} columns, expected {}", header.columns, schema_.size()));
  }
  const bool has_hashes = (header.flags & kKeyHashes) != 0;
  const bool has_kinds = (header.flags & kRowKinds) != 0;
  if ((header.flags & ~(kKeyHashes | kRowKinds)) != 0 || header.unused != 0 ||
      (key_hashes_ && !has_hashes) || (row_kinds_ && !has_kinds)) {
    return Corrupt(fmt::format("flags {}", header.flags));
  }
  const size_t rows = header.rows;
  const size_t fixed_bytes = sizeof(header) + (has_hashes ? rows * sizeof(uint64_t) : 0) +
                             (has_kinds ? rows : 0) + rows * row_bytes_ +
                             nullable_count_ * BitmapBytes(rows);
  if (bytes.size() < fixed_bytes || bytes.size() - fixed_bytes != header.heap_bytes) {
    return Corrupt(fmt::format("{} bytes for {} rows and a heap of {}", bytes.size(), rows,
                               header.heap_bytes));
  }
  const BatchPtr batch = Take(header.rows);
  BatchLayout& layout = batch->layout();
  batch->set_row_count(static_cast<int32_t>(rows));
  const char* heap = nullptr;
  if (header.heap_bytes > 0) {
    std::shared_ptr<Arena> arena = TakeArena(header.heap_bytes);
    char* const copy = arena->Allocate(header.heap_bytes);
    std::memcpy(copy, bytes.data() + fixed_bytes, header.heap_bytes);
    batch->KeepAlive(std::move(arena));
    heap = copy;
  }
  const char* from = bytes.data() + sizeof(header);
  const auto get = [&from](void* to, size_t part_bytes) {
    if (to != nullptr) std::memcpy(to, from, part_bytes);
    from += part_bytes;
  };
  if (has_hashes) get(layout.key_hashes, rows * sizeof(uint64_t));
  if (has_kinds) {
    get(layout.row_kinds, rows);
    if (layout.row_kinds != nullptr && AnyBits(layout.row_kinds, rows) > kRowKindMax) {
      return Corrupt("a row kind");
    }
  }
  for (size_t column = 0; column < schema_.size(); ++column) {
    const DataType& type = schema_[column].type;
    if (type.nullable()) get(layout.columns[column].validity, BitmapBytes(rows));
    get(layout.columns[column].values, rows * ByteWidth(type.physical()));
    if (type.is_view() ? !RebaseViews(*batch, type, column, heap, header.heap_bytes)
                       : type.kind() == TypeKind::kBoolean && !AreBooleans(*batch, column)) {
      return Corrupt(fmt::format("a value of column {}", schema_[column].name));
    }
  }
  return batch;
}

}  // namespace flinkc
