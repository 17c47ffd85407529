// Values in the order in which they came, in one StateBlob, of which any can be taken back: the
// oldest that is equal goes. All operations take constant time, on average. Freestanding.
//
//   u32 count, u32 index_slots, u32 values_bytes, u32 dead, u32 first, u32 last, u64 0
//   u32 index[index_slots]        of each different value the oldest one that is there
//   {an Entry, the prefix, the bytes, zeros up to 8}…
//
// Places are 1 + offset / 8 of an entry from the first; 0 is none. What is taken back stays as a
// dead entry until half of them are. A value may have a prefix (the separator of listagg), which
// counts when values are compared.
#pragma once

#include "runtime/abi/hash.h"
#include "runtime/abi/state_heap.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {

class ValueList {
 public:
  struct Bytes {
    const char* data;
    uint32_t size;
  };

  explicit ValueList(StateBlob* blob) : blob_(blob) {}

  uint32_t count() const { return blob_->size == 0 ? 0 : header()->count; }
  // Places of what is there, in order.
  uint32_t first() const { return blob_->size == 0 ? 0 : header()->first; }
  uint32_t last() const { return blob_->size == 0 ? 0 : header()->last; }
  uint32_t Behind(uint32_t place) const { return EntryAt(place)->behind; }
  Bytes PrefixAt(uint32_t place) const {
    const Entry* entry = EntryAt(place);
    return {reinterpret_cast<const char*>(entry + 1), entry->prefix_bytes};
  }
  Bytes ValueAt(uint32_t place) const {
    const Entry* entry = EntryAt(place);
    return {reinterpret_cast<const char*>(entry + 1) + entry->prefix_bytes,
            entry->bytes - entry->prefix_bytes};
  }

  // False: no memory, and nothing has changed.
  bool Add(StateHeap* heap, Bytes prefix, Bytes value) {
    const uint64_t bytes = uint64_t{prefix.size} + value.size;
    const uint64_t size = sizeof(Entry) + (bytes + 7) / 8 * 8;
    if (!MakeRoom(heap, size)) return false;
    auto* entry = reinterpret_cast<Entry*>(values() + header()->values_bytes);
    __builtin_memset(static_cast<void*>(entry), 0, size);
    entry->bytes = static_cast<uint32_t>(bytes);
    entry->prefix_bytes = prefix.size;
    entry->hash = HashOf(prefix, value);
    entry->is_live = 1;
    char* to = reinterpret_cast<char*>(entry + 1);
    if (prefix.size != 0) __builtin_memcpy(to, prefix.data, prefix.size);
    if (value.size != 0) __builtin_memcpy(to + prefix.size, value.data, value.size);
    const uint32_t place = header()->values_bytes / 8 + 1;
    header()->values_bytes += static_cast<uint32_t>(size);
    blob_->size += static_cast<uint32_t>(size);
    Link(place);
    return true;
  }

  // Takes the oldest that is equal; false: there is none.
  bool Remove(Bytes prefix, Bytes value) {
    if (count() == 0) return false;
    const uint32_t hash = HashOf(prefix, value);
    uint32_t place = 0;
    if (header()->index_slots != 0) {
      const uint32_t slot = FindSlot(prefix, value, hash);
      place = index()[slot];
      if (place == 0) return false;
      const uint32_t next = EntryAt(place)->next_same;
      if (next != 0) {
        EntryAt(next)->last_same = EntryAt(place)->last_same;
        index()[slot] = next;
      } else {
        EraseSlot(slot);
      }
    } else {
      place = header()->first;
      while (place != 0 && !IsEqual(place, prefix, value, hash)) place = Behind(place);
      if (place == 0) return false;
    }
    Entry* entry = EntryAt(place);
    (entry->before != 0 ? EntryAt(entry->before)->behind : header()->first) = entry->behind;
    (entry->behind != 0 ? EntryAt(entry->behind)->before : header()->last) = entry->before;
    entry->is_live = 0;
    --header()->count;
    ++header()->dead;
    if (header()->count == 0)
      blob_->size = 0;  // begins anew, in the memory it has
    else if (header()->dead >= kDeadMin && header()->dead > header()->count)
      Compact();
    return true;
  }

 private:
  struct Header {
    uint32_t count;
    uint32_t index_slots;  // a power of two, or 0
    uint32_t values_bytes;
    uint32_t dead;
    uint32_t first;
    uint32_t last;
    uint64_t reserved;
  };
  struct Entry {
    uint32_t bytes;  // with the prefix
    uint32_t hash;
    uint32_t next_same;  // the next equal one
    uint32_t last_same;  // of the oldest: the youngest equal one
    uint32_t before;
    uint32_t behind;
    uint32_t prefix_bytes;
    uint32_t is_live;
  };
  static constexpr uint32_t kScannedMax = 8;
  static constexpr uint32_t kIndexSlotsMin = 32;
  static constexpr uint32_t kDeadMin = 16;

  Header* header() const { return reinterpret_cast<Header*>(blob_->data); }
  uint32_t* index() const { return reinterpret_cast<uint32_t*>(blob_->data + sizeof(Header)); }
  char* values() const {
    return blob_->data + sizeof(Header) + header()->index_slots * sizeof(uint32_t);
  }
  Entry* EntryAt(uint32_t place) const {
    return reinterpret_cast<Entry*>(values() + uint64_t{place - 1} * 8);
  }
  static uint32_t SizeOf(const Entry* entry) {
    return static_cast<uint32_t>(sizeof(Entry)) + (entry->bytes + 7) / 8 * 8;
  }
  static uint32_t HashOf(Bytes prefix, Bytes value) {
    const uint64_t hash = HashBytes(value.data, value.size);
    return static_cast<uint32_t>(
        prefix.size == 0 ? hash : CombineHash(hash, HashBytes(prefix.data, prefix.size)));
  }
  bool IsEqual(uint32_t place, Bytes prefix, Bytes value, uint32_t hash) const {
    const Entry* entry = EntryAt(place);
    if (entry->hash != hash || entry->prefix_bytes != prefix.size ||
        entry->bytes != uint64_t{prefix.size} + value.size) {
      return false;
    }
    const char* bytes = reinterpret_cast<const char*>(entry + 1);
    return (prefix.size == 0 || __builtin_memcmp(bytes, prefix.data, prefix.size) == 0) &&
           (value.size == 0 || __builtin_memcmp(bytes + prefix.size, value.data, value.size) == 0);
  }

  uint32_t FindSlot(Bytes prefix, Bytes value, uint32_t hash) const {
    const uint32_t mask = header()->index_slots - 1;
    uint32_t slot = hash & mask;
    while (index()[slot] != 0 && !IsEqual(index()[slot], prefix, value, hash)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  // Leaves no gap between where a place belongs and where it stands.
  void EraseSlot(uint32_t gap) {
    const uint32_t mask = header()->index_slots - 1;
    for (uint32_t slot = (gap + 1) & mask; index()[slot] != 0; slot = (slot + 1) & mask) {
      const uint32_t home = EntryAt(index()[slot])->hash & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      index()[gap] = index()[slot];
      gap = slot;
    }
    index()[gap] = 0;
  }

  // Puts a live entry behind all others.
  void Link(uint32_t place) {
    Entry* entry = EntryAt(place);
    entry->before = header()->last;
    entry->behind = entry->next_same = 0;
    entry->last_same = place;
    (entry->before != 0 ? EntryAt(entry->before)->behind : header()->first) = place;
    header()->last = place;
    ++header()->count;
    if (header()->index_slots == 0) return;
    const uint32_t slot = FindSlot(PrefixAt(place), ValueAt(place), entry->hash);
    const uint32_t oldest = index()[slot];
    if (oldest == 0) {
      index()[slot] = place;
      return;
    }
    EntryAt(EntryAt(oldest)->last_same)->next_same = place;
    EntryAt(oldest)->last_same = place;
  }

  // Links all live entries again, in their order.
  void LinkAll() {
    __builtin_memset(index(), 0, header()->index_slots * sizeof(uint32_t));
    header()->count = header()->first = header()->last = 0;
    for (uint32_t offset = 0; offset < header()->values_bytes;) {
      const Entry* entry = EntryAt(offset / 8 + 1);
      if (entry->is_live != 0) Link(offset / 8 + 1);
      offset += SizeOf(entry);
    }
  }

  // Closes the gaps of what is dead.
  void Compact() {
    uint32_t to = 0;
    for (uint32_t offset = 0; offset < header()->values_bytes;) {
      const Entry* entry = EntryAt(offset / 8 + 1);
      const uint32_t size = SizeOf(entry);
      if (entry->is_live != 0) {
        if (to != offset) __builtin_memmove(values() + to, values() + offset, size);
        to += size;
      }
      offset += size;
    }
    header()->values_bytes = to;
    header()->dead = 0;
    blob_->size = static_cast<uint32_t>(values() + to - blob_->data);
    LinkAll();
  }

  bool Reindex(StateHeap* heap, uint32_t slots) {
    const uint64_t size =
        blob_->size + (uint64_t{slots} - header()->index_slots) * sizeof(uint32_t);
    if (!GrowTo(heap, blob_, size)) return false;
    const char* before = values();
    header()->index_slots = slots;
    __builtin_memmove(values(), before, header()->values_bytes);
    blob_->size = static_cast<uint32_t>(size);
    LinkAll();
    return true;
  }

  // Room for an entry of `size` bytes, and an index where one is due. False: no memory.
  bool MakeRoom(StateHeap* heap, uint64_t size) {
    if (blob_->size == 0) {
      if (!GrowTo(heap, blob_, sizeof(Header) + size)) return false;
      __builtin_memset(blob_->data, 0, sizeof(Header));
      blob_->size = sizeof(Header);
    }
    const uint32_t slots = header()->index_slots;
    if (header()->count >= kScannedMax && slots == 0) {
      if (!Reindex(heap, kIndexSlotsMin)) return false;
    } else if (slots != 0 && header()->count >= slots / 2) {
      if (slots > UINT32_MAX / 8 || !Reindex(heap, slots * 2)) return false;
    }
    return GrowTo(heap, blob_, blob_->size + size);
  }

  StateBlob* const blob_;
};

}  // namespace flinkc
