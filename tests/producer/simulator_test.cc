#include "producer/simulator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <simdjson.h>

#include "producer/ahead_feed.h"
#include "proto/codec.h"
#include "proto/rules.h"

namespace wardpulse::producer {
namespace {

SimulatorOptions options(std::uint64_t seed, std::int64_t events, std::int64_t per_1000s = 5'000) {
  SimulatorOptions options;
  options.hospital = {seed, *parse_rfc3339("2026-11-21T00:00:00Z"), per_1000s};
  options.events = events;
  return options;
}

std::vector<Outgoing> run(Feed* feed) {
  std::vector<Outgoing> all;
  while (auto next = feed->next()) all.push_back(std::move(*next));
  return all;
}

TEST(Simulator, SameSeedAndFlagsGiveTheSameBytes) {
  const auto bytes = [](std::uint64_t seed) {
    SimulatorOptions disturbed = options(seed, 20'000);
    disturbed.disturbance = {20'000, 50'000, 5'000};
    Simulator simulator(disturbed);
    std::string all;
    for (const Outgoing& one : run(&simulator)) all += one.message.key + one.message.value + "\n";
    return all + simulator.truth().json();
  };
  EXPECT_EQ(bytes(7), bytes(7));
  EXPECT_NE(bytes(7), bytes(8));
}

TEST(Simulator, MadeAheadItGivesTheSame) {
  for (const std::int64_t events : {1, 4'096, 30'000}) {
    Simulator straight(options(7, events)), made_ahead(options(7, events));
    const auto expected = run(&straight);
    AheadFeed ahead(&made_ahead);
    const auto got = run(&ahead);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i].message.value, expected[i].message.value) << i;
    EXPECT_EQ(ahead.done(), 1.0);
    EXPECT_EQ(ahead.next(), std::nullopt);
    EXPECT_EQ(made_ahead.truth().json(), straight.truth().json());
  }
}

// What was made ahead counts as sent, so it has to come.
TEST(Simulator, StoppedWhileMadeAheadItGivesAllThatItCounted) {
  SimulatorOptions endless = options(7, 1);
  endless.events.reset();
  Simulator simulator(endless);
  std::int64_t given = 0;
  {
    AheadFeed ahead(&simulator);
    for (; given < 5'000; ++given) ASSERT_TRUE(ahead.next());
    ahead.stop();
    given += std::ssize(run(&ahead));
    EXPECT_LT(given, 20'000);
  }
  simdjson::dom::parser parser;
  EXPECT_EQ(std::int64_t{parser.parse(simulator.truth().json())["sent"]}, given);
}

TEST(Simulator, EveryRecordReadsBackAndBreaksNoRule) {
  Simulator simulator(options(3, 100'000));
  Decoder decoder;
  for (const Outgoing& one : run(&simulator)) {
    const auto event = decoder.decode(one.message.topic, one.message.value);
    ASSERT_TRUE(event) << event.error().detail << " " << one.message.value;
    ASSERT_EQ(rules_broken(**event, RuleBounds{}), 0u) << one.message.value;
    ASSERT_EQ(event_key(**event), one.message.key);
  }
}

TEST(Simulator, EachHouseHasDepartmentsAndAPatientStaysInOne) {
  SimulatorOptions several = options(5, 20'000);
  several.hospital.houses = 3;
  Simulator simulator(several);
  Decoder decoder;
  std::set<std::string> departments;
  std::map<std::string, char> houses; // by patient: the name's last letter
  for (const Outgoing& one : run(&simulator)) {
    const auto event = decoder.decode(one.message.topic, one.message.value);
    ASSERT_TRUE(event) << event.error().detail;
    const std::string department((*event)->department);
    if (department.empty()) continue;
    departments.insert(department);
    const char house = department.back() == '2' || department.back() == '3' ? department.back() : '1';
    ASSERT_EQ(houses.emplace((*event)->patient_id, house).first->second, house) << one.message.value;
  }
  EXPECT_EQ(departments.size(), 21u);
}

TEST(Simulator, SendsExactlySoManyInOrderOfSending) {
  SimulatorOptions disturbed = options(4, 30'000);
  disturbed.disturbance = {100'000, 100'000, 50'000};
  Simulator simulator(disturbed);
  const auto all = run(&simulator);
  EXPECT_EQ(all.size(), 30'000u);
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    ++seen[all[i].message.value];
    EXPECT_GE(all[i].send_at, all[i].message.event_time);
    ASSERT_GE(all[i].send_at, all[i == 0 ? 0 : i - 1].send_at);
  }
  std::int64_t repeats = 0;
  for (const auto& [value, count] : seen) repeats += count - 1;
  EXPECT_NEAR(static_cast<double>(repeats), 30'000 * 0.1, 400);
}

// The truth's totals, made again from the bytes that were sent.
TEST(Simulator, AfterItsHistoryEachPartitionGetsAHeartbeat) {
  SimulatorOptions with_history = options(5, 3'000);
  const Time live_from = with_history.hospital.start + std::chrono::minutes{5};
  with_history.heartbeats_at = live_from;
  with_history.partitions = 3;
  Simulator simulator(with_history);
  const auto all = run(&simulator);
  const auto is_heartbeat = [](const Outgoing& one) { return one.message.type == EventType::kHeartbeat; };
  const auto first = std::find_if(all.begin(), all.end(), is_heartbeat);
  ASSERT_NE(first, all.end());
  ASSERT_EQ(all.size(), 3'000u + kTopicCount * 3u);
  std::set<std::pair<Topic, std::int32_t>> places;
  for (auto it = first; is_heartbeat(*it); ++it) {
    EXPECT_EQ(it->message.event_time, live_from);
    places.emplace(it->message.topic, it->message.partition);
  }
  EXPECT_EQ(places.size(), kTopicCount * 3u);
  for (auto it = all.begin(); it != first; ++it) ASSERT_LT(it->send_at, live_from);
  for (auto it = first; it != all.end(); ++it) ASSERT_GE(it->send_at, live_from);
}

TEST(Simulator, WithoutHistoryThereAreNoHeartbeats) {
  SimulatorOptions live = options(5, 100);
  live.heartbeats_at = live.hospital.start;
  Simulator simulator(live);
  EXPECT_EQ(run(&simulator).size(), 100u);
}

TEST(Simulator, TruthIsARecountOfWhatWasSent) {
  SimulatorOptions disturbed = options(11, 60'000);
  disturbed.disturbance = {50'000, 0, 0};
  Simulator simulator(disturbed);
  simdjson::dom::parser parser, truth_parser;
  std::set<std::string> ids;
  std::map<std::string, std::int64_t> by_type, departments;
  std::int64_t cents = 0, repeats = 0;
  for (const Outgoing& one : run(&simulator)) {
    const auto event = parser.parse(one.message.value).value();
    if (!ids.insert(std::string(std::string_view(event["event_id"]))).second) {
      ++repeats;
      continue;
    }
    const std::string type{std::string_view(event["event_type"])};
    ++by_type[type];
    if (type == "checkin") ++departments[std::string(std::string_view(event["department"]))];
    if (type == "treatment") cents += std::llround(static_cast<double>(event["cost"]) * 100);
  }
  const std::string json = simulator.truth().json();
  const auto truth = truth_parser.parse(json).value();
  EXPECT_EQ(std::int64_t(truth["duplicates"]), repeats);
  EXPECT_EQ(std::int64_t(truth["unique"]), static_cast<std::int64_t>(ids.size()));
  EXPECT_EQ(std::int64_t(truth["hospital"]["treatment_cents"]), cents);
  for (const auto& [type, count] : by_type) EXPECT_EQ(std::int64_t(truth["by_type"][type]), count) << type;
  for (const auto& [name, count] : departments) EXPECT_EQ(std::int64_t(truth["departments"][name]["checkins"]), count) << name;
}

struct Told { // of one visit
  std::map<std::string, std::int64_t> at; // first of each type, ms
  std::int64_t total = 0, paid = 0;
};

TEST(Simulator, VisitsHappenInTheirOrderAndBillsAddUp) {
  Simulator simulator(options(5, 200'000, 1'000));
  Decoder decoder;
  std::map<std::string, Told> visits;
  std::set<std::string> registered;
  std::map<std::string, std::int64_t> types;
  for (const Outgoing& one : run(&simulator)) {
    const Event& event = **decoder.decode(one.message.topic, one.message.value);
    ++types[std::string(event.type_name)];
    if (event.type == EventType::kPatientRegistered) registered.insert(std::string(event.patient_id));
    if (event.type == EventType::kCheckin) {
      EXPECT_TRUE(registered.contains(std::string(event.patient_id)));
    }
    if (event.visit_id.empty()) continue;
    Told& visit = visits[std::string(event.visit_id)];
    visit.at.emplace(std::string(event.type_name), to_ms(event.event_time));
    if (event.type == EventType::kBill) {
      EXPECT_EQ(event.total_cents, event.insurance_cents + event.patient_cents);
      visit.total = event.total_cents;
    }
    if (event.type == EventType::kClaim) {
      EXPECT_EQ(event.amount_cents, visit.total);
    }
    if (event.type == EventType::kPayment) visit.paid += event.amount_cents;
    if (event.type == EventType::kBill && event.bill_status == BillStatus::kPaid) visit.paid = visit.total;
    EXPECT_LE(visit.paid, visit.total);
  }
  for (const auto& [id, visit] : visits) {
    const auto before = [&](const char* first, const char* then) {
      const auto a = visit.at.find(first), b = visit.at.find(then);
      if (b == visit.at.end()) return;
      EXPECT_TRUE(a != visit.at.end() && a->second <= b->second) << id << ": " << first << " before " << then;
    };
    before("checkin", "triage");
    before("checkin", "provider.seen");
    before("checkin", "treatment");
    before("admission", "discharge");
    before("checkin", "visit.completed");
    before("bill", "payment");
    before("bill", "claim");
  }
  for (const char* type : {"patient.registered", "checkin", "visit.cancelled", "visit.no_show", "triage", "roomed", "provider.seen", "treatment", "admit.decision",
                           "admission", "discharge", "visit.completed", "visit.left", "bill", "payment", "claim", "data.uploaded", "data.validated", "data.invalid",
                           "analysis.started", "analysis.completed", "analysis.failed", "review.started", "review.completed", "review.rejected"}) {
    EXPECT_GT(types[type], 0) << type;
  }
}

// Over a day of a house that has run for some: what slow stays bring is there too.
TEST(Simulator, TheRateIsTheOneAskedFor) {
  Simulator simulator(options(6, 250'000, 500));
  const auto all = run(&simulator);
  const Time end = all.back().send_at;
  const auto in_last_day = std::count_if(all.begin(), all.end(), [&](const Outgoing& one) { return one.send_at > end - std::chrono::hours{24}; });
  EXPECT_NEAR(static_cast<double>(in_last_day) / 86'400, 0.5, 0.04);
}

} // namespace
} // namespace wardpulse::producer
