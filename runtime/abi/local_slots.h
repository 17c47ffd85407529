// Local aggregates: which row of the open batches of a port has the accumulators of a group, so
// that the group's next row is added to them instead of being written itself. Freestanding.
//
// The first row of a group passes as it is; from the second one on that comes while its batch is
// open, the group has a row with accumulators. A slot is taken by whichever group came last.
#pragma once

#include <cstdint>

namespace flinkc {

struct LocalSlot {
  uint64_t hash;   // of the group's key
  int64_t slice;   // of its windows; 0: it has none
  int32_t row;     // of the channel's open batch; -1: the group has passed once
  uint32_t batch;  // the channel's, when the slot was written
};

struct LocalSlots {
  LocalSlot* slots;
  uint64_t mask;      // slots - 1
  uint32_t* batches;  // by channel: the number of its open batch, from 1
  // Of those that stop where they do not pay.
  uint32_t adaptive;
  int64_t rows;    // looked at since it was last asked whether that pays
  int64_t merged;  // of these, into the accumulators of an earlier one
  int64_t pause;   // rows of input that are still to pass
  int64_t next_pause;
};

// What is to be done with a row that no row with accumulators takes.
constexpr int64_t kLocalPass = -2;
constexpr int64_t kLocalBegin = -1;  // it begins one

// It pays if of so many rows all but one are merged: a row that crosses within a process costs
// little more than one that is merged (docs/performance.md).
constexpr int64_t kLocalPays = 16;
constexpr int64_t kLocalSample = 8'192;
constexpr int64_t kLocalPauseMin = 32 * kLocalSample;
constexpr int64_t kLocalPauseMax = 512 * kLocalSample;

// Whether the next `rows` rows of input are to be looked at.
inline bool BeginLocal(LocalSlots* local, int64_t rows) {
  if (local->adaptive == 0) return true;
  if (local->pause > 0) {
    local->pause -= rows;
    return false;
  }
  if (local->rows < kLocalSample) return true;
  const bool pays = (local->rows - local->merged) * kLocalPays <= local->rows;
  local->rows = 0;
  local->merged = 0;
  if (pays) {
    local->next_pause = kLocalPauseMin;
    return true;
  }
  local->pause = local->next_pause - rows;
  if (local->next_pause < kLocalPauseMax) local->next_pause *= 2;
  return false;
}

inline LocalSlot* LocalSlotOf(const LocalSlots* local, uint64_t hash, int64_t slice) {
  constexpr uint64_t kSpread = 0x9E37'79B9'7F4A'7C15;
  const uint64_t position = hash ^ (static_cast<uint64_t>(slice) * kSpread >> 32);
  return &local->slots[position & local->mask];
}

// The row of the channel's open batch with the group's accumulators, or kLocalPass or kLocalBegin.
// Groups may share a hash: whether the row is the group's is to be seen by its key.
inline int64_t FindLocalRow(LocalSlots* local, uint64_t hash, int64_t slice, uint32_t channel) {
  ++local->rows;
  LocalSlot* slot = LocalSlotOf(local, hash, slice);
  const uint32_t batch = local->batches[channel];
  const bool is_group = slot->hash == hash && slot->slice == slice;
  if (is_group && slot->batch == batch) {
    if (slot->row < 0) return kLocalBegin;
    ++local->merged;
    return slot->row;
  }
  // A group that had such a row in the batch before begins one at once.
  if (is_group && slot->row >= 0) return kLocalBegin;
  *slot = {hash, slice, -1, batch};
  return kLocalPass;
}

// The group, which is to begin one, has its accumulators in `row` of the channel's open batch.
inline void NoteLocalRow(LocalSlots* local, uint64_t hash, int64_t slice, uint32_t channel,
                         int64_t row) {
  *LocalSlotOf(local, hash, slice) = {hash, slice, static_cast<int32_t>(row),
                                      local->batches[channel]};
}

}  // namespace flinkc
