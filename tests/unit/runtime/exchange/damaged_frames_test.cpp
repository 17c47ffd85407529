// What tests/fuzz/frames does for hours, with random bytes for a second.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/fuzz/damage_frames.h"

namespace flinkc {
namespace {

TEST(DamagedFrames, GiveRowsThatCanBeReadOrAnError) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 4000; ++round) {
    std::string bytes(random() % 200, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    FrameDamage(bytes).Run();
  }
}

}  // namespace
}  // namespace flinkc
