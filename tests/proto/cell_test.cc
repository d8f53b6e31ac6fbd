#include <gtest/gtest.h>

#include "tests/proto/sample_cells.h"

namespace wardpulse {
namespace {

Cell emergency_hour() {
  Cell cell;
  cell.family = "department";
  cell.dims = {{"department", "Emergency"}};
  cell.window = Window{WindowSize::k1h, *parse_rfc3339("2026-11-21T13:00:00Z"), *parse_rfc3339("2026-11-21T14:00:00Z")};
  MinuteHistogram wait;
  wait.add(19, 3);
  wait.add(96, 1);
  cell.values = {{"checkins", std::int64_t{41}}, {"wait_minutes", wait}, {"stay_minutes", MinuteHistogram{}}};
  cell.version = 918273;
  cell.partition = 3;
  cell.watermark = *parse_rfc3339("2026-11-21T13:41:07.250Z");
  return cell;
}

std::string encoded(const Cell& cell, const CellJson& form) {
  std::string json;
  encode_cell(cell, form, &json);
  return json;
}

constexpr const char* kHead = R"({"family":"department","dims":{"department":"Emergency"},)"
                              R"("window":{"size":"1h","start":"2026-11-21T13:00:00Z","end":"2026-11-21T14:00:00Z"},)";
constexpr const char* kEmpty = R"("stay_minutes":{"n":0,"sum":0,"max":null,"p50":null,"p90":null,"p95":null)";

TEST(EncodeCell, HasTheFormThatReadersRelyOn) {
  EXPECT_EQ(encoded(emergency_hour(), {}),
            std::string(kHead) +
                R"("values":{"checkins":41,"wait_minutes":{"n":4,"sum":153,"max":96,"p50":19,"p90":96,"p95":96},)" +
                kEmpty +
                R"(}},"status":"open","version":918273,"watermark":"2026-11-21T13:41:07.250Z","updated_at":null})");
}

TEST(EncodeCell, TopicFormCarriesPartitionAndHistograms) {
  EXPECT_EQ(
      encoded(emergency_hour(), {.partition = true, .histograms = true}),
      std::string(kHead) +
          R"("values":{"checkins":41,"wait_minutes":{"n":4,"sum":153,"max":96,"p50":19,"p90":96,"p95":96,"h":[[19,3],[96,1]]},)" +
          kEmpty +
          R"(}},"status":"open","partition":3,"version":918273,"watermark":"2026-11-21T13:41:07.250Z","updated_at":null})");
}

TEST(EncodeCell, CanonicalFormLeavesOutWhatMayDiffer) {
  EXPECT_EQ(
      encoded(emergency_hour(), {.minutes = true, .volatile_fields = false}),
      std::string(kHead) +
          R"("values":{"checkins":41,"wait_minutes":{"n":4,"sum":153,"max":96,"p50":19,"p90":96,"p95":96,"minutes":[[19,3],[96,1]]},)" +
          kEmpty + R"(,"minutes":[]}},"status":"open"})");
}

TEST(EncodeCell, LocalDaysCarryTheZonesOffset) {
  Cell cell = emergency_hour();
  cell.values.clear();
  cell.window = Window{WindowSize::k1d, *parse_rfc3339("2026-03-28T23:00:00Z"), *parse_rfc3339("2026-03-29T22:00:00Z"),
                       std::chrono::hours{1}, std::chrono::hours{2}};
  EXPECT_NE(encoded(cell, {}).find(R"("start":"2026-03-29T00:00:00+01:00","end":"2026-03-30T00:00:00+02:00")"),
            std::string::npos);
}

TEST(DecodeCell, GivesBackEveryCellOfEveryFamily) {
  test::Random random{3};
  for (const FamilySpec& family : families()) {
    for (int round = 0; round < 50; ++round) {
      const Cell cell = test::random_cell(family, round, random);
      const auto decoded = decode_cell(test::topic_form(cell));
      ASSERT_TRUE(decoded) << decoded.error().text();
      EXPECT_EQ(*decoded, cell) << test::topic_form(cell);
    }
  }
}

// Of an event of the first or the last day that there may be.
TEST(DecodeCell, GivesBackTimesBeyondTheYearsOfEvents) {
  const Time first = *parse_rfc3339("0001-01-01T00:00:00Z"), last = *parse_rfc3339("9999-12-31T00:00:00Z");
  Cell cell = emergency_hour();
  cell.values.clear();
  for (const Time start : {first - std::chrono::hours{5}, last}) {
    cell.window = Window{WindowSize::k1d, start, start + std::chrono::days{1}};
    cell.watermark = start - std::chrono::seconds{5};
    const auto decoded = decode_cell(test::topic_form(cell));
    ASSERT_TRUE(decoded) << decoded.error().text();
    EXPECT_EQ(*decoded, cell);
  }
}

TEST(DecodeCell, KeepsTheOneDimOfAFinanceCell) {
  test::Random random{4};
  Cell cell = test::random_cell(*find_family("finance"), 0, random);
  cell.dims = {{"payer", "Aetna"}};
  EXPECT_EQ(decode_cell(test::topic_form(cell)), cell);
}

TEST(DecodeCell, IgnoresWhatItDoesNotKnow) {
  const auto cell = decode_cell(
      R"({"family":"hospital","dims":{"moon":"full"},"window":null,"values":{"checkins":null,"new":[1]},"status":"final","x":{}})");
  ASSERT_TRUE(cell) << cell.error().text();
  EXPECT_TRUE(cell->dims.empty());
  ASSERT_EQ(cell->values.size(), 1u);
  EXPECT_EQ(cell->values[0].second, Value{});
  EXPECT_EQ(cell->partition, -1);
  EXPECT_EQ(cell->watermark, kNever);
}

TEST(DecodeCell, SaysWhatDoesNotRead) {
  const auto problem = [](const std::string& json) {
    const auto cell = decode_cell(json);
    return cell ? "" : cell.error().message;
  };
  const auto hospital = [](const std::string& values) {
    return R"({"family":"hospital","dims":{},"window":null,"values":{)" + values + R"(},"status":"open"})";
  };
  EXPECT_EQ(problem(hospital("")), "");
  EXPECT_EQ(problem("[]"), "not a cell: no family");
  EXPECT_EQ(problem(R"({"family":"weather"})"), "not a cell: unknown family weather");
  EXPECT_EQ(problem(R"({"family":"hospital","dims":{},"window":{"size":"2h"},"values":{}})"),
            "not a cell: a window of unknown size");
  EXPECT_EQ(problem(hospital(R"("checkins":"1")")), "not a cell: checkins: expected an integer");
  EXPECT_EQ(problem(hospital(R"("checkins":1.5)")), "not a cell: checkins: expected an integer");
  EXPECT_EQ(problem(hospital(R"("wait_minutes":{"n":2})")), "not a cell: wait_minutes: a distribution without h");
  EXPECT_EQ(problem(hospital(R"("wait_minutes":{"n":2,"h":[[1,1]]})")),
            "not a cell: wait_minutes: h does not add up to n");
  EXPECT_EQ(problem(hospital(R"("wait_minutes":{"n":2,"h":[[2,1],[1,1]]})")),
            "not a cell: wait_minutes: h is not sorted by minute");
  EXPECT_EQ(problem(hospital(R"("wait_minutes":{"n":2,"h":[[2,1],7]})")),
            "not a cell: wait_minutes: an entry of h is not [minute,count]");
  EXPECT_TRUE(problem("{").starts_with("not a cell: "));
}

TEST(CellId, NamesFamilyDimsAndWindow) {
  EXPECT_EQ(cell_id(emergency_hour()), "department|department=Emergency|1h:2026-11-21T13:00:00Z");
  EXPECT_EQ(cell_key(emergency_hour()), "department|department=Emergency|1h:2026-11-21T13:00:00Z|3");
  Cell task{.family = "task", .dims = {{"partition", "3"}}};
  EXPECT_EQ(cell_id(task), "task|partition=3|-");
  Cell hospital{.family = "hospital"};
  EXPECT_EQ(cell_id(hospital), "hospital||-");
  Cell funnel{.family = "funnel", .dims = {{"funnel", "a,b"}, {"department", "50%|x=y\n"}}};
  EXPECT_EQ(cell_id(funnel), "funnel|funnel=a%2Cb,department=50%25%7Cx%3Dy%0A|-");
}

TEST(CellLess, OrdersByFamilyDimsAndWindow) {
  const Cell hour = emergency_hour();
  Cell later = hour, day = hour, cardiology = hour, census = hour, windowless = hour;
  later.window->start += std::chrono::hours{1};
  day.window->size = WindowSize::k1d;
  cardiology.dims[0].second = "Cardiology";
  census.family = "census";
  windowless.window.reset();
  const std::vector<Cell> sorted = {census, cardiology, windowless, hour, later, day};
  for (std::size_t a = 0; a < sorted.size(); ++a) {
    for (std::size_t b = 0; b < sorted.size(); ++b) EXPECT_EQ(cell_less(sorted[a], sorted[b]), a < b) << a << " " << b;
  }
}

TEST(Families, AreFoundByName) {
  for (const FamilySpec& family : families()) EXPECT_EQ(find_family(family.name), &family);
  EXPECT_EQ(find_family("weather"), nullptr);
  for (const char* name : {"10s", "1m", "1h", "1d", "month"})
    EXPECT_EQ(window_size_name(*window_size_from_name(name)), name);
  EXPECT_EQ(window_size_from_name("2h"), std::nullopt);
}

} // namespace
} // namespace wardpulse
