// Events decoded in a second of CPU time on one thread, for records of about 210 bytes.
#include <fmt/format.h>

#include <ctime>
#include <vector>

#include "proto/codec.h"
#include "proto/rules.h"

int main() {
  using namespace wardpulse;
  constexpr int kRecords = 10'000, kRounds = 200;
  std::vector<std::string> records;
  std::size_t bytes = 0;
  for (int i = 0; i < kRecords; ++i) {
    records.push_back(fmt::format(
        R"({{"event_id":"e{:08}","event_type":"checkin","event_time":"2026-11-21T{:02}:{:02}:07.250Z","patient_id":"p{:06}","visit_id":"v{:06}",)"
        R"("department":"Emergency","source":"ehr","visit_type":"Emergency","arrival_mode":"ambulance"}})",
        i, i / 60 % 24, i % 60, i % 5000, i));
    bytes += records.back().size();
  }
  Decoder decoder;
  std::size_t taken = 0, clean = 0;
  const std::clock_t start = std::clock();
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& record : records) {
      const auto event = decoder.decode(Topic::kCheckins, record);
      taken += event.has_value();
      clean += event && rules_broken(**event, {}) == 0;
    }
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const double events = double{kRecords} * kRounds;
  fmt::print("{:.0f} events per CPU second, {:.0f} ns an event of {} bytes ({} taken, {} clean)\n", events / seconds,
             seconds / events * 1e9, bytes / kRecords, taken, clean);
  return taken == events ? 0 : 1;
}
