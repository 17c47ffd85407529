#include "runtime/state/keyed_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/state/row_codec.h"
#include "runtime/state/state_store.h"

namespace flinkc {

namespace {

constexpr uint32_t kDoubledBytesMax = 64 * 1024;

}  // namespace

bool AreRowsValid(const StateSchema& schema, std::string_view blob) {
  const RowCodec codec(schema.rows);
  const size_t header_bytes = schema.kind == StateKind::kMultiset ? 8 : 4;
  while (!blob.empty()) {
    if (blob.size() < header_bytes) return false;
    uint32_t header[2] = {0, 1};
    std::memcpy(header, blob.data(), header_bytes);
    blob.remove_prefix(header_bytes);
    if (header[0] > blob.size() || header[1] == 0) return false;
    if (!codec.IsValid(blob.substr(0, header[0]))) return false;
    blob.remove_prefix(header[0]);
  }
  return true;
}

std::unexpected<Error> KeyedRows::NoRoom() const {
  if (table_.has_store() && table_.store_error()) return std::unexpected(*table_.store_error());
  return MakeError(ErrorCode::kMemoryLimit,
                   fmt::format("no memory for the rows of the state `{}`; raise "
                               "`taskmanager.memory.process.size`",
                               table_.layout().state_id));
}

KeyedRows::Entry KeyedRows::EntryAt(const StateBlob& blob, uint32_t at) const {
  uint32_t header[2] = {0, 1};
  std::memcpy(header, blob.data + at, header_bytes());
  return {{blob.data + at + header_bytes(), header[0]}, header[1], header_bytes() + header[0]};
}

Status KeyedRows::FindOrMake(const StateKey& key, int64_t now, char** row) {
  const ProbeResult probed = FindOrInsert(&table_, key.hash, key.bytes, table_.key_bytes, row);
  if (probed == ProbeResult::kMemoryLimit) return NoRoom();
  if (schema_.updated_at_offset) {
    RenewRow(&table_, *row, probed, *schema_.updated_at_offset, now, table_.layout().ttl_micros);
  }
  return {};
}

Status KeyedRows::Find(const StateKey& key, int64_t now, char** row) {
  *row = nullptr;
  if (!table_.has_store() && table_.Find(key.hash, key.bytes) == nullptr) return {};
  char* found = nullptr;
  switch (FindOrInsert(&table_, key.hash, key.bytes, table_.key_bytes, &found)) {
    case ProbeResult::kMemoryLimit:
      return NoRoom();
    case ProbeResult::kInserted:
      return Clear(key);
    case ProbeResult::kFound:
      break;
  }
  if (HasExpired(found, now)) return Clear(key);
  *row = found;
  return {};
}

bool KeyedRows::HasExpired(const char* row, int64_t now) const {
  if (!schema_.updated_at_offset) return false;
  int64_t updated_at;
  std::memcpy(&updated_at, row + *schema_.updated_at_offset, sizeof(updated_at));
  return IsExpired(updated_at, now, table_.layout().ttl_micros);
}

Result<RowsOfKey> KeyedRows::Read(const StateKey& key, int64_t now) {
  const char* row = nullptr;
  if (table_.has_store()) {
    char* found = nullptr;
    RETURN_IF_ERROR(Find(key, now, &found));
    row = found;
  } else {
    // Not to be written to: its chunk stays as it is.
    row = table_.Find(key.hash, key.bytes);
    if (row != nullptr && HasExpired(row, now)) row = nullptr;
  }
  if (row == nullptr) return RowsOfKey();
  StateBlob blob;
  std::memcpy(&blob, row + schema_.rows_offset, sizeof(blob));
  return RowsOfKey({blob.data, blob.size}, header_bytes());
}

Status KeyedRows::Clear(const StateKey& key) {
  char* found = nullptr;
  // What is only in the store comes to memory, to be removed in both.
  if (table_.has_store() && FindOrInsert(&table_, key.hash, key.bytes, table_.key_bytes, &found) ==
                                ProbeResult::kMemoryLimit) {
    return NoRoom();
  }
  if (const auto row = table_.NumberOf(key.hash, key.bytes)) table_.Remove(*row);
  return {};
}

Status KeyedRows::Reserve(StateBlob* blob, uint32_t bytes) {
  if (uint64_t{blob->size} + bytes <= blob->capacity) return {};
  // Lists that grow double while they are small: rows that move are memory that is not at hand.
  const uint32_t room = std::max(bytes, std::min(blob->capacity, kDoubledBytesMax));
  return ReserveMore(table_.heap, blob, room) ? Status() : NoRoom();
}

Status KeyedRows::AppendEntry(StateBlob* blob, size_t bytes, uint32_t count, char** to) {
  const uint32_t header[2] = {static_cast<uint32_t>(bytes), count};
  const uint32_t entry_bytes = header_bytes() + header[0];
  RETURN_IF_ERROR(Reserve(blob, entry_bytes));
  std::memcpy(blob->data + blob->size, header, header_bytes());
  *to = blob->data + blob->size + header_bytes();
  blob->size += entry_bytes;
  return {};
}

Status KeyedRows::AppendEntry(StateBlob* blob, std::string_view row, uint32_t count) {
  char* to = nullptr;
  RETURN_IF_ERROR(AppendEntry(blob, row.size(), count, &to));
  std::memcpy(to, row.data(), row.size());
  return {};
}

Status KeyedRows::Assign(const StateKey& key, std::span<const std::string_view> rows, int64_t now) {
  char* found = nullptr;
  if (rows.empty()) {
    RETURN_IF_ERROR(Find(key, now, &found));
    return found == nullptr ? Status() : Clear(key);
  }
  assigned_.clear();
  for (const std::string_view row : rows) {
    const auto size = static_cast<uint32_t>(row.size());
    assigned_.append(reinterpret_cast<const char*>(&size), sizeof(size));
    assigned_.append(row);
  }
  RETURN_IF_ERROR(FindOrMake(key, now, &found));
  StateBlob* blob = BlobOf(found);
  blob->size = 0;
  if (!ReserveMore(table_.heap, blob, static_cast<uint32_t>(assigned_.size()))) return NoRoom();
  std::memcpy(blob->data, assigned_.data(), assigned_.size());
  blob->size = static_cast<uint32_t>(assigned_.size());
  return {};
}

Status KeyedRows::OpenEntry(StateBlob* blob, uint32_t at, uint32_t end, size_t bytes, char** to) {
  blob->size = std::min(blob->size, end);
  const uint32_t entry_bytes = header_bytes() + static_cast<uint32_t>(bytes);
  RETURN_IF_ERROR(Reserve(blob, entry_bytes));
  char* const entry = blob->data + at;
  std::memmove(entry + entry_bytes, entry, blob->size - at);
  const uint32_t header[2] = {static_cast<uint32_t>(bytes), 1};
  std::memcpy(entry, header, header_bytes());
  blob->size += entry_bytes;
  *to = entry + header_bytes();
  return {};
}

Status KeyedRows::ReplaceAt(const StateKey& key, uint32_t at, std::string_view row, int64_t now) {
  char* found = nullptr;
  RETURN_IF_ERROR(FindOrMake(key, now, &found));
  StateBlob* blob = BlobOf(found);
  const Entry old = EntryAt(*blob, at);
  const auto bytes = static_cast<uint32_t>(row.size());
  const uint64_t grown = uint64_t{blob->size} - old.bytes + header_bytes() + bytes;
  if (grown > blob->size &&
      !ReserveMore(table_.heap, blob, static_cast<uint32_t>(grown - blob->size))) {
    return NoRoom();
  }
  char* const entry = blob->data + at;
  std::memmove(entry + header_bytes() + bytes, entry + old.bytes, blob->size - at - old.bytes);
  std::memcpy(entry, &bytes, sizeof(bytes));
  std::memcpy(entry + header_bytes(), row.data(), bytes);
  blob->size = static_cast<uint32_t>(grown);
  return {};
}

Status KeyedRows::RemoveAt(const StateKey& key, uint32_t at, int64_t now) {
  char* found = nullptr;
  RETURN_IF_ERROR(FindOrMake(key, now, &found));
  StateBlob* blob = BlobOf(found);
  const uint32_t bytes = EntryAt(*blob, at).bytes;
  std::memmove(blob->data + at, blob->data + at + bytes, blob->size - at - bytes);
  blob->size -= bytes;
  return blob->size == 0 ? Clear(key) : Status();
}

Status KeyedRows::RemoveFirst(const StateKey& key, size_t count, int64_t now) {
  char* found = nullptr;
  RETURN_IF_ERROR(Find(key, now, &found));
  if (found == nullptr) return {};
  StateBlob* blob = BlobOf(found);
  uint32_t bytes = 0;
  for (size_t i = 0; i < count && bytes < blob->size; ++i) bytes += EntryAt(*blob, bytes).bytes;
  if (bytes == blob->size) return Clear(key);
  std::memmove(blob->data, blob->data + bytes, blob->size - bytes);
  blob->size -= bytes;
  return {};
}

Result<int64_t> KeyedRows::Change(const StateKey& key, std::string_view row, int64_t delta,
                                  int64_t now, uint32_t note_bytes) {
  char* found = nullptr;
  RETURN_IF_ERROR(FindOrMake(key, now, &found));
  StateBlob* blob = BlobOf(found);
  const auto compared = [note_bytes](std::string_view bytes) {
    return bytes.substr(0, bytes.size() - note_bytes);
  };
  const std::string_view wanted = compared(row);
  uint32_t at = 0;
  Entry entry;
  for (; at < blob->size; at += entry.bytes) {
    entry = EntryAt(*blob, at);
    if (compared(entry.row) == wanted) break;
  }
  const bool is_there = at < blob->size;
  const int64_t before = is_there ? int64_t{entry.count} : 0;
  const int64_t count = std::clamp<int64_t>(before + delta, 0, UINT32_MAX);
  if (count > 0 && is_there) {
    const auto stored = static_cast<uint32_t>(count);
    std::memcpy(blob->data + at + sizeof(uint32_t), &stored, sizeof(stored));
  } else if (count > 0) {
    RETURN_IF_ERROR(AppendEntry(blob, row, static_cast<uint32_t>(count)));
  } else if (is_there) {
    std::memmove(blob->data + at, blob->data + at + entry.bytes, blob->size - at - entry.bytes);
    blob->size -= entry.bytes;
  }
  if (blob->size == 0) RETURN_IF_ERROR(Clear(key));
  return count;
}

}  // namespace flinkc
