#include "tests/proto/sample_cells.h"

#include <algorithm>

#include "proto/crowding.h"
#include "proto/kaplan_meier.h"

namespace wardpulse::test {
namespace {

std::int64_t random_count(Random& random) { return static_cast<std::int64_t>(random() % 1000); }

Value random_value(const FieldSpec& field, Random& random) {
  switch (field.merge) {
    case Merge::kSum: return random_count(random);
    case Merge::kMax: return random() % 3 == 0 ? Value{} : Value{random_count(random)};
    case Merge::kSumCounts: {
      Counts counts;
      for (const std::string_view key : field.keys) counts[std::string(key)] = random_count(random);
      if (field.keys.empty()) {
        for (auto n = random() % 4; n > 0; --n)
          counts["visit.left:" + std::to_string(random() % 4)] = 1 + random_count(random);
      }
      return counts;
    }
    case Merge::kSumList: return CountList{random_count(random), random_count(random), random_count(random)};
    case Merge::kHistogram: return random_histogram(random);
    case Merge::kHistogramList: return HistogramList{std::nullopt, random_histogram(random), random_histogram(random)};
    case Merge::kLabels: return Labels{"checkin", "triage", "roomed \"1\""};
    case Merge::kPartition:
      if (field.name == "next_offsets")
        return Counts{{"checkins", random_count(random)}, {"billing", random_count(random)}};
      return random_count(random);
    case Merge::kText: return std::string("Z\u00fcrich \"1\"");
    case Merge::kCrowdingInputs:
      return Counts{{kEdPatients, random_count(random)}, {kHeldForBed, random_count(random)}, {kVentilated, 1},
                    {kEdBeds, 500},                      {kHospitalBeds, 2000},               {kLastRoomedAt, random_count(random)},
                    {kLastRoomedWait, 12}};
    case Merge::kEstimate:
    case Merge::kCrowdingScore:
    case Merge::kCrowdingBand: return {}; // made from the inputs
  }
  return {};
}

} // namespace

MinuteHistogram random_histogram(Random& random) {
  MinuteHistogram histogram;
  for (auto n = random() % 20; n > 0; --n) {
    histogram.add(static_cast<std::int32_t>(random() % 50), static_cast<std::int64_t>(1 + random() % 5));
  }
  return histogram;
}

Cell random_cell(const FamilySpec& family, std::int32_t partition, Random& random) {
  Cell cell;
  cell.family = family.name;
  for (const std::string_view dim : family.dims) cell.dims.emplace_back(dim, "Ward|7=a,%\n\u00e9");
  if (!family.sizes.empty()) {
    const auto start = *parse_rfc3339("2026-03-28T23:00:00Z");
    cell.window = Window{family.sizes.back(), start, start + std::chrono::hours{23}, std::chrono::hours{1},
                         std::chrono::hours{2}};
  }
  for (const FieldSpec& field : family.fields) cell.values.emplace_back(field.name, random_value(field, random));
  if (cell.family == "funnel") {
    const auto value = [&](std::string_view name) -> Value& {
      return std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& v) { return v.first == name; })->second;
    };
    value("estimated_provider_minutes") =
        kaplan_meier_median(std::get<MinuteHistogram>(value("provider_minutes")), std::get<MinuteHistogram>(value("unseen_minutes")));
  }
  if (cell.family == "crowding") {
    const auto& inputs = std::get<Counts>(cell.values[0].second);
    cell.values[1].second = crowding_score(inputs);
    cell.values[2].second = crowding_band(inputs);
  }
  cell.status = static_cast<CellStatus>(random() % 3);
  cell.version = (std::int64_t{7} << 30) + random_count(random);
  cell.partition = partition;
  cell.watermark = random() % 4 == 0 ? kNever : from_ms(1'800'000'000'000 + random_count(random));
  cell.updated_at = from_ms(1'800'000'100'000 + random_count(random));
  return cell;
}

std::string canonical(const Cell& cell) {
  std::string json;
  encode_cell(cell, {.minutes = true, .volatile_fields = false}, &json);
  return json;
}

std::string topic_form(const Cell& cell) {
  std::string json;
  encode_cell(cell, {.partition = true, .histograms = true}, &json);
  return json;
}

} // namespace wardpulse::test
