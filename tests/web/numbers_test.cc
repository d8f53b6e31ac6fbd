// What is computed from cells for the marts, the summary and explain, on cells by hand.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <set>

#include "tests/web/cells.h"
#include "web/explain.h"
#include "web/marts_api.h"
#include "web/summary.h"

namespace wardpulse::web {
namespace {

using namespace test;
namespace dom = simdjson::dom;
using std::chrono::hours, std::chrono::seconds;

constexpr seconds kStockholm = hours{1};
const Window kDay{WindowSize::k1d, kStart - hours{9}, kStart + hours{15}, kStockholm, kStockholm}; // 2026-11-21 local

struct World {
  CellStore store;
  Served served;
  std::int64_t version = 0;

  void put(Cell cell, std::int32_t partition = 0) {
    cell.partition = partition;
    cell.version = ++version;
    cell.watermark = cell.updated_at = kStart;
    EXPECT_EQ(store.apply(update_of(cell)), ApplyOutcome::kApplied);
  }
  void day(std::int32_t partition, std::vector<std::int64_t> numbers) {
    Cell cell{.family = "daily_kpis", .window = kDay};
    for (std::size_t i = 0; const auto& field : find_family("daily_kpis")->fields) cell.values.emplace_back(field.name, numbers[i++]);
    put(cell, partition);
  }
};

Request ask(std::vector<NamedText> query, std::vector<NamedText> headers = {}) {
  return Request{.method = "GET", .path = "/", .query = std::move(query), .headers = std::move(headers), .body = {}};
}

Reply mart(const World& world, const char* name, std::vector<NamedText> query, const PatientRows& patients = {}) {
  return answer_mart(*find_mart(name), ask(std::move(query)), world.store, patients, world.served);
}

TEST(Marts, DailyRowsAreMadeAfterMergingPartitions) {
  World world;
  // visits, completed, admissions, los_n, los_ms, revenue, insurance, patient, paid, pending, new
  world.day(0, {10, 8, 2, 1, 86'400'000, 10'005, 8'000, 2'005, 1, 1, 3});
  world.day(3, {5, 4, 1, 2, 86'400'000, 1, 0, 1, 1, 0, 2});
  const auto reply = mart(world, "daily-kpis", {{"from", "2026-11-21"}, {"to", "2026-11-22"}});
  ASSERT_EQ(reply.status, 200) << reply.text();
  EXPECT_NE(reply.text().find(R"("rows":[{"date":"2026-11-21","total_visits":15,"completed_visits":12,"total_admissions":3,)"
                              R"("avg_length_of_stay_days":0.67,"total_revenue":"100.06","insurance_revenue":"80.00",)"
                              R"("patient_revenue":"20.06","paid_bills":2,"pending_bills":1,"payment_rate_pct":66.67,"new_patients":5}])"),
            std::string_view::npos)
      << reply.text();
  EXPECT_NE(mart(world, "daily-kpis", {{"to", "2026-11-21"}}).text().find("\"rows\":[]"), std::string_view::npos) << "to is exclusive";
  const auto csv = mart(world, "daily-kpis", {{"format", "csv"}});
  EXPECT_TRUE(csv.content_type.starts_with("text/csv"));
  EXPECT_EQ(csv.text(), "date,total_visits,completed_visits,total_admissions,avg_length_of_stay_days,total_revenue,insurance_revenue,"
                        "patient_revenue,paid_bills,pending_bills,payment_rate_pct,new_patients\r\n"
                        "2026-11-21,15,12,3,0.67,100.06,80.00,20.06,2,1,66.67,5\r\n");
}

// Names that are written otherwise in a key, beside names that sort between both ways of writing.
TEST(Marts, PagesMissNoDepartment) {
  World world;
  std::set<std::string> wanted;
  for (const char* name : {"ENT|Audiology", "ENT Clinic", "ENTX", "ENT,x", "ENT=y", "ENT%7C", "Emergency"}) {
    Cell cell{.family = "department_stats", .dims = {{"department", name}}, .window = kDay};
    for (const auto& field : find_family("department_stats")->fields) cell.values.emplace_back(field.name, std::int64_t{1});
    world.put(cell);
    wanted.insert(name);
  }
  std::string after;
  std::set<std::string> seen;
  for (std::size_t page = 0; page <= wanted.size(); ++page) {
    std::vector<NamedText> query = {{"limit", "1"}};
    if (!after.empty()) query.emplace_back("cursor", after);
    const auto reply = mart(world, "department-stats", query);
    ASSERT_EQ(reply.status, 200) << reply.text();
    simdjson::dom::parser parser;
    const simdjson::dom::element json = parser.parse(std::string(reply.text()));
    for (const simdjson::dom::element row : json["rows"]) EXPECT_TRUE(seen.emplace(std::string_view(row["department"])).second);
    std::string_view next;
    if (json["next"].get(next) != simdjson::SUCCESS) break;
    after = next;
  }
  EXPECT_EQ(seen, wanted);
}

TEST(Marts, PatientsArePagedInTheOrderOfTheirIds) {
  const World world;
  PatientRows patients;
  for (const char* id : {"007", "1e5", "NA", "a,b"}) {
    patients.put(id, std::string(R"({"patient_id":")") + id + R"(","gender":"F","city":null,"age_years":40,"total_visits":2,)" +
                         R"("first_visit_date":"2026-01-01","last_visit_date":"2026-11-20","total_billed":"1.00","total_paid":"0.00","is_returning":true})");
  }
  patients.put("gone", "{}");
  patients.remove("gone");
  patients.remove("never there");
  std::string after, seen;
  for (int page = 0; page < 5; ++page) {
    std::vector<NamedText> query = {{"limit", "1"}};
    if (!after.empty()) query.emplace_back("cursor", after);
    const auto reply = mart(world, "patient-stats", query, patients);
    dom::parser parser;
    const auto json = parser.parse(*reply.body);
    for (const auto row : json["rows"].get_array()) seen.append(std::string_view(row["patient_id"])).append(" ");
    std::string_view next;
    if (json["next"].get(next) != simdjson::SUCCESS) break;
    after = next;
    EXPECT_EQ(reply.headers.back().first, "Link");
  }
  EXPECT_EQ(seen, "007 1e5 NA a,b ");
  EXPECT_NE(mart(world, "patient-stats", {{"format", "csv"}}, patients).text().find("\"a,b\",F,,40,2,2026-01-01,2026-11-20,1.00,0.00,true\r\n"),
            std::string_view::npos);
}

TEST(Marts, RefuseWhatDoesNotRead) {
  const World world;
  for (const NamedText& query : std::vector<NamedText>{{"from", "2026-13-01"}, {"to", "x"}, {"format", "xml"}, {"limit", "0"}, {"day", "1"}}) {
    EXPECT_EQ(mart(world, "daily-kpis", {query}).status, 400) << query.first;
  }
}

TEST(Marts, AreNotSentAgainToWhoHasThem) {
  const World world;
  const auto reply = mart(world, "daily-kpis", {});
  const auto etag = reply.headers.front().second;
  EXPECT_EQ(answer_mart(*find_mart("daily-kpis"), ask({}, {{"if-none-match", etag}}), world.store, {}, world.served).status, 304);
}

Cell funnel(const std::string& department, std::int64_t entered) {
  return {.family = "funnel",
          .dims = {{"funnel", "review"}, {"department", department}},
          .window = kDay,
          .values = {{"steps", Labels{"data.uploaded", "analysis.completed"}}, {"entered", entered}, {"reached", CountList{entered, 6}},
                     {"converted", std::int64_t{6}}, {"exited", Counts{{"analysis.failed", 2}, {"data.invalid", 1}}},
                     {"timed_out", std::int64_t{1}}, {"open", entered - 10},
                     {"minutes_to_step", HistogramList{std::nullopt, MinuteHistogram{{{10, 3}, {30, 3}}}}}}};
}

TEST(Summary, SaysWhereFunnelsLoseAndWhatFails) {
  World world;
  world.put(funnel("all", 12));
  world.put(funnel("Surgery", 12));
  for (const auto& [source, failed] : std::map<std::string, std::int64_t>{{"a", 3}, {"b", 4}}) {
    world.put({.family = "quality", .dims = {{"source", source}, {"rule", "range"}}, .window = kDay,
               .values = {{"evaluated", std::int64_t{100}}, {"failed", failed}}});
  }
  const auto reply = answer_summary(ask({}), world.store, world.served);
  dom::parser parser;
  const auto json = parser.parse(*reply.body);
  ASSERT_EQ(json["funnels"].get_array().size(), 1U) << reply.text();
  const auto found = json["funnels"].at(0);
  EXPECT_EQ(double(found["success_rate_pct"]), 60.0) << "of the ten whose way has ended";
  EXPECT_EQ(std::string_view(found["drop_off"].at(0)["door"]), "analysis.failed");
  EXPECT_EQ(found["drop_off"].get_array().size(), 3U) << "doors and those whose time ran out, never the open ones";
  EXPECT_EQ(std::int64_t(json["time_to_analysis_minutes"]["p50"]), 10);
  const auto rule = json["quality_bottlenecks"].at(0);
  EXPECT_EQ(std::int64_t(rule["failed"]), 7);
  EXPECT_EQ(double(rule["failed_pct"]), 3.5);
  EXPECT_EQ(answer_summary(ask({{"from", "yesterday"}}), world.store, world.served).status, 400);
}

TEST(Explain, ShowsInputsAndRestatements) {
  World world;
  world.store.apply(update_of(task_cell(0, kStart, 1)));
  world.store.start_expiring();
  const Said said{.checkins = 3, .version = 1, .status = CellStatus::kClosed};
  world.store.apply(update_of(department_cell(said)));
  auto later = said;
  later.checkins = 4;
  later.version = 2;
  world.store.apply(update_of(department_cell(later)));
  const auto reply = answer_explain(ask({{"cell", cell_id(department_cell(said))}}), world.store, world.served);
  ASSERT_EQ(reply.status, 200) << reply.text();
  dom::parser parser;
  const auto json = parser.parse(*reply.body);
  EXPECT_EQ(std::int64_t(json["cell"]["values"]["checkins"]), 4);
  EXPECT_EQ(std::int64_t(json["inputs"].at(0)["values"]["checkins"]), 4);
  ASSERT_EQ(json["restatements"].get_array().size(), 1U);
  EXPECT_EQ(std::int64_t(json["restatements"].at(0)["before"]["values"]["checkins"]), 3);
  EXPECT_EQ(answer_explain(ask({{"cell", "department|department=Nowhere|1m:2026-11-21T08:00:00Z"}}), world.store, world.served).status, 404);
  EXPECT_EQ(answer_explain(ask({{"cell", "nonsense"}}), world.store, world.served).status, 404);
  EXPECT_EQ(answer_explain(ask({}), world.store, world.served).status, 400);
}

} // namespace
} // namespace wardpulse::web
