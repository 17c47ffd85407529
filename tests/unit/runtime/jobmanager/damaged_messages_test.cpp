// A JobManager outlives whatever is said to it; tests/fuzz/messages looks for more.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/fuzz/damage_messages.h"

namespace flinkc {
namespace {

TEST(DamagedMessages, AreSurvived) {
  std::mt19937 random(7);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(200 + random() % 800, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    SCOPED_TRACE(i);
    MessageDamage(bytes).Run();
  }
}

}  // namespace
}  // namespace flinkc
