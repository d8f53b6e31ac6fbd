// Events by HTTP into a real client and the embedded broker, and back out of its log.
#include "web/ingest.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <set>
#include <thread>

#include "kafka/client.h"
#include "kafka/embedded_broker.h"
#include "tests/web/http_client.h"
#include "tests/web/temporary_folder.h"
#include "web/key_file.h"
#include "web/service.h"

namespace wardpulse::web {
namespace {

using namespace test;
namespace dom = simdjson::dom;

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::string check_in(const std::string& id, const std::string& patient = "p1") {
  return R"({"event_id":")" + id + R"(","event_type":"checkin","event_time":"2026-11-21T08:00:00Z","patient_id":")" + patient +
         R"(","visit_id":"v1","department":"Emergency","visit_type":"Emergency"})";
}

class IngestTest : public testing::Test {
 protected:
  IngestTest() {
    folder_.write("site/index.html", "x");
    for (const Scope scope : {Scope::kRead, Scope::kIngest}) {
      keys_[scope] = create_key(folder_.path("keys"), scope, "", now(), std::nullopt)->text;
    }
    std::vector<kafka::NewTopic> topics;
    for (const char* name : {"wardpulse.checkins", "wardpulse.encounters", "wardpulse.billing", "wardpulse.workflow", "wardpulse.rejected"}) {
      topics.push_back({name, 2, {}});
    }
    EXPECT_TRUE(broker_.create_topics(topics));
    ServiceOptions options;
    options.listen = options.private_listen = HostPort{"127.0.0.1", 0};
    options.keys_path = folder_.path("keys");
    options.client = kafka::ClientOptions{broker_.bootstrap(), "test", {{"message.timeout.ms", "1500"}}};
    options.zone = TimeZone::load("Europe/Stockholm").value();
    service_ = std::move(*Service::create(options, *StaticFiles::load(folder_.path("site"))));
    thread_ = std::thread([this] { service_->run(-1); });
  }
  ~IngestTest() override {
    service_->stop();
    thread_.join();
    service_.reset();
  }

  std::string post(const std::string& path, const std::string& body, const std::string& type = "application/json") {
    Client client(service_->public_port());
    client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: " + type + "\r\nX-API-Key: " +
                keys_[Scope::kIngest] + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_all();
  }
  // Until Kafka is connected.
  std::string post_when_ready(const std::string& path, const std::string& body, const std::string& type = "application/json") {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      auto answer = post(path, body, type);
      if (status_of(answer) != "503" || std::chrono::steady_clock::now() > deadline) return answer;
    }
  }
  std::string get(const std::string& target) {
    Client client(service_->public_port());
    client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: " + keys_[Scope::kRead] + "\r\n\r\n");
    return client.read_all();
  }
  dom::element json_of(const std::string& answer) {
    body_ = body_of(answer);
    return parser_.parse(body_);
  }

  kafka::EmbeddedBroker broker_ = kafka::EmbeddedBroker::start().value();
  TemporaryFolder folder_;
  std::map<Scope, std::string> keys_;
  std::unique_ptr<Service> service_;
  std::thread thread_;
  dom::parser parser_;
  std::string body_;
};

TEST_F(IngestTest, AnEventIsInTheLogWhenItIsAccepted) {
  const auto answer = post_when_ready("/events", check_in("e1"));
  ASSERT_EQ(status_of(answer), "202") << answer;
  const auto outcome = json_of(answer);
  EXPECT_EQ(std::string_view(outcome["status"]), "accepted");
  EXPECT_EQ(std::string_view(outcome["event_id"]), "e1");
  EXPECT_EQ(std::string_view(outcome["topic"]), "wardpulse.checkins");
  EXPECT_EQ(std::int64_t(outcome["offset"]), 0);
  EXPECT_EQ(std::int64_t(outcome["partition"]), kafka::murmur2_partition("p1", 2));

  const auto log = get("/events?topic=checkins&limit=10");
  ASSERT_EQ(status_of(log), "200") << log;
  const auto records = json_of(log)["records"].get_array();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(std::string_view(records.at(0)["key"]), "p1");
  EXPECT_EQ(simdjson::minify(records.at(0)["event"]), check_in("e1"));
}

TEST_F(IngestTest, EachRecordOfABulkHasItsOutcome) {
  const auto answer = post_when_ready("/events/bulk", "[" + check_in("e1") + ", {\"no\": 1},\n 7, " + check_in("e2", "p2") + "]");
  ASSERT_EQ(status_of(answer), "202") << answer;
  const auto json = json_of(answer);
  EXPECT_EQ(std::int64_t(json["accepted"]), 2);
  EXPECT_EQ(std::int64_t(json["rejected"]), 2);
  const auto results = json["results"].get_array();
  ASSERT_EQ(results.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(std::uint64_t(results.at(i)["index"]), i);
  EXPECT_EQ(std::string_view(results.at(1)["reason"]), "missing_field");
  EXPECT_EQ(std::string_view(results.at(2)["reason"]), "bad_type");
  EXPECT_EQ(std::string_view(results.at(3)["event_id"]), "e2");

  const auto lines = post("/events/bulk", check_in("e3") + "\n\n" + check_in("e4") + "\r\n{\n", "application/x-ndjson");
  EXPECT_EQ(status_of(lines), "202");
  EXPECT_EQ(std::int64_t(json_of(lines)["accepted"]), 2);
}

TEST_F(IngestTest, ShortFormsBecomeEvents) {
  const std::string short_form = R"({"patient_id":"007","check_in_time":"2026-07-01 10:00","department":"Surgery"})";
  const auto first = post_when_ready("/events", short_form);
  ASSERT_EQ(status_of(first), "202") << first;
  const std::string id(std::string_view(json_of(first)["event_id"]));
  EXPECT_EQ(std::string_view(json_of(post("/events", short_form))["event_id"]), id) << "a repeat is a duplicate";
  const auto log = get("/events?topic=checkins");
  EXPECT_NE(log.find("\"event_time\":\"2026-07-01T08:00:00Z\""), std::string::npos) << log;
  EXPECT_NE(log.find("\"visit_type\":\"Outpatient\""), std::string::npos);
  const auto step = post("/events", R"({"event_type":"data.uploaded","entity_id":"1e5","timestamp":"2026-07-01T10:00:00Z",)"
                                    R"("actor_role":"x","metadata":{"a":[1]}})");
  EXPECT_EQ(status_of(step), "202") << step;
  EXPECT_EQ(std::string_view(json_of(step)["topic"]), "wardpulse.workflow");
}

TEST_F(IngestTest, RefusesWhatDoesNotRead) {
  post_when_ready("/events", check_in("e0"));
  const auto refused = [&](const std::string& path, const std::string& body, const char* status, const std::string& code) {
    const auto answer = post(path, body);
    EXPECT_EQ(status_of(answer), status) << answer;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
    EXPECT_NE(answer.find("\"code\":\"" + code + "\""), std::string::npos) << answer;
  };
  refused("/events", "", "422", "malformed_json");
  refused("/events", "[" + check_in("e1") + "]", "422", "bad_type");
  refused("/events", R"({"event_type":"feed.heartbeat","event_id":"h","source":"x","event_time":"2026-11-21T08:00:00Z"})", "422",
          "unknown_event_type");
  refused("/events",
          R"({"event_id":"t","event_type":"triage","event_time":"2026-11-21T08:00:00Z","patient_id":"p","visit_id":"v","acuity":9})",
          "422", "rule");
  refused("/events", R"({"event_type":"a","entity_id":"1","timestamp":"2026-11-21T08:00:00Z","metadata":[1]})", "422", "bad_type");
  refused("/events/bulk", "[{}", "422", "malformed_json");
  refused("/events/bulk", "[{}]", "422", "none_accepted");
  refused("/events/bulk", "", "422", "none_accepted");
  std::string many = "[";
  for (std::size_t i = 0; i < kMaxBulkRecords; ++i) many += "1,";
  refused("/events/bulk", many + "1]", "413", "too_many_records");
  EXPECT_EQ(status_of(post("/events", check_in("e1"), "text/plain")), "415");
  EXPECT_EQ(status_of(get("/events?topic=nothing")), "400");
  EXPECT_EQ(status_of(get("/events?topic=checkins&before=x")), "400");
}

TEST_F(IngestTest, PagesOfTheLogNeitherOverlapNorSkip) {
  std::string bulk = "[" + check_in("e0", "p0");
  for (int i = 1; i < 25; ++i) bulk += "," + check_in("e" + std::to_string(i), "p" + std::to_string(i));
  ASSERT_EQ(status_of(post_when_ready("/events/bulk", bulk + "]")), "202");
  std::multiset<std::string> seen;
  std::string cursor;
  for (int page = 0; page < 10; ++page) {
    const auto json = json_of(get("/events?topic=checkins&limit=4" + (cursor.empty() ? "" : "&before=" + cursor)));
    for (const auto record : json["records"].get_array()) seen.emplace(std::string_view(record["key"]));
    std::string_view next;
    if (json["next"].get(next) != simdjson::SUCCESS) break;
    cursor = next;
  }
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 25U);
}

TEST_F(IngestTest, LargeRecordsAreFewerInAnAnswer) {
  constexpr std::size_t kLarge = 900'000;
  auto producer = kafka::Producer::connect({broker_.bootstrap(), "large", {}}).value();
  const std::string value(kLarge, 'x');
  for (int i = 0; i < 40; ++i) {
    const auto key = std::to_string(i);
    ASSERT_TRUE(producer.produce({.topic = "wardpulse.checkins", .partition = i % 2, .key = key, .value = value}, {}));
    ASSERT_TRUE(producer.flush(std::chrono::seconds{10}));
  }
  std::multiset<std::string> seen;
  std::string cursor;
  int pages = 0;
  for (; pages < 10; ++pages) {
    const auto answer = get("/events?topic=checkins&limit=500" + (cursor.empty() ? "" : "&before=" + cursor));
    ASSERT_EQ(status_of(answer), "200");
    EXPECT_LT(answer.size(), kMaxAnswerBytes + kLarge);
    const auto json = json_of(answer);
    for (const auto record : json["records"].get_array()) seen.emplace(std::string_view(record["key"]));
    std::string_view next;
    if (json["next"].get(next) != simdjson::SUCCESS) break;
    cursor = next;
  }
  EXPECT_EQ(pages, 2) << "eighteen, eighteen and four";
  EXPECT_EQ(seen.size(), 40U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 40U);
}

TEST_F(IngestTest, RefusedRecordsAreReadWithWhyTheyWereRefused) {
  auto producer = kafka::Producer::connect({broker_.bootstrap(), "refusing", {}}).value();
  kafka::ProducerRecord refused{.topic = "wardpulse.rejected", .key = "wardpulse.billing-1-7", .value = "not JSON"};
  const std::vector<kafka::Header> headers = {{"reason", "rule"}, {"detail", "total"}, {"rule", "range"}, {"topic", "wardpulse.billing"},
                                              {"offset", "7"}, {"key", "p1"}};
  refused.headers = headers;
  ASSERT_TRUE(producer.produce(refused, {}));
  ASSERT_TRUE(producer.flush(std::chrono::seconds{10}));
  const auto records = json_of(get("/events?topic=rejected"))["records"].get_array();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(std::string_view(records.at(0)["text"]), "not JSON");
  EXPECT_EQ(simdjson::minify(records.at(0)["headers"]),
            R"({"reason":"rule","detail":"total","rule":"range","topic":"wardpulse.billing","offset":"7"})");
}

TEST_F(IngestTest, NothingIsAcceptedWhileTheBrokerIsAway) {
  post_when_ready("/events", check_in("e0"));
  broker_.set_reachable(false);
  const auto answer = post("/events", check_in("e1"));
  EXPECT_EQ(status_of(answer), "503") << answer;
  EXPECT_NE(answer.find("Retry-After: 1"), std::string::npos);
  broker_.set_reachable(true);
  EXPECT_EQ(status_of(post_when_ready("/events", check_in("e1"))), "202") << "and it goes on by itself";
}

TEST(SplitRecords, SplitsArraysAndLines) {
  const auto split = [](std::string_view body) { return split_records(body).value_or(std::vector<std::string_view>{"?"}); };
  using Records = std::vector<std::string_view>;
  EXPECT_EQ(split(""), Records());
  EXPECT_EQ(split("[]"), Records());
  EXPECT_EQ(split(" [ ] \n"), Records());
  EXPECT_EQ(split("[1]"), Records({"1"}));
  EXPECT_EQ(split(R"([{"a":"]},\"{["},[1,2] , 3])"), Records({R"({"a":"]},\"{["})", "[1,2]", "3"}));
  EXPECT_EQ(split("[1,,2]"), Records({"1", "", "2"}));
  EXPECT_EQ(split("{}\n\r\n {} "), Records({"{}", "{}"}));
  for (const char* broken : {"[", "[1", "[\"", "[]]", "[1] 2", "[}", "[\"\\"}) EXPECT_EQ(split(broken), Records({"?"})) << broken;
}

} // namespace
} // namespace wardpulse::web
