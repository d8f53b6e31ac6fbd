#include <gtest/gtest.h>

#include <sstream>

#include "aggregator/definition.h"

namespace wardpulse::aggregator {
namespace {

TEST(FunnelsFile, ReadsWhatTheShippedOnesSay) {
  const auto funnels = parse_funnels(R"(
[[funnel]]
name = "emergency"
entity = "visit_id"
steps = [{ type = "checkin", field = "visit_type", value = "Emergency" }, "triage", "roomed", "provider.seen", "visit.completed"]
exits = ["visit.left"]
window = "24h"
)", "funnels.toml");
  ASSERT_TRUE(funnels.has_value()) << funnels.error().text();
  EXPECT_EQ(funnels->front(), shipped_funnels().front());
}

TEST(FunnelsFile, AlternativesAndNames) {
  const auto funnels = parse_funnels(R"(
[[funnel]]
name = "lab"
entity = "entity_id"
steps = [{ name = "ordered", any_of = ["order.new", "order.repeat"] }, "result.final"]
window = "7d"
)", "f");
  ASSERT_TRUE(funnels.has_value()) << funnels.error().text();
  EXPECT_EQ(funnels->front().steps.front().name, "ordered");
  EXPECT_EQ(funnels->front().steps.front().any_of.size(), 2U);
}

struct Bad {
  const char* text;
  const char* says;
};

TEST(FunnelsFile, NamesEveryProblemWithItsLine) {
  const Bad cases[] = {
      {"", "no funnel"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin']\nwindow='1h'", "at least two steps"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','data.uploaded']\nwindow='1h'", "no event type of a visit"},
      {"[[funnel]]\nname='a'\nentity='person'\nsteps=['checkin','triage']\nwindow='1h'", "visit_id or entity_id"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nwindow='soon'", "f:5:"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nwindow='4000d'", "at most 3660d"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nwindow='99999999999999999999d'", "length of time"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nwindow=24", "must be a text"},
      {"[[funnel]]\nname='a'\nentity='entity_id'\nsteps=['x','feed.heartbeat']\nwindow='1h'", "no event type of an entity"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['patient.registered','triage']\nwindow='1h'", "no event type of a visit"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{type='checkin',field='room_type',value='ICU'},'triage']\nwindow='1h'", "has no field `room_type`"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{type='checkin',field='visit_type',value='emergency'},'triage']\nwindow='1h'",
       "never `emergency` but one of Outpatient, Emergency, Inpatient"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{any_of='checkin'},'triage']\nwindow='1h'", "`any_of` is a list"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{any_of=[{name='x',type='checkin'}]},'triage']\nwindow='1h'", "unknown key `name`"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{type='checkin',name=7},'triage']\nwindow='1h'", "`name` must be a text"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps='checkin'\nwindow='1h'", "f:4: funnel `a` needs `steps`"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nexits=['visit.left','visit.left']\nwindow='1h'", "f:5: funnel `a`: exit"},
      {"funnel = [1]", "starts with a line [[funnel]]"},
      {"[funnel]\nname='a'", "starts with a line [[funnel]]"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nwindow='1h'\ncolour='red'", "unknown key `colour`"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{type='checkin',field='shoe',value='x'},'triage']\nwindow='1h'", "cannot be a condition"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{type='checkin',field='visit_type'},'triage']\nwindow='1h'", "go together"},
      {"[[funnel]\n", "f:1:"},
      {"[[}", "f:1:"}, // toml++ by itself would abort
      {"\n[\\", "f:2:"},
      {"é='a'", "f:1:"}, // undefined behaviour of toml++ by itself
  };
  for (const Bad& bad : cases) {
    const auto funnels = parse_funnels(bad.text, "f");
    ASSERT_FALSE(funnels.has_value()) << bad.text;
    EXPECT_NE(funnels.error().text().find(bad.says), std::string::npos) << bad.text << "\nsaid: " << funnels.error().text();
  }
}

TEST(FunnelsFile, TellsAllProblemsAtOnceByLine) {
  const auto funnels = parse_funnels(R"([[funnel]]
name = "a"
entity = "person"
steps = [
  { type = "checkin", field = "shoe", value = "x" },
  "operation",
]
window = "soon"

[[funnel]]
name = "a"
steps = ["checkin", 7]
colour = "red"
)", "f");
  ASSERT_FALSE(funnels.has_value());
  std::vector<std::string> lines;
  std::stringstream text(funnels.error().text());
  for (std::string line; std::getline(text, line);) lines.push_back(line.substr(0, line.find(' ')));
  EXPECT_EQ(lines, (std::vector<std::string>{"f:3:", "f:5:", "f:6:", "f:8:", "f:10:", "f:10:", "f:10:", "f:12:", "f:13:"})) << funnels.error().text();
}

TEST(Definition, AnotherFunnelIsAnotherDigest) {
  Definition a, b;
  EXPECT_EQ(a.digest(), b.digest());
  b.funnels.front().window += std::chrono::hours{1};
  EXPECT_NE(a.digest(), b.digest());
}

} // namespace
} // namespace wardpulse::aggregator
