#include "runtime/state/entry_batch.h"

#include <algorithm>
#include <cstring>

#include "runtime/abi/keyed_table.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

void EntryBatch::Add(const char* row) {
  Place place{};
  std::memcpy(&place.hash, row, sizeof(place.hash));
  place.key = bytes_.size();
  bytes_ += prefix_;
  AppendStoredKey(layout_, place.hash, row + KeyedTable::kHashBytes, &bytes_);
  place.value = bytes_.size();
  AppendStoredValue(layout_, row, &bytes_);
  place.end = bytes_.size();
  places_.push_back(place);
}

std::span<const StoredEntry> EntryBatch::Sorted() {
  const auto key = [this](const Place& place) {
    return std::string_view(bytes_.data() + place.key, place.value - place.key);
  };
  std::ranges::sort(places_, [&](const Place& a, const Place& b) {
    return a.hash != b.hash ? a.hash < b.hash : key(a) < key(b);
  });
  entries_.clear();
  entries_.reserve(places_.size());
  for (const Place& place : places_) {
    entries_.push_back({key(place), {bytes_.data() + place.value, place.end - place.value}});
  }
  return entries_;
}

void EntryBatch::Clear() {
  bytes_.clear();
  places_.clear();
  entries_.clear();
}

}  // namespace flinkc
