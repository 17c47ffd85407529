#include "stdlib-operators/kernels/sketch.h"

#include "stdlib-operators/kernels/native/math.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {
namespace {

void SetRegister(char* registers, uint64_t hash) {
  const uint64_t rest = hash << kSketchBits | uint64_t{1} << (kSketchBits - 1);
  const auto rank = static_cast<char>(__builtin_clzll(rest) + 1);
  char& at = registers[hash >> (64 - kSketchBits)];
  if (at < rank) at = rank;
}

// From kept hashes to registers.
int32_t MakeDense(StateHeap* heap, SketchState* state) {
  uint64_t hashes[kSmallSketch];
  const uint32_t bytes = state->sketch.size;
  if (bytes != 0) __builtin_memcpy(hashes, state->sketch.data, bytes);
  if (kSketchRegisters > state->sketch.capacity &&
      !flinkc_rt_grow_blob(heap, &state->sketch, kSketchRegisters)) {
    return Failure(RowStatus::kMemoryLimit);
  }
  __builtin_memset(state->sketch.data, 0, kSketchRegisters);
  state->sketch.size = kSketchRegisters;
  state->dense = true;
  for (uint32_t i = 0; i < bytes / sizeof(uint64_t); ++i)
    SetRegister(state->sketch.data, hashes[i]);
  return kKernelOk;
}

double Sigma(double x) {
  if (x == 1.0) return __builtin_inf();
  double y = 1.0, z = x, before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

double Tau(double x) {
  if (x == 0.0 || x == 1.0) return 0.0;
  double y = 1.0, z = 1.0 - x, before;
  do {
    x = flinkc_native_sqrt_f64(x);
    before = z;
    y *= 0.5;
    z -= (1.0 - x) * (1.0 - x) * y;
  } while (z != before);
  return z / 3.0;
}

}  // namespace

int32_t AddToSketch(StateHeap* heap, SketchState* state, uint64_t hash) {
  if (!state->dense) {
    const uint32_t count = state->sketch.size / sizeof(uint64_t);
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t kept;
      __builtin_memcpy(&kept, state->sketch.data + i * sizeof(kept), sizeof(kept));
      if (kept == hash) return kKernelOk;
    }
    if (count < kSmallSketch) {
      return AppendBytes(heap, &state->sketch, reinterpret_cast<const char*>(&hash), sizeof(hash));
    }
    const int32_t status = MakeDense(heap, state);
    if (status != kKernelOk) return status;
  }
  SetRegister(state->sketch.data, hash);
  return kKernelOk;
}

int32_t MergeSketch(StateHeap* heap, SketchState* into, const SketchState* from) {
  if (!from->dense) {
    for (uint32_t offset = 0; offset < from->sketch.size; offset += sizeof(uint64_t)) {
      uint64_t hash;
      __builtin_memcpy(&hash, from->sketch.data + offset, sizeof(hash));
      const int32_t status = AddToSketch(heap, into, hash);
      if (status != kKernelOk) return status;
    }
    return kKernelOk;
  }
  if (!into->dense) {
    const int32_t status = MakeDense(heap, into);
    if (status != kKernelOk) return status;
  }
  for (uint32_t i = 0; i < kSketchRegisters; ++i) {
    if (into->sketch.data[i] < from->sketch.data[i]) into->sketch.data[i] = from->sketch.data[i];
  }
  return kKernelOk;
}

int64_t EstimateSketch(const SketchState& state) {
  if (!state.dense) return state.sketch.size / sizeof(uint64_t);
  uint32_t histogram[kSketchRankMax + 1] = {};
  for (uint32_t i = 0; i < kSketchRegisters; ++i) {
    ++histogram[static_cast<unsigned char>(state.sketch.data[i])];
  }
  constexpr double kRegisters = kSketchRegisters;
  double z = kRegisters * Tau(1.0 - histogram[kSketchRankMax] / kRegisters);
  for (uint32_t rank = kSketchRankMax - 1; rank >= 1; --rank) z = 0.5 * (z + histogram[rank]);
  z += kRegisters * Sigma(histogram[0] / kRegisters);
  constexpr double kAlpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  return static_cast<int64_t>(kAlpha * kRegisters * kRegisters / z + 0.5);
}

}  // namespace flinkc
