// Values of any type as the bytes by which accumulators keep them. Freestanding.
#pragma once

#include "stdlib-operators/kernels/comparison.h"
#include "stdlib-operators/kernels/state_text.h"

namespace flinkc {

inline double Canonical(double value) { return value == 0.0 ? 0.0 : CanonicalNan(value); }
inline float Canonical(float value) { return value == 0.0f ? 0.0f : CanonicalNan(value); }
template <typename T>
T Canonical(T value) {
  return value;
}

// The bytes of an argument: equal values have equal ones.
template <typename A>
struct ArgumentBytes {
  explicit ArgumentBytes(A a) : value(Canonical(a)) {}
  const char* data() const { return reinterpret_cast<const char*>(&value); }
  uint32_t size() const { return sizeof(A); }
  A value;
};
template <>
struct ArgumentBytes<const Int128*> {
  explicit ArgumentBytes(const Int128* a) : value(a) {}
  const char* data() const { return reinterpret_cast<const char*>(value); }
  uint32_t size() const { return sizeof(Int128); }
  const Int128* value;
};
template <>
struct ArgumentBytes<const StringValue*> {
  explicit ArgumentBytes(const StringValue* a) : value(a) {}
  const char* data() const { return value->data(); }
  uint32_t size() const { return value->size; }
  const StringValue* value;
};

// Values given back from their bytes; T is what a result is.
template <typename T>
T LoadBytes(const char* bytes) {
  T value;
  __builtin_memcpy(&value, bytes, sizeof(value));
  return value;
}
template <typename T>
int32_t GiveBytes(KernelContext* context, const char* bytes, uint32_t size, T* out) {
  __builtin_memcpy(reinterpret_cast<char*>(out), bytes, sizeof(T));
  return kKernelOk;
}
inline int32_t GiveBytes(KernelContext* context, const char* bytes, uint32_t size,
                         StringValue* out) {
  return GiveCopy(context, bytes, size, out);
}

}  // namespace flinkc
