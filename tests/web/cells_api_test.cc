#include "web/cells_api.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/web/cells.h"
#include "web/cells_command.h"

namespace wardpulse::web {
namespace {

using namespace test;
using std::chrono::hours, std::chrono::minutes;

class CellsApi : public testing::Test {
 protected:
  CellsApi() {
    for (int hour = 0; hour < 4; ++hour) {
      for (const char* department : {"Emergency", "Surgery", "Oncology"}) {
        auto cell = department_cell(
            {.department = department, .start = kStart + hours{hour}, .checkins = hour + 1, .size = WindowSize::k1h});
        cell.values.emplace_back("distinct_patients", std::int64_t{1});
        cell.values.emplace_back("wait_minutes", MinuteHistogram{{{10, hour + 1}}});
        store_.apply(update_of(cell));
      }
    }
    store_.apply(update_of(census_cell(0, "Emergency", 4, 1)));
  }

  Reply get(const std::string& query, const std::string& if_none_match = "") {
    Request request{.method = "GET", .path = "/api/v1/cells", .query = *parse_query(query), .headers = {}, .body = {}};
    if (!if_none_match.empty()) request.headers.emplace_back("if-none-match", if_none_match);
    return answer_cells(request, store_, {"live", kStart});
  }

  simdjson::dom::element parsed(const Reply& reply) {
    simdjson::dom::element json;
    EXPECT_EQ(parser_.parse(*reply.body).get(json), simdjson::SUCCESS) << *reply.body;
    return json;
  }

  std::size_t count(const std::string& query) {
    const auto reply = get(query);
    EXPECT_EQ(reply.status, 200) << *reply.body;
    return parsed(reply)["cells"].get_array().size();
  }

  CellStore store_;
  simdjson::dom::parser parser_;
};

TEST_F(CellsApi, SelectsByTimeAndDimension) {
  EXPECT_EQ(count("family=department&window=1h"), 12U);
  EXPECT_EQ(count("family=department&window=1m"), 0U);
  EXPECT_EQ(count("family=department&window=1h&department=Surgery"), 4U);
  EXPECT_EQ(count("family=department&window=1h&department=Surgery&department=Oncology"), 8U);
  EXPECT_EQ(count("family=department&window=1h&department=Nobody"), 0U);
  const auto from = "&from=" + format_rfc3339(kStart + hours{1});
  const auto to = "&to=" + format_rfc3339(kStart + hours{3});
  EXPECT_EQ(count("family=department&window=1h" + from), 9U);
  EXPECT_EQ(count("family=department&window=1h" + to), 9U);
  EXPECT_EQ(count("family=department&window=1h" + from + to), 6U);
  EXPECT_EQ(count("family=census"), 1U);
  EXPECT_EQ(count("family=department&window=1h&from=2026-11-21T09:00:00+01:00"), 12U) << "a plus that was not encoded";
}

TEST_F(CellsApi, SaysWhereTheCellsComeFrom) {
  const auto reply = get("family=census");
  EXPECT_EQ(std::string(*reply.body).substr(0, 96), R"({"generation":"live","as_of":")" + format_rfc3339(kStart) +
                                                        R"(","watermark":")" + format_rfc3339(kStart) +
                                                        R"(","cells":[)");
}

TEST_F(CellsApi, PagesCoverEachCellOnce) {
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const auto page = parsed(get("family=department&window=1h&limit=5" + (cursor.empty() ? "" : "&cursor=" + cursor)));
    for (const auto cell : page["cells"].get_array()) seen.push_back(simdjson::minify(cell));
    std::string_view next;
    cursor = page["next"].get(next) == simdjson::SUCCESS ? std::string(next) : "";
  } while (!cursor.empty());
  std::vector<std::string> all;
  for (const auto cell : parsed(get("family=department&window=1h"))["cells"].get_array())
    all.push_back(simdjson::minify(cell));
  EXPECT_EQ(seen, all);
}

TEST_F(CellsApi, MergesTime) {
  const auto reply = get("family=department&window=1h&merge=time&histogram=1&department=Surgery");
  const auto cells = parsed(reply)["cells"].get_array();
  ASSERT_EQ(cells.size(), 1U);
  const auto values = cells.at(0)["values"];
  EXPECT_EQ(std::int64_t(values["checkins"]), 10);
  EXPECT_TRUE(values["distinct_patients"].is_null());
  EXPECT_EQ(simdjson::minify(values["wait_minutes"]["minutes"]), "[[10,10]]");
  EXPECT_EQ(std::string_view(cells.at(0)["window"]["end"]), format_rfc3339(kStart + hours{4}));
  EXPECT_EQ(count("family=department&window=1h&merge=time"), 3U);
}

TEST_F(CellsApi, ShowsMinutesOnlyWhenAsked) {
  EXPECT_EQ(get("family=department&window=1h").body->find("\"minutes\""), std::string::npos);
  EXPECT_NE(get("family=department&window=1h&histogram=1").body->find("\"minutes\":[[10,1]]"), std::string::npos);
}

TEST_F(CellsApi, TagChangesWithTheCells) {
  const std::string query = "family=department&window=1h&department=Surgery";
  const auto first = get(query);
  const auto etag = first.headers.at(0).second;
  EXPECT_EQ(get(query, etag).status, 304);
  store_.apply(update_of(census_cell(0, "Emergency", 9, 2)));
  EXPECT_EQ(get(query, etag).status, 304) << "another family";
  store_.apply(
      update_of(department_cell({.department = "Surgery", .checkins = 7, .version = 9, .size = WindowSize::k1h})));
  EXPECT_EQ(get(query, etag).status, 200);
}

TEST_F(CellsApi, RefusesWithWhatIsKnown) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"", "family_needed", "\"known_families\":[\"department\""},
      {"family=nobody", "unknown_family", "\"known_families\":[\"department\""},
      {"family=department", "window_needed", "\"known_windows\":[\"10s\",\"1m\""},
      {"family=department&window=2h", "unknown_window", "\"known_windows\":[\"10s\",\"1m\""},
      {"family=funnel&window=1m", "unknown_window", "\"known_windows\":[\"1h\",\"1d\"]"},
      {"family=census&window=1m", "unknown_window", "has no windows"},
      {"family=department&window=1h&ward=7", "unknown_parameter", "\"known_dims\":[\"department\"]"},
      {"family=hospital&window=1h&department=x", "unknown_parameter", "\"known_dims\":[]"},
      {"family=department&window=1h&from=yesterday", "bad_parameter", "2026-11-21T13:00:00Z"},
      {"family=census&from=2026-11-21T13:00:00Z", "bad_parameter", "no windows"},
      {"family=department&window=1h&window=1h", "repeated_parameter", "window"},
      {"family=department&window=1h&limit=0", "bad_parameter", "10000"},
      {"family=department&window=1h&limit=10001", "bad_parameter", "10000"},
      {"family=department&window=1h&limit=5x", "bad_parameter", "10000"},
      {"family=department&window=1h&cursor=x", "bad_parameter", "cursor"},
      {"family=department&window=1h&cursor=1.0", "bad_parameter", "cursor"},
      {"family=department&window=1h&merge=space", "bad_parameter", "merge is time"},
      {"family=department&window=1h&histogram=2", "bad_parameter", "histogram"},
  };
  for (const auto& [query, code, words] : cases) {
    const auto reply = get(query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_EQ(reply.content_type, "application/problem+json") << query;
    EXPECT_NE(reply.body->find("\"code\":\"" + std::string(code) + "\""), std::string::npos) << query << "\n"
                                                                                             << *reply.body;
    EXPECT_NE(reply.body->find(words), std::string::npos) << query << "\n" << *reply.body;
  }
}

TEST_F(CellsApi, CanonicalLinesAreInOrderAndWithoutWhatVaries) {
  const auto lines = canonical_lines(store_, "department");
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 12);
  EXPECT_EQ(lines.find("version"), std::string::npos);
  EXPECT_EQ(lines.find("watermark"), std::string::npos);
  EXPECT_EQ(lines.find("census"), std::string::npos);
  EXPECT_LT(lines.find("Emergency"), lines.find("Oncology"));
  EXPECT_EQ(canonical_lines(store_, "").find("{\"family\":\"census\""), 0U);
}

} // namespace
} // namespace wardpulse::web
