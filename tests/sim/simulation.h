// One run: a hospital's log, a few consumer processes and a broker, and whatever can go wrong between them, all drawn from
// one seed. The same seed gives the same run, to the byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wardpulse::sim {

struct Report {
  std::uint64_t trace = 0;             // hash of all that was written and all that was done
  std::vector<std::string> violations; // empty: as it must be
  // How much happened: a run in which nothing goes wrong proves nothing.
  int crashes = 0, sleepers = 0, rebalances = 0, damages = 0, states_compared = 0;
  std::int64_t records = 0;
};

Report simulate(std::uint64_t seed, int events);

} // namespace wardpulse::sim
