// The one 64-bit hash of keys, frozen with the snapshot format; docs/hash.md defines it for each
// type. key_group = (hash >> 32) * max_parallelism >> 32, so hash order is key-group order.
// Freestanding.
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/abi/short_bytes.h"
#include "runtime/abi/string_value.h"

namespace flinkc {

// Of NULL, and where a composite hash starts.
constexpr uint64_t kHashSeed = 0x9E3779B97F4A7C15ull;

// Full avalanche of 64 bits (the finalizer of MurmurHash3 with the constants of splitmix64).
inline uint64_t MixHash(uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9ull;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBull;
  x ^= x >> 31;
  return x;
}

// Folds the hash of one more key column into the hash of those before it.
inline uint64_t CombineHash(uint64_t hash, uint64_t column_hash) {
  return MixHash(hash * 0xD6E8FEB86659FD93ull + column_hash);
}

// BOOLEAN, integers, DATE, TIME, TIMESTAMP, INTERVAL: sign-extended to 64 bits, so that widening a
// key column keeps its hash.
inline uint64_t HashInteger(int64_t value) {
  return MixHash(static_cast<uint64_t>(value) + kHashSeed);
}

// FLOAT (widened) and DOUBLE: -0.0 as 0.0, every NaN as one.
inline uint64_t HashDouble(double value) {
  uint64_t bits;
  if (value == 0.0) value = 0.0;
  __builtin_memcpy(&bits, &value, 8);
  if (value != value) bits = 0x7FF8000000000000ull;
  return MixHash(bits + kHashSeed);
}

// STRING, BYTES and the flat bytes of ARRAY and ROW values.
inline uint64_t HashBytes(const char* data, uint32_t size) {
  uint64_t hash = kHashSeed ^ size;
  uint32_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, data + i, 8);
    hash = MixHash(hash ^ word) * 0x9FB21C651E98DF25ull;
  }
  uint64_t tail = 0;
  if (size < 8) {
    tail = LoadShortBytes(data, size);
  } else if (i < size) {
    __builtin_memcpy(&tail, data + size - 8, 8);  // the last bytes of it are new
    tail >>= 8 * (8 - (size - i));
  }
  return MixHash(hash ^ tail);
}

// HashBytes of a view; of an inline one without touching memory.
inline uint64_t HashView(const StringValue& value) {
  if (value.size > StringValue::kInlineBytes) [[unlikely]] {
    return HashBytes(value.pointer, value.size);
  }
  uint64_t words[2];
  __builtin_memcpy(words, &value, sizeof(words));
  uint64_t hash = kHashSeed ^ value.size;
  const uint64_t first = words[0] >> 32 | words[1] << 32;
  if (value.size < 8) return MixHash(hash ^ first);
  hash = MixHash(hash ^ first) * 0x9FB21C651E98DF25ull;
  return MixHash(hash ^ words[1] >> 32);
}

}  // namespace flinkc
