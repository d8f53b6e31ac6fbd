#include "base/metrics_page.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

namespace wardpulse {
namespace {

const auto kNothing = std::make_shared<prometheus::Registry>();

std::string at(const std::string& host, int port) { return host + ":" + std::to_string(port); }

TEST(MetricsPage, APortThatIsTakenIsAnErrorOnlyWhereItWasChosen) {
  const auto first = MetricsPage::open("127.0.0.1:0", true, kNothing);
  ASSERT_TRUE(first) << first.error().text();
  const auto listen = at("127.0.0.1", first->port());
  const auto chosen = MetricsPage::open(listen, true, kNothing);
  ASSERT_FALSE(chosen);
  EXPECT_NE(chosen.error().text().find(listen), std::string::npos) << chosen.error().text();
  const auto another = MetricsPage::open(listen, false, kNothing);
  ASSERT_TRUE(another) << another.error().text();
  EXPECT_NE(another->port(), first->port());
}

TEST(MetricsPage, LetsGoOfItsPort) {
  for (const std::string host : {"127.0.0.1", "0.0.0.0"}) {
    int port = 0;
    {
      const auto page = MetricsPage::open(at(host, 0), true, kNothing);
      ASSERT_TRUE(page) << page.error().text();
      port = page->port();
    }
    EXPECT_TRUE(MetricsPage::open(at(host, port), true, kNothing)) << host;
  }
}

} // namespace
} // namespace wardpulse
