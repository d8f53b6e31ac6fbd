#include "proto/crowding.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/wide.h"

namespace wardpulse {
namespace {

std::int64_t input(const Counts& inputs, const char* name) {
  const auto found = inputs.find(name);
  return found == inputs.end() ? 0 : found->second;
}

void take_largest(Counts* to, const Counts& from, const char* name) {
  if (const auto found = from.find(name); found != from.end()) {
    const auto at = to->try_emplace(name, found->second).first;
    at->second = std::max(at->second, found->second);
  }
}

Wide floor_divide(Wide number, Wide by) {
  const Wide quotient = number / by;
  return number % by < 0 ? quotient - 1 : quotient;
}

} // namespace

void merge_crowding_inputs(Counts* to, const Counts& from) {
  for (const char* name : {kEdPatients, kHeldForBed, kVentilated}) (*to)[name] += input(from, name);
  for (const char* name : {kEdBeds, kHospitalBeds, kLongestAdmitWait}) take_largest(to, from, name);
  if (!from.contains(kLastRoomedAt)) return;
  const auto latest = [](const Counts& inputs) { return std::pair(input(inputs, kLastRoomedAt), input(inputs, kLastRoomedWait)); };
  if (to->contains(kLastRoomedAt) && latest(*to) >= latest(from)) return;
  std::tie((*to)[kLastRoomedAt], (*to)[kLastRoomedWait]) = latest(from);
}

// -20 + 85.8 P/B + 600 A/H + 13.4 V + 0.93 L/60 + 5.64 W/60, all over 6000 B H so that only the last step rounds.
Value crowding_score(const Counts& inputs) {
  const Wide beds = input(inputs, kEdBeds), hospital = input(inputs, kHospitalBeds);
  if (beds <= 0 || hospital <= 0) return {};
  const Wide both = beds * hospital, over = 6000 * both;
  const Wide sum = -20 * over + 514'800 * input(inputs, kEdPatients) * hospital + 3'600'000 * input(inputs, kHeldForBed) * beds +
                       80'400 * input(inputs, kVentilated) * both + 93 * input(inputs, kLongestAdmitWait) * both +
                       564 * input(inputs, kLastRoomedWait) * both;
  const auto rounded = floor_divide(2 * sum + over, 2 * over); // half up
  return static_cast<std::int64_t>(std::clamp<Wide>(rounded, 0, 200));
}

Value crowding_band(const Counts& inputs) {
  const Value score = crowding_score(inputs);
  const auto* points = std::get_if<std::int64_t>(&score);
  if (points == nullptr) return {};
  for (const auto& [last, name] : {std::pair(20, "not busy"), std::pair(60, "busy"), std::pair(100, "very busy"), std::pair(140, "overcrowded"),
                                   std::pair(180, "severely overcrowded")}) {
    if (*points <= last) return std::string(name);
  }
  return std::string("dangerously overcrowded");
}

} // namespace wardpulse
