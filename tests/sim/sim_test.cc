// Many seeds, each a run of its own. WARDPULSE_SIM_SEED, WARDPULSE_SIM_SEEDS and WARDPULSE_SIM_EVENTS choose which.
#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/log.h"
#include "tests/sim/simulation.h"

namespace wardpulse::sim {
namespace {

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* given = std::getenv(name);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}
const std::uint64_t kFirstSeed = number_of("WARDPULSE_SIM_SEED", 1);
const std::uint64_t kSeeds = number_of("WARDPULSE_SIM_SEEDS", 20);
const int kEvents = static_cast<int>(number_of("WARDPULSE_SIM_EVENTS", 120));

std::string shown(const Report& report) {
  std::string text;
  for (const auto& violation : report.violations) text += violation + "\n";
  return text;
}

TEST(Simulation, WhateverHappensTheTopicsSayWhatTheLogSays) {
  log_setup("sim", false, LogLevel::kError); // what it warns of is what happens here all the time
  Report sum;
  std::uint64_t trace = 0;
  for (auto seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
    const auto report = simulate(seed, kEvents);
    ASSERT_TRUE(report.violations.empty())
        << shown(report) << "seed " << seed << "; again: WARDPULSE_SIM_SEED=" << seed << " WARDPULSE_SIM_SEEDS=1 WARDPULSE_SIM_EVENTS="
        << kEvents << " build/bin/test_sim";
    trace = trace * 31 + report.trace;
    sum.crashes += report.crashes;
    sum.sleepers += report.sleepers;
    sum.rebalances += report.rebalances;
    sum.damages += report.damages;
    sum.states_compared += report.states_compared;
    sum.records += report.records;
  }
  std::printf("%llu seeds from %llu: %lld records, %d crashes, %d sleepers, %d rebalances, %d damaged checkpoints, %d states compared, trace %016llx\n",
              static_cast<unsigned long long>(kSeeds), static_cast<unsigned long long>(kFirstSeed), static_cast<long long>(sum.records),
              sum.crashes, sum.sleepers, sum.rebalances, sum.damages, sum.states_compared, static_cast<unsigned long long>(trace));
  if (kSeeds < 20) return;
  EXPECT_GT(sum.crashes, 0);
  EXPECT_GT(sum.sleepers, 0);
  EXPECT_GT(sum.damages, 0);
  EXPECT_GT(sum.states_compared, 0);
}

TEST(Simulation, TheSameSeedGivesTheSameTrace) {
  log_setup("sim", false, LogLevel::kError);
  const auto events = std::min(kEvents, 300);
  for (auto seed = kFirstSeed; seed < kFirstSeed + 5; ++seed) {
    const auto first = simulate(seed, events), second = simulate(seed, events);
    EXPECT_EQ(first.trace, second.trace) << "seed " << seed;
    EXPECT_NE(first.trace, simulate(seed + 1'000'000, events).trace);
  }
}

} // namespace
} // namespace wardpulse::sim
