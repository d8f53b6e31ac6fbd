#include "consumer/instance_status.h"

#include <gtest/gtest.h>

#include "base/version.h"

namespace wardpulse::consumer {
namespace {

Time at(const char* text) { return *parse_rfc3339(text); }

InstanceStatus consumer_status() {
  InstanceStatus status;
  status.role = "consumer";
  status.instance = "ward-a";
  status.generation = "live";
  status.started_at = at("2026-03-04T08:00:00Z");
  status.at = at("2026-03-04T10:00:00Z");
  status.records_per_second = 812.46;
  status.checkpoint_took = Duration{420};
  auto& figures = status.figures;
  figures.partitions = {0, 3};
  figures.lag = {{{0, 0}, 5}, {{1, 3}, 7}};
  figures.shown_watermark = at("2026-03-04T09:59:58Z");
  figures.watermark[0] = at("2026-03-04T09:59:59Z");
  figures.checkpoint_time = at("2026-03-04T09:59:57Z");
  figures.rebalances = {{"assigned", 2}, {"revoked", 1}};
  figures.held = 4;
  figures.visits = 12;
  figures.cells = 340;
  return status;
}

const std::string kHead = R"({"role":"consumer","instance":"ward-a","generation":"live","version":")" + std::string(version()) + "\",";

TEST(InstanceStatus, IsOneObjectWithEverythingThatItsReadersShow) {
  EXPECT_EQ(encode_status(consumer_status()),
            kHead + R"("started_at":"2026-03-04T08:00:00Z","at":"2026-03-04T10:00:00Z","records_per_second":812.5,)"
                    R"("partitions":[0,3],"lag_records":12,"watermark":"2026-03-04T09:59:58Z",)"
                    R"("watermarks":{"checkins":"2026-03-04T09:59:59Z"},"held":4,"visits":12,"cells":340,)"
                    R"("checkpoint":{"at":"2026-03-04T09:59:57Z","seconds":0.420,"failures":0},)"
                    R"("rebalances":{"assigned":2,"revoked":1,"lost":0},"replay":null})");
}

TEST(InstanceStatus, WhatIsNotKnownIsNullAndNeverZero) {
  InstanceStatus status = consumer_status();
  status.figures = {};
  status.checkpoint_took = std::nullopt;
  status.records_per_second = std::nullopt;
  const auto json = encode_status(status);
  EXPECT_NE(json.find(R"("records_per_second":null,)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("watermark":null,"watermarks":{})"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("checkpoint":{"at":null,"seconds":null,"failures":0})"), std::string::npos) << json;
}

TEST(InstanceStatus, AReplaySaysHowFarItIs) {
  InstanceStatus status = consumer_status();
  status.figures.replayed_to = at("2026-01-01T00:00:00Z");
  status.replay = ProgressMeter::Reading{0.42, 1000, Duration{90'500}};
  const auto json = encode_status(status);
  EXPECT_NE(json.find(R"("replay":{"ratio":0.4200,"records_per_second":1000.0,"seconds_left":90.500,"event_time":"2026-01-01T00:00:00Z"})"),
            std::string::npos) << json;
}

} // namespace
} // namespace wardpulse::consumer
