// Random plans over random data: machine code, the interpreter and a plain evaluation agree. What
// fails is made as small as possible and shown as a golden job.
//
//   FLINKC_PROPERTY_SEED=7      only the plan of this seed
//   FLINKC_PROPERTY_SHOW=1      it is shown as a golden job, and not run
//   FLINKC_PROPERTY_SECONDS=60  other plans each time, for so long
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>

#include "tests/property/check_plan.h"
#include "tests/property/random_plan.h"
#include "tests/property/shrink.h"

namespace flinkc::property {
namespace {

constexpr uint64_t kPlans = 40;
constexpr int kShrinkAttempts = 1'500;
// Of one plan; longer than any takes on a slow machine.
constexpr unsigned kSecondsMax = 300;

std::optional<uint64_t> Environment(const char* name) {
  const char* given = std::getenv(name);
  if (given == nullptr) return std::nullopt;
  return std::strtoull(given, nullptr, 10);
}

// What a plan that ends the process leaves behind.
char last_words[64];

void SayWhichSeed(int signal) {
  const ssize_t ignored = write(STDERR_FILENO, last_words, std::strlen(last_words));
  static_cast<void>(ignored);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

class RandomPlanTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fmt::format("{}/property_{}", testing::TempDir(), getpid());
    for (const int signal : {SIGABRT, SIGSEGV, SIGALRM}) std::signal(signal, SayWhichSeed);
  }
  void TearDown() override {
    alarm(0);
    std::filesystem::remove_all(directory_);
  }

  // FALSE: the plan of this seed fails.
  bool Holds(uint64_t seed) {
    *fmt::format_to_n(last_words, sizeof(last_words) - 1, "\nFLINKC_PROPERTY_SEED={}\n", seed).out =
        '\0';
    alarm(kSecondsMax);
    Chance chance(seed);
    const RandomPlan plan = DrawPlan(chance);
    const std::string wrong = CheckPlan(plan, directory_);
    if (wrong.empty()) return true;
    std::string shown = wrong;
    const std::vector<uint32_t> smallest =
        Shrink(chance.choices(), kShrinkAttempts, [&](const std::vector<uint32_t>& choices) {
          alarm(kSecondsMax);
          Chance again(choices);
          const std::string found = CheckPlan(DrawPlan(again), directory_);
          // Another failure is another bug.
          if (found.empty() || KindOf(found) != KindOf(wrong)) return false;
          shown = found;
          return true;
        });
    Chance again(smallest);
    ADD_FAILURE() << "FLINKC_PROPERTY_SEED=" << seed << "\n"
                  << shown << "\n"
                  << DrawPlan(again).AsGoldenJob();
    return false;
  }

 private:
  // How a failure begins, without what differs from plan to plan.
  static std::string KindOf(const std::string& failure) {
    std::string kind = failure.substr(0, failure.find_first_of(":0123456789"));
    const size_t code = failure.find("error[");
    if (code != std::string::npos) kind += failure.substr(code, 11);
    return kind;
  }

  std::string directory_;
};

TEST_F(RandomPlanTest, MachineCodeInterpreterAndPlainEvaluationAgree) {
  if (const std::optional<uint64_t> seed = Environment("FLINKC_PROPERTY_SEED")) {
    if (Environment("FLINKC_PROPERTY_SHOW")) {
      Chance chance(*seed);
      fmt::print("{}", DrawPlan(chance).AsGoldenJob());
      return;
    }
    Holds(*seed);
    return;
  }
  if (const std::optional<uint64_t> seconds = Environment("FLINKC_PROPERTY_SECONDS")) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(*seconds);
    std::random_device seeds;
    uint64_t count = 0;
    while (std::chrono::steady_clock::now() < end && Holds(seeds())) ++count;
    fmt::print(stderr, "{} random plans\n", count);
    return;
  }
  for (uint64_t seed = 1; seed <= kPlans && Holds(seed); ++seed) {
  }
}

// What the test of plans rests on: that a failing plan becomes small.
TEST(Shrink, FindsTheSmallestSequence) {
  std::vector<uint32_t> choices;
  for (uint32_t i = 0; i < 100; ++i) choices.push_back(i % 13);
  const auto fails = [](const std::vector<uint32_t>& candidate) {
    uint32_t sum = 0;
    for (const uint32_t choice : candidate) sum += choice > 6 ? choice : 0;
    return sum >= 20;
  };
  const std::vector<uint32_t> smallest = Shrink(choices, 10'000, fails);
  EXPECT_TRUE(fails(smallest));
  uint32_t sum = 0;
  for (const uint32_t choice : smallest) sum += choice;
  EXPECT_LE(smallest.size(), 3u);
  EXPECT_LE(sum, 21u);
}

}  // namespace
}  // namespace flinkc::property
