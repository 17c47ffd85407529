// Writes ARRAY, ROW and MAP values in their flat form (runtime/abi/nested_value.h) into one block
// of the output arena. Freestanding.
#pragma once

#include "runtime/abi/nested_value.h"
#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

constexpr uint32_t kViewSlotBytes = 8;

class ArrayBuilder {
 public:
  // An array of `count` NULLs, with room for `text_bytes` bytes of its views. Arrays of 4 GiB are
  // not representable; `is_valid` is false then.
  ArrayBuilder(KernelContext* context, uint64_t count, uint32_t slot_bytes, uint64_t text_bytes) {
    const uint64_t slots_at = sizeof(NestedHeader) + (count + 63) / 64 * 8;
    const uint64_t fixed = slots_at + count * slot_bytes;
    const uint64_t total = fixed + text_bytes;
    is_valid_ = total <= UINT32_MAX;
    if (!is_valid_) return;
    base_ = AllocateBytes(context, static_cast<uint32_t>(total));
    __builtin_memset(base_, 0, fixed);
    header_ = {static_cast<uint32_t>(count), slot_bytes};
    __builtin_memcpy(base_, &header_, sizeof(header_));
    slots_at_ = static_cast<uint32_t>(slots_at);
    size_ = static_cast<uint32_t>(fixed);
  }

  bool is_valid() const { return is_valid_; }

  // Elements are set in the order of slots, each at most once.
  void SetText(uint32_t slot, const char* text, uint32_t bytes) {
    const uint32_t range[2] = {size_, bytes};
    __builtin_memcpy(Slot(slot), range, sizeof(range));
    if (bytes != 0) __builtin_memcpy(base_ + size_, text, bytes);
    size_ += bytes;
    SetValid(slot);
  }
  void SetFixed(uint32_t slot, const void* value) {
    __builtin_memcpy(Slot(slot), value, header_.slot_bytes);
    SetValid(slot);
  }
  // Element `from` of an array of the same type, NULL or not.
  void Copy(uint32_t slot, const NestedReader& array, uint32_t from, bool is_text) {
    if (array.IsNull(from)) return;
    if (!is_text) return SetFixed(slot, array.Slot(from));
    uint32_t range[2];
    __builtin_memcpy(range, array.Slot(from), sizeof(range));
    SetText(slot, array.base + range[0], range[1]);
  }

  StringValue Finish() const { return MakeStringValue(base_, size_); }
  // The same slots as those of a MAP: keys and values by turns.
  StringValue FinishMap() {
    header_.count /= 2;
    __builtin_memcpy(base_, &header_, sizeof(header_));
    return Finish();
  }

 private:
  char* Slot(uint32_t slot) {
    return base_ + slots_at_ + static_cast<uint64_t>(slot) * header_.slot_bytes;
  }
  void SetValid(uint32_t slot) {
    base_[sizeof(NestedHeader) + slot / 8] |= static_cast<char>(1 << (slot % 8));
  }

  char* base_ = nullptr;
  NestedHeader header_{};
  uint32_t slots_at_ = 0;
  uint32_t size_ = 0;
  bool is_valid_ = false;
};

}  // namespace flinkc
