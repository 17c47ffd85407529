// Values of any length in one StateBlob, each once, with what is known of it beside it.
// Freestanding.
//
// A value is its bytes. Values keep the order in which they came, at 8-byte boundaries; up to 8 are
// found by looking at each, more by an open-addressing index before them:
//
//   u32 count, u32 index_slots, u32 values_bytes, u32 idle
//   u32 index[index_slots]        0, or 1 + a value's offset / 8 from the first
//   {u32 bytes, u32 hash, u64 words[…], the bytes, zeros up to 8}…
//
// What the words mean is their owner's; so is which values are idle, which means that they may be
// forgotten, and to count them.
#pragma once

#include "runtime/abi/hash.h"
#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {

class ValueSet {
 public:
  struct Value {
    uint32_t bytes;
    uint32_t hash;
  };

  // `words`: how many of each value; always the same for one blob.
  ValueSet(StateBlob* blob, uint32_t words) : blob_(blob), words_(words) {}

  static uint32_t HashOf(const char* value, uint32_t bytes) {
    return static_cast<uint32_t>(HashBytes(value, bytes));
  }

  bool is_empty() const { return blob_->size == 0 || header()->count == 0; }
  uint32_t count() const { return blob_->size == 0 ? 0 : header()->count; }
  // Its owner counts here what it may forget.
  uint32_t& idle() { return header()->idle; }
  // Whether so much is idle that a Compact pays for itself.
  bool WastesSpace() const {
    constexpr uint32_t kIdleMin = 16;
    return blob_->size != 0 && header()->idle >= kIdleMin && header()->idle * 2 > header()->count;
  }

  // An entry is addressed by its offset from the first one, which Insert and Compact may move.
  char* At(uint32_t offset) const { return values() + offset; }
  uint64_t* Words(uint32_t offset) const {
    return reinterpret_cast<uint64_t*>(At(offset) + sizeof(Value));
  }
  Value ValueAt(uint32_t offset) const {
    Value value;
    __builtin_memcpy(&value, At(offset), sizeof(value));
    return value;
  }
  const char* BytesAt(uint32_t offset) const {
    return At(offset) + sizeof(Value) + words_ * sizeof(uint64_t);
  }
  uint32_t OffsetOf(const uint64_t* words) const {
    return static_cast<uint32_t>(reinterpret_cast<const char*>(words) - sizeof(Value) - values());
  }

  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t Find(const char* value, uint32_t bytes, uint32_t hash) const {
    if (blob_->size == 0) return kNone;
    if (header()->index_slots != 0) {
      const uint32_t slot = *FindSlot(value, bytes, hash);
      return slot == 0 ? kNone : (slot - 1) * 8;
    }
    for (uint32_t offset = 0; offset < header()->values_bytes; offset = Behind(offset)) {
      if (IsValue(offset, value, bytes, hash)) return offset;
    }
    return kNone;
  }

  // Adds a value that is not there, its words 0. kNone: no memory, and nothing has changed.
  uint32_t Insert(StateHeap* heap, const char* value, uint32_t bytes, uint32_t hash) {
    const uint64_t entry = EntryBytes(bytes);
    if (!MakeRoom(heap, entry)) return kNone;
    const uint32_t offset = header()->values_bytes;
    if (header()->index_slots != 0) *FindSlot(value, bytes, hash) = offset / 8 + 1;
    char* to = At(offset);
    const Value head{bytes, hash};
    __builtin_memset(to, 0, entry);
    __builtin_memcpy(to, &head, sizeof(head));
    __builtin_memcpy(to + sizeof(head) + words_ * sizeof(uint64_t), value, bytes);
    header()->values_bytes += static_cast<uint32_t>(entry);
    ++header()->count;
    blob_->size += static_cast<uint32_t>(entry);
    return offset;
  }

  // The first entry at or behind `offset`; kNone: there is none.
  uint32_t From(uint32_t offset) const {
    return blob_->size != 0 && offset < header()->values_bytes ? offset : kNone;
  }
  uint32_t Behind(uint32_t offset) const {
    return offset + static_cast<uint32_t>(EntryBytes(ValueAt(offset).bytes));
  }

  // Forgets the values of whose words keep(words) is false; then none is idle.
  template <typename Keep>
  void Compact(Keep keep) {
    if (blob_->size == 0) return;
    uint32_t to = 0, kept = 0;
    for (uint32_t offset = 0; offset < header()->values_bytes;) {
      const uint32_t next = Behind(offset);
      if (keep(Words(offset))) {
        if (to != offset) __builtin_memmove(At(to), At(offset), next - offset);
        to += next - offset;
        ++kept;
      }
      offset = next;
    }
    header()->count = kept;
    header()->values_bytes = to;
    header()->idle = 0;
    blob_->size = static_cast<uint32_t>(values() + to - blob_->data);
    FillIndex();
  }

 private:
  struct Header {
    uint32_t count;
    uint32_t index_slots;  // a power of two, or 0
    uint32_t values_bytes;
    uint32_t idle;
  };
  static constexpr uint32_t kScannedMax = 8;
  static constexpr uint32_t kIndexSlotsMin = 32;

  Header* header() const { return reinterpret_cast<Header*>(blob_->data); }
  uint32_t* index() const { return reinterpret_cast<uint32_t*>(blob_->data + sizeof(Header)); }
  char* values() const {
    return blob_->data + sizeof(Header) + header()->index_slots * sizeof(uint32_t);
  }
  uint64_t EntryBytes(uint64_t bytes) const {
    return sizeof(Value) + words_ * sizeof(uint64_t) + (bytes + 7) / 8 * 8;
  }
  bool IsValue(uint32_t offset, const char* value, uint32_t bytes, uint32_t hash) const {
    const Value head = ValueAt(offset);
    return head.bytes == bytes && head.hash == hash &&
           __builtin_memcmp(BytesAt(offset), value, bytes) == 0;
  }

  // The slot of the value, or the empty one where it belongs.
  uint32_t* FindSlot(const char* value, uint32_t bytes, uint32_t hash) const {
    const uint32_t mask = header()->index_slots - 1;
    for (uint32_t slot = hash & mask;; slot = (slot + 1) & mask) {
      uint32_t& place = index()[slot];
      if (place == 0 || IsValue((place - 1) * 8, value, bytes, hash)) return &place;
    }
  }

  void FillIndex() {
    const uint32_t slots = header()->index_slots;
    if (slots == 0) return;
    __builtin_memset(index(), 0, slots * sizeof(uint32_t));
    for (uint32_t offset = 0; offset < header()->values_bytes; offset = Behind(offset)) {
      uint32_t slot = ValueAt(offset).hash & (slots - 1);
      while (index()[slot] != 0) slot = (slot + 1) & (slots - 1);
      index()[slot] = offset / 8 + 1;
    }
  }

  // Moves the values and makes an index of `slots` slots before them.
  bool Reindex(StateHeap* heap, uint32_t slots) {
    const uint64_t size =
        blob_->size + (uint64_t{slots} - header()->index_slots) * sizeof(uint32_t);
    if (!GrowTo(heap, blob_, size)) return false;
    const char* before = values();
    header()->index_slots = slots;
    __builtin_memmove(values(), before, header()->values_bytes);
    blob_->size = static_cast<uint32_t>(size);
    FillIndex();
    return true;
  }

  // Room for one more value of `entry` bytes, with an index where one is due. False: no memory.
  bool MakeRoom(StateHeap* heap, uint64_t entry) {
    if (blob_->size == 0) {
      if (!GrowTo(heap, blob_, sizeof(Header) + entry)) return false;
      __builtin_memset(blob_->data, 0, sizeof(Header));
      blob_->size = sizeof(Header);
    }
    const uint32_t count = header()->count, slots = header()->index_slots;
    if (count >= kScannedMax && slots == 0) {
      if (!Reindex(heap, kIndexSlotsMin)) return false;
    } else if (slots != 0 && count >= slots / 2) {
      if (slots > UINT32_MAX / 8 || !Reindex(heap, slots * 2)) return false;
    }
    return GrowTo(heap, blob_, blob_->size + entry);
  }

  StateBlob* const blob_;
  const uint32_t words_;
};

}  // namespace flinkc
