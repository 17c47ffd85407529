// Seeds of the simulation. To look at one that fails:
//
//   FLINKC_SIMULATION_SEED=<seed> build/release/tests/simulation/flinkc_simulation_test
//
// which prints what it drew and the last lines of what happened. FLINKC_SIMULATION_SEEDS says how
// many are run, FLINKC_SIMULATION_FIRST_SEED from which on, and FLINKC_SIMULATION_MUTATION plants a
// bug (the number of a Mutation).
#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace flinkc {
namespace {

constexpr size_t kTraceLines = 400;
constexpr int kViolationsMax = 5;  // told of in one run

std::optional<uint64_t> NumberInEnvironment(const char* name) {
  const char* given = std::getenv(name);
  if (given == nullptr) return std::nullopt;
  return std::strtoull(given, nullptr, 10);
}

std::string Describe(uint64_t seed, const RunResult& result) {
  return fmt::format(
      "seed {}: {}\n{}trace {:016x} after {} events, {} checkpoints, {} crashes, {} kills, {} "
      "starts, {} rescales, {} failovers of parts; to replay: FLINKC_SIMULATION_SEED={}\n",
      seed, result.violation.value_or("holds"), result.options, result.trace_hash, result.events,
      result.completed, result.crashes, result.kills, result.starts, result.rescales,
      result.failovers, seed);
}

TEST(Simulation, InvariantsHoldWhateverFails) {
  if (const auto seed = NumberInEnvironment("FLINKC_SIMULATION_SEED")) {
    const auto mutation =
        static_cast<Mutation>(NumberInEnvironment("FLINKC_SIMULATION_MUTATION").value_or(0));
    const RunResult result = Simulation(*seed, kTraceLines, mutation).Run();
    fmt::print("{}\n{}", result.trace, Describe(*seed, result));
    EXPECT_FALSE(result.violation) << *result.violation;
    return;
  }
  const uint64_t seeds = NumberInEnvironment("FLINKC_SIMULATION_SEEDS").value_or(300);
  uint64_t completed = 0, crashes = 0, kills = 0, events = 0, rescales = 0, failovers = 0;
  const uint64_t first = NumberInEnvironment("FLINKC_SIMULATION_FIRST_SEED").value_or(0);
  int violations = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    const RunResult result = Simulation(seed, 0).Run();
    if (result.violation) {
      ADD_FAILURE() << Describe(seed, result);
      if (++violations == kViolationsMax) return;
    }
    completed += result.completed;
    crashes += result.crashes;
    kills += result.kills;
    events += result.events;
    rescales += result.rescales;
    failovers += result.failovers;
  }
  fmt::print(
      "{} seeds: {} events, {} checkpoints, {} crashes, {} kills, {} rescales, {} failovers\n",
      seeds, events, completed, crashes, kills, rescales, failovers);
  // The world is no desert: much succeeds and much fails.
  EXPECT_GT(completed, seeds * 3);
  EXPECT_GT(crashes, seeds);
  EXPECT_GT(kills, seeds);
  EXPECT_GT(rescales, seeds / 4);
  EXPECT_GT(failovers, seeds / 8);
}

// Whoever checks is checked: each bug is found.
TEST(Simulation, PlantedBugsAreFound) {
  constexpr uint64_t kSeedsMax = 1'000;
  for (const Mutation mutation : kMutations) {
    std::optional<std::string> violation;
    uint64_t seed = 0;
    for (; seed < kSeedsMax && !violation; ++seed) {
      violation = Simulation(seed, 0, mutation).Run().violation;
    }
    EXPECT_TRUE(violation) << Name(mutation) << " was not found";
    fmt::print("{}: seed {}: {}\n", Name(mutation), seed - 1, violation.value_or("not found"));
  }
}

TEST(Simulation, ASeedGivesTheSameRunTwice) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const RunResult first = Simulation(seed, 0).Run();
    const RunResult second = Simulation(seed, kTraceLines).Run();
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.events, second.events);
  }
}

}  // namespace
}  // namespace flinkc
