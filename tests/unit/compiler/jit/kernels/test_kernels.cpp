#include "tests/unit/compiler/jit/kernels/test_kernels.h"

#include "runtime/abi/row_error.h"

extern "C" {

double pow(double, double);
int getppid();

int32_t test_add_i64(int64_t a, int64_t b, int64_t* out) {
  if (__builtin_add_overflow(a, b, out)) {
    return static_cast<int32_t>(flinkc::RowStatus::kIntegerOverflow);
  }
  return 0;
}

int8_t test_twice_i8(int8_t a) { return static_cast<int8_t>(a * 2); }

bool test_both(bool a, bool b) { return a && b; }

double test_scale(double a, double x, double y) { return a * x + y; }

float test_half(float a) { return a / 2; }

void test_add_i128(const __int128* a, const __int128* b, __int128* out) {
  unsigned __int128 x, y;
  __builtin_memcpy(&x, reinterpret_cast<const char*>(a), sizeof(x));
  __builtin_memcpy(&y, reinterpret_cast<const char*>(b), sizeof(y));
  x += y;
  __builtin_memcpy(reinterpret_cast<char*>(out), &x, sizeof(x));
}

void test_divide_i128(const __int128* a, const __int128* b, __int128* out) {
  __int128 x, y;
  __builtin_memcpy(&x, reinterpret_cast<const char*>(a), sizeof(x));
  __builtin_memcpy(&y, reinterpret_cast<const char*>(b), sizeof(y));
  x = y == 0 ? 0 : x / y;
  __builtin_memcpy(reinterpret_cast<char*>(out), &x, sizeof(x));
}

double test_power(double base, double exponent) { return pow(base, exponent); }

bool test_equal_bytes(const char* a, const char* b, int64_t bytes) {
  return __builtin_memcmp(a, b, static_cast<size_t>(bytes)) == 0;
}

uint32_t test_high_bits(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

int32_t test_find_or_insert(flinkc::KeyedTable* table, uint64_t hash, const char* key,
                            uint32_t key_bytes, char** row) {
  return static_cast<int32_t>(flinkc::FindOrInsert(table, hash, key, key_bytes, row));
}

int64_t test_unlisted(int64_t value) { return value + getppid(); }
}
