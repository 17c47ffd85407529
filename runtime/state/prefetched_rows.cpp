#include "runtime/state/prefetched_rows.h"

#include <algorithm>
#include <bit>

namespace flinkc {

void PrefetchedRows::Add(uint64_t hash, std::string_view key) {
  Row row;
  row.hash = hash;
  row.key = keys_.size();
  row.key_bytes = key.size();
  keys_ += key;
  rows_.push_back(row);
}

Status PrefetchedRows::Fetch(RowStore& store) {
  std::ranges::sort(rows_, [this](const Row& a, const Row& b) { return KeyOf(a) < KeyOf(b); });
  const auto same = std::ranges::unique(
      rows_, [this](const Row& a, const Row& b) { return KeyOf(a) == KeyOf(b); });
  rows_.erase(same.begin(), same.end());
  sorted_.clear();
  for (const Row& row : rows_) sorted_.push_back(KeyOf(row));
  RETURN_IF_ERROR(store.GetAll(sorted_, [this](size_t i, std::string_view value) {
    rows_[i].found = true;
    rows_[i].value = values_.size();
    rows_[i].value_bytes = value.size();
    values_ += value;
  }));
  slots_.assign(std::bit_ceil(2 * rows_.size() + 1), 0);
  for (size_t i = 0; i < rows_.size(); ++i) {
    size_t slot = rows_[i].hash & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<uint32_t>(i + 1);
  }
  return {};
}

bool PrefetchedRows::Take(uint64_t hash, std::string_view key, bool* found, std::string* value) {
  if (rows_.empty()) return false;
  for (size_t slot = hash & (slots_.size() - 1); slots_[slot] != 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    Row& row = rows_[slots_[slot] - 1];
    if (row.hash != hash || KeyOf(row) != key) continue;
    if (row.taken) return false;
    row.taken = true;
    *found = row.found;
    value->assign(values_, row.value, row.value_bytes);
    return true;
  }
  return false;
}

void PrefetchedRows::Clear() {
  rows_.clear();
  keys_.clear();
  values_.clear();
}

}  // namespace flinkc
