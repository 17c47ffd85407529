// The hash of keys is frozen: these are the examples of docs/hash.md, computed by another program.
#include "runtime/abi/hash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>

#include "runtime/abi/engine_kernels.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/check.h"

// Runtime calls that kernels of the same file make, and hashing does not.
extern "C" {
void flinkc_rt_grow_arena(flinkc::KernelContext*, int64_t) { CHECK(false); }
int32_t flinkc_rt_insert_row(flinkc::KeyedTable*, uint64_t, const char*, char**) { CHECK(false); }
void flinkc_rt_touch_row(flinkc::KeyedTable*, uint64_t) {}
void flinkc_rt_reset_row(flinkc::KeyedTable*, char*) {}
bool flinkc_rt_own_key(flinkc::KeyedTable*, char*) { CHECK(false); }
}

namespace flinkc {
namespace {

uint64_t HashText(std::string_view text) {
  const StringValue value = MakeStringValue(text);
  return flinkc_hash_view(&value);
}

uint64_t HashDecimal(__int128 unscaled) { return flinkc_hash_decimal(&unscaled); }

constexpr __int128 kTenTo20 = static_cast<__int128>(10'000'000'000) * 10'000'000'000;

TEST(Hash, OfNumbers) {
  EXPECT_EQ(flinkc_hash_integer(0), 0xE220A8397B1DCDAFull);
  EXPECT_EQ(flinkc_hash_integer(-1), 0xE4D971771B652C20ull);
  EXPECT_EQ(flinkc_hash_double(1.5), 0xD6DAB18E1392608Aull);
}

// As docs/hash.md defines it, byte by byte, of every length that has a way of its own.
TEST(Hash, OfTextOfEveryLength) {
  std::string text;
  for (uint32_t size = 0; size <= 40; ++size) {
    uint64_t hash = kHashSeed ^ size;
    uint64_t word = 0;
    for (uint32_t i = 0; i < size; ++i) {
      word |= uint64_t{static_cast<unsigned char>(text[i])} << (8 * (i % 8));
      if (i % 8 != 7) continue;
      hash = MixHash(hash ^ word) * 0x9FB21C651E98DF25ull;
      word = 0;
    }
    EXPECT_EQ(HashText(text), MixHash(hash ^ word)) << size;
    text.push_back(static_cast<char>(0xC0 + 7 * size));
  }
}

TEST(Hash, OfDoublesThatAreEqualAsKeys) {
  EXPECT_EQ(flinkc_hash_double(-0.0), 0xE220A8397B1DCDAFull);
  EXPECT_EQ(flinkc_hash_double(0.0), flinkc_hash_double(-0.0));
  EXPECT_EQ(flinkc_hash_double(std::nan("")), 0xC72971D82E15BB46ull);
  EXPECT_EQ(flinkc_hash_double(-std::nan("7")), 0xC72971D82E15BB46ull);
}

TEST(Hash, OfDecimalsDoesNotDependOnTheirWidth) {
  EXPECT_EQ(HashDecimal(1234), 0xBB0CF61B2F181CDBull);
  EXPECT_EQ(HashDecimal(1234), flinkc_hash_integer(1234));
  EXPECT_EQ(HashDecimal(INT64_MIN), flinkc_hash_integer(INT64_MIN));
  EXPECT_EQ(HashDecimal(kTenTo20), 0xF824E0768CDE043Aull);
  EXPECT_EQ(HashDecimal(-kTenTo20), 0xA677D17DE2E18E4Aull);
}

TEST(Hash, OfText) {
  EXPECT_EQ(HashText(""), 0xE220A8397B1DCDAFull);
  EXPECT_EQ(HashText("JFK"), 0xCF6F53F1E6BE7BD1ull);
  EXPECT_EQ(HashText("12345678"), 0xEFA0CD54074CF2D7ull);
  EXPECT_EQ(HashText("abcdefghijklmnopqrstuvwxyz"), 0xC802D28D2E0E5742ull);
  EXPECT_NE(HashText("a"), HashText(std::string_view("a\0", 2)));
}

TEST(Hash, OfSeveralColumns) {
  EXPECT_EQ(flinkc_hash_combine(HashText("JFK"), flinkc_hash_integer(1)), 0xB0DBE0EFBD876E21ull);
  EXPECT_EQ(flinkc_hash_combine(kHashSeed, flinkc_hash_integer(1)), 0x3C858BB3357959A2ull);
}

TEST(Hash, GivesTheKeyGroupAndItsOwner) {
  // With as many channels as key groups the channel is the key group.
  EXPECT_EQ(flinkc_channel_of(HashText("JFK"), 128, 128), 103u);
  EXPECT_EQ(flinkc_channel_of(HashDecimal(kTenTo20), 128, 128), 124u);
  EXPECT_EQ(flinkc_channel_of(HashText("JFK"), 128, 4), 103u * 4 / 128);
  EXPECT_EQ(flinkc_channel_of(0, 128, 4), 0u);
  EXPECT_EQ(flinkc_channel_of(UINT64_MAX, 128, 4), 3u);
  EXPECT_EQ(flinkc_channel_of(UINT64_MAX, 32768, 10000), 9999u);
}

}  // namespace
}  // namespace flinkc
