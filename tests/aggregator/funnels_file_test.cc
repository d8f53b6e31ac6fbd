#include <gtest/gtest.h>

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
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nwindow='200d'", "at most 120d"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=['checkin','triage']\nwindow='1h'\ncolour='red'", "unknown key `colour`"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{type='checkin',field='shoe',value='x'},'triage']\nwindow='1h'", "cannot be a condition"},
      {"[[funnel]]\nname='a'\nentity='visit_id'\nsteps=[{type='checkin',field='visit_type'},'triage']\nwindow='1h'", "go together"},
      {"[[funnel]\n", "f:1:"},
  };
  for (const Bad& bad : cases) {
    const auto funnels = parse_funnels(bad.text, "f");
    ASSERT_FALSE(funnels.has_value()) << bad.text;
    EXPECT_NE(funnels.error().text().find(bad.says), std::string::npos) << bad.text << "\nsaid: " << funnels.error().text();
  }
}

TEST(Definition, AnotherFunnelIsAnotherDigest) {
  Definition a, b;
  EXPECT_EQ(a.digest(), b.digest());
  b.funnels.front().window += std::chrono::hours{1};
  EXPECT_NE(a.digest(), b.digest());
}

} // namespace
} // namespace wardpulse::aggregator
