// Kernels of the tests: one of each kind of signature that real kernels have.
#pragma once

#include <cstdint>

#include "runtime/abi/keyed_table.h"

extern "C" {
int32_t test_add_i64(int64_t a, int64_t b, int64_t* out);  // a RowStatus; fails on overflow
int8_t test_twice_i8(int8_t a);
bool test_both(bool a, bool b);
double test_scale(double a, double x, double y);            // a * x + y, in two roundings
float test_half(float a);
void test_add_i128(const __int128* a, const __int128* b, __int128* out);
void test_divide_i128(const __int128* a, const __int128* b, __int128* out);  // calls __divti3
double test_power(double base, double exponent);            // calls libm
bool test_equal_bytes(const char* a, const char* b, int64_t bytes);
uint32_t test_high_bits(uint64_t value);                    // an unsigned result
int32_t test_find_or_insert(flinkc::KeyedTable* table, uint64_t hash, const char* key,
                            uint32_t key_bytes, char** row);
int64_t test_unlisted(int64_t value);                       // calls a symbol nobody lists
}
