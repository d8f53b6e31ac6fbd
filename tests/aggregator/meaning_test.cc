// What single numbers mean, one small log each. The expected values were worked out by hand from docs/semantics.md.
#include <gtest/gtest.h>

#include "aggregator/windows.h"
#include "tests/aggregator/ward.h"

namespace wardpulse::aggregator {
namespace {

const std::string kHour = "|1h:2026-11-21T13:00:00Z";
const std::string kDay = "|1d:2026-11-21T00:00:00Z";
const std::string kEmergencyHour = "department|department=Emergency" + kHour;
const std::string kFunnelDay = "funnel|funnel=emergency,department=all" + kDay;

TEST(Department, CountsAVisitByItsEarliestCheckin) {
  Ward ward;
  EXPECT_EQ(ward.checkin("c1", "13:10", "p1", "v1"), Outcome::kApplied);
  EXPECT_EQ(ward.checkin("c2", "13:05", "p1", "v1", "Cardiology"), Outcome::kApplied);
  EXPECT_EQ(ward.checkin("c2", "13:05", "p1", "v1", "Cardiology"), Outcome::kDuplicate);
  ward.publish();
  EXPECT_EQ(ward.value(kEmergencyHour, "checkins"), "absent");
  EXPECT_EQ(ward.value("department|department=Cardiology" + kHour, "checkins"), "1");
  EXPECT_EQ(ward.value("hospital|" + kHour, "by_visit_type"), R"({"Emergency":1,"Inpatient":0,"Outpatient":0})");
}

TEST(Department, DistinctPatientsAreCountedOnceAWindow) {
  Ward ward;
  ward.checkin("c1", "13:10", "p1", "v1");
  ward.checkin("c2", "13:20", "p1", "v2");
  ward.checkin("c3", "13:30", "p1", "v3", "Cardiology");
  ward.publish();
  EXPECT_EQ(ward.value(kEmergencyHour, "checkins"), "2");
  EXPECT_EQ(ward.value(kEmergencyHour, "distinct_patients"), "1");
  EXPECT_EQ(ward.value("hospital|" + kHour, "distinct_patients"), "1");
  EXPECT_EQ(ward.value("hospital|" + kHour, "new_patients"), "1");
}

// The window of the funnel ends within a minute: the wait has to reach it in what is published, too.
TEST(Funnel, AWaitIsPublishedUntilItIsOver) {
  Ward ward;
  ward.checkin("c1", "2026-11-21T13:00:30Z", "p1", "v1");
  for (const char* now : {"2026-11-22T12:30:00Z", "2026-11-22T13:00:50Z", "2026-11-22T13:05:00Z"}) {
    for (int t = 0; t < kTopicCount; ++t) ward.heartbeat(static_cast<Topic>(t), now);
    ward.publish();
  }
  const auto waits = ward.value(kFunnelDay, "unseen_minutes");
  EXPECT_NE(waits.find("1440"), std::string::npos) << waits;
}

// A visit leaves 151 days after its anchor, which may be soon after its check-in.
TEST(Department, DistinctPatientsAreCountedOnceAlthoughAVisitLeft) {
  for (const bool has_left : {true, false}) {
    Ward ward;
    const Time anchor = at("2026-01-01T00:00:00Z");
    const std::string where = R"("department":"Emergency","visit_type":"Emergency")";
    EXPECT_EQ(ward.write(Topic::kCheckins, anchor, event("visit.cancelled", "x1", anchor, "p1", "v1", where)), Outcome::kApplied);
    EXPECT_EQ(ward.checkin("c1", "2026-05-01T00:00:00Z", "p1", "v1"), Outcome::kApplied);
    const auto time_passes = [&] {
      for (int t = 0; t < kTopicCount; ++t) EXPECT_EQ(ward.heartbeat(static_cast<Topic>(t), "2026-06-02T12:00:00Z"), Outcome::kApplied);
    };
    if (has_left) time_passes();
    EXPECT_EQ(ward.state().visit_count(), has_left ? 0U : 1U);
    EXPECT_EQ(ward.checkin("c2", "2026-05-31T00:00:00Z", "p1", "v2"), Outcome::kApplied);
    if (!has_left) time_passes();
    ward.publish();
    const std::string month = "department|department=Emergency|month:2026-05-01T00:00:00Z";
    EXPECT_EQ(ward.value(month, "checkins"), "2");
    EXPECT_EQ(ward.value(month, "distinct_patients"), "1") << has_left;
  }
}

TEST(Department, APatientSeenBeforeIsReturning) {
  Ward ward;
  ward.checkin("c1", "2026-11-20T13:10:00Z", "p1", "v1");
  ward.checkin("c2", "13:20", "p1", "v2");
  ward.checkin("c3", "13:30", "p2", "v3");
  ward.publish();
  EXPECT_EQ(ward.value("hospital|" + kDay, "new_patients"), "1");
  EXPECT_EQ(ward.value("hospital|" + kDay, "returning_patients"), "1");
}

TEST(Department, ADurationBelongsToTheWindowInWhichItEnds) {
  Ward ward;
  ward.checkin("c1", "13:50", "p1", "v1");
  ward.encounter("provider.seen", "s1", "14:51", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value(kEmergencyHour, "wait_minutes"), R"({"n":0,"sum":0,"max":null,"p50":null,"p90":null,"p95":null,"minutes":[]})");
  EXPECT_EQ(ward.value("department|department=Emergency|1h:2026-11-21T14:00:00Z", "wait_minutes"),
            R"({"n":1,"sum":61,"max":61,"p50":61,"p90":61,"p95":61,"minutes":[[61,1]]})");
}

TEST(Department, AStepThatTurnsOutEarlierMovesItsDuration) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.encounter("provider.seen", "s1", "14:30", "p1", "v1");
  ward.encounter("provider.seen", "s2", "13:30", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value("department|department=Emergency|1h:2026-11-21T14:00:00Z", "wait_minutes"), "absent");
  EXPECT_EQ(ward.value(kEmergencyHour, "wait_minutes"), R"({"n":1,"sum":30,"max":30,"p50":30,"p90":30,"p95":30,"minutes":[[30,1]]})");
}

TEST(Department, ANegativeDurationIsLeftOut) {
  Ward ward;
  ward.checkin("c1", "13:30", "p1", "v1");
  ward.encounter("provider.seen", "s1", "13:10", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value(kEmergencyHour, "checkins"), "1");
  EXPECT_EQ(ward.value(kEmergencyHour, "wait_minutes"), R"({"n":0,"sum":0,"max":null,"p50":null,"p90":null,"p95":null,"minutes":[]})");
}

// A cancellation of last winter turned up under the ids of a visit: the check-in lies more than 120 days behind it, so it is not
// of that visit, and must not lend it its department either.
TEST(Department, ACheckinTooFarBehindTheVisitsStartLendsItNothing) {
  Definition definition;
  definition.grace[static_cast<int>(WindowSize::k1h)] = kNoGrace;
  Ward ward(definition);
  ward.checkin("c1", "13:00", "p1", "v1", "Cardiology");
  const auto early = at("2026-07-01T13:00:00Z");
  ward.write(Topic::kCheckins, early, event("visit.cancelled", "x1", early, "p1", "v1", R"("department":"Surgery","visit_type":"Emergency")"));
  const auto treated = at("2026-07-02T13:00:00Z");
  ward.write(Topic::kEncounters, treated, event("treatment", "t1", treated, "p1", "v1", R"("treatment_code":"X","cost":1)"));
  ward.heartbeat(Topic::kCheckins, "2026-11-28T13:00:00Z");
  ward.publish();
  EXPECT_EQ(ward.value("department|department=Surgery|1h:2026-07-02T13:00:00Z", "treatments"), "1");
  EXPECT_EQ(ward.value("department|department=Cardiology|1h:2026-07-02T13:00:00Z", "treatments"), "absent");
}

TEST(Department, ALocalDayHas23HoursWhenTheClocksGoForward) {
  Definition definition;
  definition.zone = TimeZone::load("Europe/Stockholm").value();
  Ward ward(definition);
  ward.checkin("c1", "2017-03-25T23:00:00Z", "p1", "v1"); // 00:00 local on the 26th
  ward.checkin("c2", "2017-03-26T21:59:59Z", "p2", "v2"); // 23:59:59 local on the 26th
  ward.checkin("c3", "2017-03-26T22:00:00Z", "p3", "v3"); // 00:00 local on the 27th
  ward.publish();
  const std::string day = "hospital||1d:2017-03-25T23:00:00Z"; // ids name the start in UTC
  EXPECT_EQ(ward.value(day, "checkins"), "2");
  EXPECT_EQ(ward.cells().at(day).window->end - ward.cells().at(day).window->start, std::chrono::hours{23});
}

TEST(Lateness, EachSizeJudgesForItself) {
  Ward ward;
  ward.checkin("c1", "13:30", "p1", "v1");
  ward.checkin("c2", "13:15", "p2", "v2"); // 10s window ended 15 min ago: too late for 10s only
  ward.publish();
  EXPECT_EQ(ward.value("hospital||10s:2026-11-21T13:15:00Z", "checkins"), "absent");
  EXPECT_EQ(ward.value("hospital||1m:2026-11-21T13:15:00Z", "checkins"), "1");
  EXPECT_EQ(ward.state().counters().late, 1);
}

TEST(Lateness, ARecordThatNoSizeAdmitsIsTooLate) {
  Ward ward;
  ward.checkin("c1", "2026-11-21T13:30:00Z", "p1", "v1");
  EXPECT_EQ(ward.checkin("c2", "2026-09-30T13:30:00Z", "p2", "v2"), Outcome::kRejected); // month ended 52 days ago
  EXPECT_EQ(ward.rejected().back().rejection.reason, RejectReason::kTooLate);
  EXPECT_EQ(ward.checkin("c3", "2026-10-01T13:30:00Z", "p2", "v2"), Outcome::kApplied); // its month ended 21 days ago
}

TEST(Lateness, TheFutureIsRefusedAndDoesNotMoveStreamTime) {
  Ward ward;
  const auto json = event("checkin", "c1", at("13:06"), "p1", "v1", R"("department":"E","visit_type":"Emergency")");
  EXPECT_EQ(ward.write(Topic::kCheckins, at("13:00"), json), Outcome::kRejected);
  EXPECT_EQ(ward.rejected().back().rejection.reason, RejectReason::kFuture);
  EXPECT_EQ(ward.state().stream_time(Topic::kCheckins), kNever);
  EXPECT_EQ(ward.write(Topic::kCheckins, at("13:01"), json), Outcome::kApplied);
}

TEST(Hold, ARecordWaitsForItsVisit) {
  Ward ward;
  EXPECT_EQ(ward.encounter("treatment", "t1", "13:20", "p1", "v1", R"("treatment_code":"X","cost":12.34)"), Outcome::kHeld);
  EXPECT_EQ(ward.state().counters().held, 1);
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.state().counters().held, 0);
  EXPECT_EQ(ward.value(kEmergencyHour, "treatment_cents"), "1234");
}

TEST(Hold, AVisitThatBecomesKnownTooLateTakesNothing) {
  Ward ward;
  ward.encounter("triage", "t1", "2026-11-01T13:00:00Z", "p1", "v1", R"("acuity":2)");
  ward.checkin("c0", "2026-11-08T13:00:00Z", "p9", "v9"); // stream time of checkins is now e + 7 d
  ward.checkin("c1", "2026-11-01T12:00:00Z", "p1", "v1");
  ASSERT_EQ(ward.rejected().size(), 1U);
  EXPECT_EQ(ward.rejected()[0].rejection.reason, RejectReason::kUnknownVisit);
  EXPECT_EQ(ward.rejected()[0].topic, Topic::kEncounters);
  EXPECT_EQ(ward.encounter("triage", "t2", "2026-11-01T13:00:00Z", "p1", "v1", R"("acuity":2)"), Outcome::kRejected);
}

TEST(Hold, RunsOutByTheLogWatermark) {
  Definition definition;
  definition.topics = {true, true, false, false};
  Ward ward(definition);
  ward.encounter("triage", "t1", "2026-11-01T13:00:00Z", "p1", "v1", R"("acuity":2)");
  ward.heartbeat(Topic::kCheckins, "2026-11-08T13:00:05Z");
  EXPECT_EQ(ward.state().counters().held, 1) << "topic encounters still stands at the record itself";
  ward.heartbeat(Topic::kEncounters, "2026-11-08T13:00:04.999Z");
  EXPECT_EQ(ward.state().counters().held, 1);
  ward.heartbeat(Topic::kEncounters, "2026-11-08T13:00:05Z");
  EXPECT_EQ(ward.state().counters().held, 0);
  EXPECT_EQ(ward.state().counters().rejected, 1);
}

TEST(Funnel, OpenPatientIsNotDropped) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.encounter("triage", "t1", "13:05", "p1", "v1", R"("acuity":3)");
  ward.heartbeat(Topic::kCheckins, "2026-11-22T13:00:05Z");
  ward.heartbeat(Topic::kEncounters, "2026-11-22T13:00:05Z");
  ward.publish();
  EXPECT_EQ(ward.value(kFunnelDay, "open"), "1") << "the watermark stands at start + window, not past it";
  EXPECT_EQ(ward.value(kFunnelDay, "timed_out"), "0");
  ward.heartbeat(Topic::kCheckins, "2026-11-22T13:00:05.001Z");
  ward.heartbeat(Topic::kEncounters, "2026-11-22T13:00:05.001Z");
  ward.publish();
  EXPECT_EQ(ward.value(kFunnelDay, "open"), "0");
  EXPECT_EQ(ward.value(kFunnelDay, "timed_out"), "1");
  EXPECT_EQ(ward.value(kFunnelDay, "reached"), "[1,1,0,0,0]");
}

TEST(Funnel, NobodyHasWaitedYetWhileThereIsNoWatermark) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.publish(false); // nothing came of encounters, and it is not idle
  EXPECT_NE(ward.value(kFunnelDay, "unseen_minutes").find("[[0,1]]"), std::string::npos) << ward.value(kFunnelDay, "unseen_minutes");
}

TEST(Funnel, AnExitEndsTheAttemptByItsDoor) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.encounter("triage", "t1", "13:05", "p1", "v1", R"("acuity":3)");
  ward.encounter("visit.left", "l1", "13:30", "p1", "v1", R"("reason":"lwbs")");
  ward.encounter("roomed", "r1", "13:40", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value(kFunnelDay, "exited"), R"({"visit.left:lwbs":1})");
  EXPECT_EQ(ward.value(kFunnelDay, "reached"), "[1,1,0,0,0]");
}

TEST(Funnel, AnExitAtTheMomentOfConversionDoesNotCount) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.encounter("triage", "t1", "13:05", "p1", "v1", R"("acuity":3)");
  ward.encounter("roomed", "r1", "13:05", "p1", "v1");
  ward.encounter("provider.seen", "s1", "13:20", "p1", "v1");
  ward.encounter("visit.completed", "d1", "13:40", "p1", "v1", R"("status":"Completed","started_at":"2026-11-21T13:00:00Z")");
  ward.encounter("visit.left", "l1", "13:40", "p1", "v1", R"("reason":"ama")");
  ward.publish();
  EXPECT_EQ(ward.value(kFunnelDay, "converted"), "1");
  EXPECT_EQ(ward.value(kFunnelDay, "exited"), "{}");
  EXPECT_EQ(ward.value("department|department=Emergency" + kHour, "left"), "1");
}

TEST(Funnel, StepsOutOfOrderDoNotCount) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.encounter("roomed", "r1", "13:01", "p1", "v1");
  ward.encounter("triage", "t1", "13:05", "p1", "v1", R"("acuity":3)");
  ward.publish();
  EXPECT_EQ(ward.value(kFunnelDay, "reached"), "[1,1,0,0,0]");
}

TEST(Funnel, AStepAtStartPlusWindowStillCounts) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.encounter("triage", "t1", "2026-11-22T13:00:00Z", "p1", "v1", R"("acuity":3)");
  ward.publish();
  EXPECT_EQ(ward.value(kFunnelDay, "reached"), "[1,1,0,0,0]");
}

TEST(Funnel, WorkflowEntitiesGoThroughTheReview) {
  Ward ward;
  const auto step = [&](const char* type, const char* id, const char* time) {
    return ward.write(Topic::kWorkflow, at(time), std::string(R"({"event_id":")") + id + R"(","event_type":")" + type +
                                                      R"(","entity_id":"NA","event_time":")" + format_rfc3339(at(time)) + "\"}");
  };
  step("data.uploaded", "1", "13:00");
  step("data.validated", "2", "13:02");
  step("analysis.failed", "3", "13:09");
  ward.publish();
  const std::string cell = "funnel|funnel=review,department=unknown" + kHour;
  EXPECT_EQ(ward.value(cell, "reached"), "[1,1,0,0,0]");
  EXPECT_EQ(ward.value(cell, "exited"), R"({"analysis.failed":1})");
}

// In the hour in which it leaves the state, it is another entity already.
TEST(Funnel, AnEntityUsedAnewStaysUndecidedInItsFormerAttempt) {
  const Definition definition;
  Ward ward(definition);
  const auto upload = [&](const char* id, Time time) {
    ward.write(Topic::kWorkflow, time, event("data.uploaded", id, time, "", "", R"("entity_id":"NA")"));
  };
  upload("1", at("13:20"));
  const Time dead = Windows(definition).entity_dead_from(at("13:20"));
  ward.heartbeat(Topic::kWorkflow, format_rfc3339(dead + std::chrono::minutes{5}));
  upload("2", dead + std::chrono::minutes{6});
  ward.heartbeat(Topic::kWorkflow, format_rfc3339(dead + std::chrono::hours{2}));
  const std::string there = all_cells_text(ward.state());
  EXPECT_NE(there.find(R"("open":1)"), std::string::npos) << there;
  auto restored = PartitionState::restore(definition, 0, ward.state().snapshot());
  ASSERT_TRUE(restored);
  EXPECT_EQ(all_cells_text(*restored), there);
}

TEST(Census, FollowsAPatientThroughTheHouse) {
  Ward ward;
  const std::string cell = "census|department=Emergency|-";
  const auto tick = [&](const char* time) {
    ward.heartbeat(Topic::kCheckins, time);
    ward.heartbeat(Topic::kEncounters, time);
    ward.publish();
  };
  ward.checkin("c1", "13:00", "p1", "v1");
  tick("2026-11-21T13:40:05Z");
  EXPECT_EQ(ward.value(cell, "waiting"), "1");
  EXPECT_EQ(ward.value(cell, "longest_wait_minutes"), "40");
  EXPECT_EQ(ward.value(cell, "breaching_next_30m"), R"({"board_240":0,"four_hour":0,"room_60":1,"stay_480":0})");
  ward.encounter("roomed", "r1", "13:45", "p1", "v1");
  ward.encounter("admit.decision", "a1", "14:00", "p1", "v1");
  tick("2026-11-21T14:10:05Z");
  EXPECT_EQ(ward.value(cell, "waiting"), "0");
  EXPECT_EQ(ward.value(cell, "longest_wait_minutes"), "null");
  EXPECT_EQ(ward.value(cell, "in_care"), "1");
  EXPECT_EQ(ward.value(cell, "boarding"), "1");
  ward.encounter("admission", "ad1", "15:00", "p1", "v1", R"("admission_id":"A","room_type":"ICU")");
  tick("2026-11-21T15:10:05Z");
  EXPECT_EQ(ward.value(cell, "boarding"), "0");
  EXPECT_EQ(ward.value(cell, "admitted"), "1");
}

// The room's clock is ahead by ten minutes: as of the moments between, the patient has no check-in yet.
TEST(Census, WhoIsNotCheckedInYetIsNotTheLastRoomed) {
  Ward ward;
  ward.checkin("c1", "13:00", "p1", "v1");
  ward.encounter("roomed", "r1", "13:20", "p1", "v1");
  ward.checkin("c2", "13:40", "p2", "v2");
  ward.encounter("roomed", "r2", "13:30", "p2", "v2");
  const auto last_roomed = [&] { return ward.value("crowding||-", "inputs"); };
  ward.heartbeat(Topic::kEncounters, "13:37");
  ward.publish(false);
  EXPECT_NE(last_roomed().find(std::to_string(to_ms(at("13:20")))), std::string::npos) << last_roomed();
  ward.heartbeat(Topic::kEncounters, "13:50");
  ward.heartbeat(Topic::kCheckins, "13:50");
  ward.publish(false);
  EXPECT_NE(last_roomed().find(std::to_string(to_ms(at("13:30")))), std::string::npos) << last_roomed();
}

TEST(Census, AnEmergencyVisitWithoutEndGoesStale) {
  Ward ward;
  ward.checkin("c1", "2026-11-19T13:00:00Z", "p1", "v1");
  ward.heartbeat(Topic::kCheckins, "2026-11-21T13:00:05Z");
  ward.heartbeat(Topic::kEncounters, "2026-11-21T13:00:05Z");
  ward.publish();
  EXPECT_EQ(ward.value("census|department=Emergency|-", "stale"), "1");
  EXPECT_EQ(ward.value("census|department=Emergency|-", "waiting"), "0");
}

TEST(Status, FollowsTheShownWatermark) {
  Ward ward;
  const auto tick = [&](const char* time) {
    ward.heartbeat(Topic::kCheckins, time);
    ward.heartbeat(Topic::kEncounters, time);
    ward.publish(false);
  };
  ward.checkin("c1", "13:00", "p1", "v1");
  tick("2026-11-21T14:00:04.999Z");
  EXPECT_EQ(ward.status(kEmergencyHour), "open");
  tick("2026-11-21T14:00:05Z");
  EXPECT_EQ(ward.status(kEmergencyHour), "closed");
  tick("2026-11-23T14:00:05Z");
  EXPECT_EQ(ward.status(kEmergencyHour), "final");
}

TEST(Occurrences, OnlyTheSixteenEarliestCount) {
  Ward ward;
  ward.checkin("c", "13:00", "p1", "v1");
  for (int i = 0; i < 16; ++i) {
    const std::string time = "13:" + std::to_string(20 + i);
    EXPECT_EQ(ward.encounter("triage", "t" + std::to_string(i), time, "p1", "v1", R"("acuity":3)"), Outcome::kApplied);
  }
  EXPECT_EQ(ward.encounter("triage", "late", "13:50", "p1", "v1", R"("acuity":3)"), Outcome::kDuplicate);
  EXPECT_EQ(ward.encounter("triage", "early", "13:10", "p1", "v1", R"("acuity":3)"), Outcome::kApplied);
  EXPECT_EQ(ward.state().counters().occurrences_ignored, 2);
}

TEST(Identity, ABillMayGoFromPendingToPaidOnce) {
  Ward ward;
  ward.checkin("c", "13:00", "p1", "v1");
  const auto bill = [&](const char* id, const char* status) {
    return ward.write(Topic::kBilling, at("13:30"), event("bill", id, at("13:30"), "p1", "v1", std::string(R"("bill_id":"B","total_amount":10,"insurance_amount":0,"patient_amount":10,"status":")") +
                      status + R"(","paid_at":"2026-11-21T13:30:00Z")"));
  };
  EXPECT_EQ(bill("b1", "Pending"), Outcome::kApplied);
  EXPECT_EQ(bill("b2", "Pending"), Outcome::kDuplicate);
  EXPECT_EQ(bill("b3", "Paid"), Outcome::kApplied);
  EXPECT_EQ(bill("b4", "Paid"), Outcome::kDuplicate);
}

} // namespace
} // namespace wardpulse::aggregator
