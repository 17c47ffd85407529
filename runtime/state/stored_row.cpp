#include "runtime/state/stored_row.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "runtime/abi/keyed_table.h"
#include "runtime/state/field_access.h"

namespace flinkc {

namespace {

void AppendBigEndian(uint64_t value, std::string* out) {
  value = __builtin_bswap64(value);
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

uint64_t OrderedTime(int64_t time) { return static_cast<uint64_t>(time) ^ (uint64_t{1} << 63); }

std::unexpected<Error> Corrupt(const StateLayout& layout, std::string_view what) {
  return MakeError(ErrorCode::kCorrupt,
                   fmt::format("a stored row of the state `{}`: {}", layout.state_id, what));
}

uint32_t AccumulatorsOffset(const StateLayout& layout) {
  return KeyedTable::kHashBytes + layout.key_bytes;
}

}  // namespace

std::string StoredPrefix(uint16_t state_number, bool windowed, const SliceKey& slice) {
  std::string prefix;
  prefix += static_cast<char>(state_number >> 8);
  prefix += static_cast<char>(state_number & 0xFF);
  if (windowed) {
    AppendBigEndian(OrderedTime(slice.slice_end), &prefix);
    AppendBigEndian(OrderedTime(slice.level), &prefix);
  }
  return prefix;
}

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

std::string StoredHashBegin(std::string_view prefix, uint64_t hash) {
  std::string key(prefix);
  AppendBigEndian(hash, &key);
  return key;
}

void AppendStoredKey(const StateLayout& layout, uint64_t hash, const char* key, std::string* out) {
  AppendBigEndian(hash, out);
  const size_t start = out->size();
  out->append(key, layout.key_bytes);
  for (const uint32_t offset : layout.key_view_offsets) {
    const auto view = LoadField<StringValue>(key + offset);
    if (view.size <= StringValue::kInlineBytes) continue;
    StringValue bare = view;
    bare.pointer = nullptr;
    StoreField(out->data() + start + offset, bare);
    out->append(view.pointer, view.size);
  }
}

void AppendStoredValue(const StateLayout& layout, const char* row, std::string* out) {
  const uint32_t from = AccumulatorsOffset(layout);
  const size_t start = out->size();
  out->append(row + from, layout.row_bytes - from);
  for (const uint32_t offset : layout.blob_offsets) {
    const auto blob = LoadField<StateBlob>(row + offset);
    StoreField(out->data() + start + (offset - from), StateBlob{nullptr, blob.size, blob.size});
    if (blob.size != 0) out->append(blob.data, blob.size);
  }
}

Status LoadStoredValue(const StateLayout& layout, std::string_view value, StateHeap* heap,
                       char* row) {
  const uint32_t from = AccumulatorsOffset(layout);
  const size_t fixed = layout.row_bytes - from;
  if (value.size() < fixed) return Corrupt(layout, "it is too short");
  std::memcpy(row + from, value.data(), fixed);
  if (layout.blob_offsets.empty()) {
    if (value.size() != fixed) return Corrupt(layout, "it is too long");
    return {};
  }
  size_t at = fixed;
  // Nothing in the row may look like a block of the heap before it is one.
  for (const uint32_t offset : layout.blob_offsets) StoreField(row + offset, StateBlob{});
  for (const uint32_t offset : layout.blob_offsets) {
    const auto stored = LoadField<StateBlob>(value.data() + (offset - from));
    if (stored.size == 0) continue;
    if (stored.size > value.size() - at) return Corrupt(layout, "an accumulator lacks bytes");
    StateBlob blob{};
    if (!heap->GrowBlob(&blob, stored.size)) {
      return MakeError(ErrorCode::kMemoryLimit,
                       fmt::format("no memory for a row of the state `{}`", layout.state_id));
    }
    std::memcpy(blob.data, value.data() + at, stored.size);
    blob.size = stored.size;
    at += stored.size;
    StoreField(row + offset, blob);
  }
  if (at != value.size()) return Corrupt(layout, "it is too long");
  return {};
}

Status ReadStoredRow(const StateLayout& layout, std::string_view key, std::string_view value,
                     char* row) {
  if (key.size() < sizeof(uint64_t) + layout.key_bytes) return Corrupt(layout, "its key is short");
  StoreField(row, __builtin_bswap64(LoadField<uint64_t>(key.data())));
  key.remove_prefix(sizeof(uint64_t));
  std::memcpy(row + KeyedTable::kHashBytes, key.data(), layout.key_bytes);
  size_t at = layout.key_bytes;
  for (const uint32_t offset : layout.key_view_offsets) {
    const auto view = LoadField<StringValue>(key.data() + offset);
    if (view.size <= StringValue::kInlineBytes) continue;
    if (view.size > key.size() - at) return Corrupt(layout, "its key lacks bytes");
    StoreField(row + KeyedTable::kHashBytes + offset, MakeStringValue(key.data() + at, view.size));
    at += view.size;
  }
  if (at != key.size()) return Corrupt(layout, "its key is long");

  const uint32_t from = AccumulatorsOffset(layout);
  const size_t fixed = layout.row_bytes - from;
  if (value.size() < fixed) return Corrupt(layout, "it is too short");
  std::memcpy(row + from, value.data(), fixed);
  at = fixed;
  for (const uint32_t offset : layout.blob_offsets) {
    auto blob = LoadField<StateBlob>(value.data() + (offset - from));
    if (blob.size > value.size() - at) return Corrupt(layout, "an accumulator lacks bytes");
    // Nobody writes through it: the table copies the bytes.
    blob.data = blob.size == 0 ? nullptr : const_cast<char*>(value.data() + at);
    blob.capacity = blob.size;
    at += blob.size;
    StoreField(row + offset, blob);
  }
  if (at != value.size()) return Corrupt(layout, "it is too long");
  return {};
}

}  // namespace flinkc
