// Mini-batches: where the open batch of a port shows the groups of an aggregate, so that a group's
// next change is written over its last one instead of behind it. Freestanding.
//
// A group is known by the address of its state row and by the hash that the row begins with. Rows
// move, when others are removed or when they come back from a store, and the place of one may
// become another's. A hash has one slot, of the place that was noted last: a group that has moved
// is shown by a new row from then on, also if it comes back to where it was.
#pragma once

#include <cstdint>

#include "runtime/abi/batch_layout.h"

namespace flinkc {

// A row of an open batch that is taken out before the batch is handed on.
constexpr uint8_t kDroppedRow = 0xFF;

struct FoldSlot {
  const char* group;
  uint64_t hash;
  int32_t row;     // of the open batch: the group's +I or +U; -1: there is none any more
  uint32_t batch;  // FoldSlots::batch when it was written; another one: the slot is free
};

struct FoldSlots {
  FoldSlot* slots;
  uint64_t mask;       // slots - 1; there are at least twice as many as rows in a batch
  uint32_t batch;      // of the open batch, from 1
  uint32_t dropped;    // rows of it that are kDroppedRow
  uint32_t rewritten;  // 1: the current run has written over rows with views
};

// The slot of the hash, or the free one where it belongs.
inline FoldSlot* FindFoldSlot(const FoldSlots* fold, uint64_t hash) {
  for (uint64_t position = hash & fold->mask;; position = (position + 1) & fold->mask) {
    FoldSlot* slot = &fold->slots[position];
    if (slot->batch != fold->batch || slot->hash == hash) return slot;
  }
}

// What the group's state row begins with.
inline uint64_t FoldHashOf(const char* group) {
  uint64_t hash;
  __builtin_memcpy(&hash, group, sizeof(hash));
  return hash;
}

// The row of the open batch that shows the group as it is; -1: none does.
inline int64_t FindFoldedRow(const FoldSlots* fold, const char* group) {
  const FoldSlot* slot = FindFoldSlot(fold, FoldHashOf(group));
  return slot->batch == fold->batch && slot->group == group ? slot->row : -1;
}

inline void NoteFoldedRow(FoldSlots* fold, const char* group, int64_t row) {
  const uint64_t hash = FoldHashOf(group);
  *FindFoldSlot(fold, hash) = {group, hash, static_cast<int32_t>(row), fold->batch};
}

// The group, which `row` shows, has no result any more: an insertion of this batch never was; an
// update becomes a deletion of what was there before. `sends_old`: -U stands before each +U, if not
// in the batch before.
inline void DropFoldedRow(FoldSlots* fold, BatchLayout* batch, const char* group, int64_t row,
                          bool sends_old) {
  uint8_t* kinds = batch->row_kinds;
  FindFoldSlot(fold, FoldHashOf(group))->row = -1;
  const bool is_update = kinds[row] == static_cast<uint8_t>(RowKind::kUpdateAfter);
  if (is_update && !sends_old) {
    kinds[row] = static_cast<uint8_t>(RowKind::kDelete);
    return;
  }
  if (is_update && row > 0) kinds[row - 1] = static_cast<uint8_t>(RowKind::kDelete);
  kinds[row] = kDroppedRow;
  ++fold->dropped;
}

}  // namespace flinkc
