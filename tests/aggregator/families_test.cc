// What the sums mean, one small log each. The expected values were worked out by hand from docs/semantics.md.
#include <gtest/gtest.h>

#include "tests/aggregator/ward.h"

namespace wardpulse::aggregator {
namespace {

const std::string kDay = "|1d:2026-11-21T00:00:00Z";
const std::string kMonth = "|month:2026-11-01T00:00:00Z";
const std::string kAccess = "access|department=Emergency" + kDay;

std::string rule_cell(const std::string& rule, const std::string& source = "unknown") { return "quality|source=" + source + ",rule=" + rule + kDay; }

struct Money : testing::Test {
  Ward ward;
  Outcome bill(const char* id, const char* time, const std::string& status, const char* total = "100") {
    return ward.write(Topic::kBilling, at(time), event("bill", id, at(time), "p1", "v1", std::string(R"("bill_id":"b1","total_amount":)") + total +
                      R"(,"insurance_amount":60,"patient_amount":40,"payer":"Blue","status":")" + status + '"'));
  }
  Outcome pay(const char* id, const char* time, const char* amount) {
    return ward.write(Topic::kBilling, at(time), event("payment", id, at(time), "p1", "v1", std::string(R"("bill_id":"b1","paid_at":"2026-11-21T00:00:00Z","amount":)") + amount));
  }
  std::string of_department(const std::string& field) { return ward.value("finance|department=Emergency" + kDay, field); }
  std::string of_payer(const std::string& field) { return ward.value("finance|payer=Blue" + kDay, field); }
};

TEST_F(Money, ABillIsPaidOnceItsPaymentsReachItsTotal) {
  ward.checkin("c1", "10:00", "p1", "v1");
  bill("b", "11:00", "Pending");
  pay("y1", "12:00", "99.99");
  ward.publish();
  EXPECT_EQ(of_department("pending_bills") + of_department("paid_bills"), "10");
  pay("y2", "12:30", "0.01");
  ward.publish();
  EXPECT_EQ(of_department("pending_bills") + of_department("paid_bills"), "01");
  EXPECT_EQ(of_department("billed_cents"), "10000");
  EXPECT_EQ(of_payer("paid_cents"), "10000");
  EXPECT_EQ(ward.value("finance|payer=Blue" + kMonth, "insurance_cents"), "6000");
  EXPECT_EQ(ward.value("daily_kpis|" + kDay, "total_revenue_cents"), "10000");
}

// A feed that knows no visit puts a whole day's bills under one.
TEST_F(Money, ManyBillsOfOneVisitAreToldApart) {
  ward.checkin("c1", "10:00", "p1", "v1");
  constexpr int kBills = 60;
  int paid = 0;
  for (int i = 0; i < kBills; ++i) {
    const auto id = std::to_string(i);
    const auto payer = i % 2 == 0 ? R"("Blue")" : R"("Red")";
    ward.write(Topic::kBilling, at("11:00"), event("bill", "b" + id, at("11:00"), "p1", "v1", R"("bill_id":")" + id +
               R"(","total_amount":10,"insurance_amount":0,"patient_amount":10,"status":"Pending","payer":)" + payer));
    for (int part = 0; part < i % 3; ++part) {
      ward.write(Topic::kBilling, at("12:00"), event("payment", "y" + id + "-" + std::to_string(part), at("12:00"), "p1", "v1",
                 R"("bill_id":")" + id + R"(","paid_at":"2026-11-21T12:00:00Z","amount":5)"));
    }
    paid += i % 3 == 2;
  }
  ward.publish();
  EXPECT_EQ(of_department("paid_bills"), std::to_string(paid));
  EXPECT_EQ(of_department("pending_bills"), std::to_string(kBills - paid));
  EXPECT_EQ(of_payer("billed_cents"), std::to_string(kBills / 2 * 1000));
  int blue = 0;
  for (int i = 0; i < kBills; i += 2) blue += i % 3 * 500;
  EXPECT_EQ(of_payer("paid_cents"), std::to_string(blue));
}

TEST_F(Money, ThePendingRecordTellsTheDayWhicheverComesFirst) {
  ward.checkin("c1", "2026-11-20T10:00:00Z", "p1", "v1");
  EXPECT_EQ(bill("b2", "10:00", "Paid\",\"paid_at\":\"2026-11-21T10:00:00Z"), Outcome::kApplied);
  EXPECT_EQ(bill("b3", "11:00", "Pending"), Outcome::kDuplicate);
  EXPECT_EQ(bill("b1", "2026-11-20T11:00:00Z", "Pending"), Outcome::kApplied);
  ward.publish();
  EXPECT_EQ(of_department("billed_cents"), "absent");
  EXPECT_EQ(ward.value("finance|department=Emergency|1d:2026-11-20T00:00:00Z", "paid_bills"), "1");
}

TEST_F(Money, TreatmentsAndClaimsHaveCellsOfTheirOwn) {
  ward.checkin("c1", "10:00", "p1", "v1");
  ward.encounter("treatment", "t1", "10:30", "p1", "v1", R"("treatment_code":"XR","cost":12.5)");
  ward.write(Topic::kBilling, at("11:00"), event("claim", "k1", at("11:00"), "p1", "v1", R"("claim_id":"k1","payer":"Blue","organization":"North","amount":9,"covered":7.25)"));
  ward.publish();
  EXPECT_EQ(ward.value("finance|treatment_code=XR" + kDay, "billed_cents"), "1250");
  EXPECT_EQ(of_payer("covered_cents"), "725");
  EXPECT_EQ(ward.value("organization|facility=North" + kMonth, "claimed_cents"), "900");
  EXPECT_EQ(ward.value("organization|facility=unknown" + kMonth, "encounters"), "1");
}

TEST(Access, SixtyOneMinutesAreTheFirstThatCount) {
  for (const auto& [roomed, over] : {std::pair("2026-11-21T11:00:59Z", "0"), std::pair("2026-11-21T11:01:00Z", "1")}) {
    Ward ward;
    ward.checkin("c1", "10:00", "p1", "v1");
    ward.encounter("roomed", "r1", roomed, "p1", "v1");
    ward.publish();
    EXPECT_EQ(ward.value(kAccess, "visits"), "absent") << "a visit that has not ended is not judged";
    ward.encounter("visit.completed", "e1", "12:00", "p1", "v1", R"("status":"Completed","started_at":"2026-11-21T10:00:00Z")");
    ward.publish();
    EXPECT_EQ(ward.value(kAccess, "room_over_60"), over);
    EXPECT_EQ(ward.value(kAccess, "any"), over);
  }
}

TEST(Access, AVisitCountsOnceAndObservationIsLeftOutOfTheLastTwo) {
  for (const bool observed : {false, true}) {
    Ward ward;
    ward.checkin("c1", "00:00", "p1", "v1");
    ward.encounter("admit.decision", "d1", "01:00", "p1", "v1", observed ? R"("observation":true)" : "");
    ward.encounter("admission", "a1", "05:01", "p1", "v1", R"("admission_id":"a1","room_type":"ICU")");
    ward.encounter("visit.completed", "e1", "08:01", "p1", "v1", R"("status":"Completed","started_at":"2026-11-21T00:00:00Z")");
    ward.publish();
    const std::string expected = observed ? "0" : "1";
    EXPECT_EQ(ward.value(kAccess, "boarding_over_240"), expected);
    EXPECT_EQ(ward.value(kAccess, "stay_over_480"), expected);
    EXPECT_EQ(ward.value(kAccess, "any"), expected);
    EXPECT_EQ(ward.value(kAccess, "excluded"), observed ? "1" : "0");
    EXPECT_EQ(ward.value(kAccess, "stay_over_240"), "1");
  }
}

TEST(Access, LeavingUnseenIsTheEndOnlyWhenItComesFirst) {
  Ward ward;
  ward.checkin("c1", "10:00", "p1", "v1");
  ward.encounter("visit.left", "l1", "10:40", "p1", "v1", R"("reason":"lwbs")");
  ward.publish();
  EXPECT_EQ(ward.value(kAccess, "lwbs"), "1");
  ward.encounter("visit.completed", "e1", "10:30", "p1", "v1", R"("status":"Completed","started_at":"2026-11-21T10:00:00Z")");
  ward.publish();
  EXPECT_EQ(ward.value(kAccess, "lwbs"), "0");
}

TEST(Quality, ARegistrationHealsTheVisitsBeforeIt) {
  Ward ward;
  ward.checkin("c1", "10:00", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value(rule_cell("patient_exists"), "failed"), "1");
  ward.write(Topic::kCheckins, at("10:05"), event("patient.registered", "r1", at("10:05"), "p1", "", R"("gender":"F","birth_date":"1980-02-29","city":"Visby")"));
  ward.publish();
  EXPECT_EQ(ward.value(rule_cell("patient_exists"), "failed"), "0");
  EXPECT_EQ(ward.value(rule_cell("patient_exists"), "evaluated"), "1");
}

TEST(Quality, ARepeatOfARefusedRecordIsNotCountedAgainForAMonth) {
  Ward ward;
  const auto registered = [&](const char* time) {
    ward.write(Topic::kCheckins, at(time), event("patient.registered", "r1", at(time), "p1", "", R"("gender":"X","birth_date":"1980-01-01","city":"Visby","source":"his")"));
  };
  registered("2026-11-21T10:00:00Z");
  registered("2026-12-22T09:59:59.999Z");
  ward.publish();
  EXPECT_EQ(ward.value("quality|source=his,rule=gender|1d:2026-12-22T00:00:00Z", "failed"), "absent");
  registered("2026-12-22T10:00:00Z");
  ward.publish();
  EXPECT_EQ(ward.value("quality|source=his,rule=gender|1d:2026-12-22T00:00:00Z", "failed"), "1");
  EXPECT_EQ(ward.value(rule_cell("gender", "his"), "failed"), "1");
  EXPECT_EQ(ward.state().counters().rejected, 3);
}

TEST(Quality, EveryBrokenRuleIsCounted) {
  Ward ward;
  ward.checkin("c1", "10:00", "p1", "v1");
  ward.write(Topic::kBilling, at("11:00"), event("bill", "b1", at("11:00"), "p1", "v1",
             R"("bill_id":"b1","total_amount":-1,"insurance_amount":5,"patient_amount":0,"status":"Paid")"));
  ward.publish();
  for (const char* rule : {"total_not_negative", "insurance_within_total", "paid_has_time"}) EXPECT_EQ(ward.value(rule_cell(rule), "failed"), "1") << rule;
  EXPECT_EQ(ward.value(rule_cell("visit_exists"), "evaluated"), "absent") << "it did not come so far";
}

TEST(Quality, ANegativeDurationHealsWhenAStepMoves) {
  Ward ward;
  ward.checkin("c1", "10:00", "p1", "v1");
  ward.encounter("provider.seen", "s1", "09:50", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value(rule_cell("out_of_sequence"), "failed"), "1");
  ward.checkin("c0", "09:40", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value(rule_cell("out_of_sequence"), "failed"), "0");
}

TEST(Marts, LengthOfStayIsExactAndNeedsNoAdmissionRecord) {
  Ward ward;
  ward.checkin("c1", "2026-11-19T00:00:00Z", "p1", "v1");
  ward.encounter("discharge", "d1", "12:00", "p1", "v1", R"("admission_id":"a1","admitted_at":"2026-11-19T00:00:00Z","disposition":"home")");
  ward.publish();
  EXPECT_EQ(ward.value("daily_kpis|" + kDay, "los_ms"), std::to_string(60 * 3'600'000));
  ward.encounter("admission", "a1", "2026-11-20T12:00:00Z", "p1", "v1", R"("admission_id":"a1","room_type":"ICU")");
  ward.publish();
  EXPECT_EQ(ward.value("department_stats|department=Emergency" + kDay, "los_ms"), std::to_string(24 * 3'600'000));
}

TEST(Marts, ADateThatStandsForNoneIsNoStay) {
  Ward ward;
  ward.checkin("c1", "10:00", "p1", "v1");
  for (const char* admitted : {"0001-01-01T00:00:00Z", "1926-11-21T11:59:59.999Z", "1926-11-21T12:00:00Z"}) {
    ward.encounter("discharge", admitted, "12:00", "p1", "v1", R"("admission_id":")" + std::string(admitted) + R"(","admitted_at":")" + admitted + R"(","disposition":"home")");
  }
  ward.publish();
  EXPECT_EQ(ward.value("daily_kpis|" + kDay, "los_n"), "1");
  EXPECT_EQ(ward.value("daily_kpis|" + kDay, "los_ms"), std::to_string(36'525LL * 24 * 3'600'000));
}

TEST(Marts, SomebodyWhoNeverCameIsAVisitAllTheSame) {
  Ward ward;
  ward.write(Topic::kCheckins, at("10:00"), event("visit.no_show", "n1", at("10:00"), "p1", "v1", R"("department":"Cardiology","visit_type":"Outpatient")"));
  ward.publish();
  EXPECT_EQ(ward.value("daily_kpis|" + kDay, "total_visits"), "1");
  EXPECT_EQ(ward.value("department_stats|department=Cardiology" + kDay, "outpatient_visits"), "1");
}

TEST(Patients, AgeIsTakenAtTheLastCheckin) {
  Ward ward;
  ward.write(Topic::kCheckins, at("2026-02-27T10:00:00Z"), event("patient.registered", "r1", at("2026-02-27T10:00:00Z"), "p1", "", R"("gender":"F","birth_date":"2008-02-29","city":"Visby")"));
  ward.checkin("c1", "2026-02-28T23:00:00Z", "p1", "v1");
  ward.publish();
  EXPECT_EQ(ward.value("patients|age_group=0-17,gender=F,city=Visby|-", "patients"), "1");
  ward.checkin("c2", "2026-03-01T00:00:00Z", "p1", "v2");
  ward.publish();
  EXPECT_EQ(ward.value("patients|age_group=0-17,gender=F,city=Visby|-", "patients"), "absent");
  EXPECT_EQ(ward.value("patients|age_group=18-34,gender=F,city=Visby|-", "returning"), "1");
}

TEST(Crowding, TheWorkedExample) {
  Definition definition;
  definition.beds = {{at("2026-01-01T00:00:00Z"), 30, 300}};
  Ward ward(definition);
  for (int i = 0; i < 40; ++i) {
    const std::string p = "p" + std::to_string(i), v = "v" + std::to_string(i);
    ward.checkin("c" + p, "08:00", p, v);
    if (i < 6) ward.encounter("admit.decision", "d" + p, "09:00", p, v);
  }
  ward.encounter("roomed", "r1", "08:45", "p1", "v1", R"("ventilated":true)");
  ward.heartbeat(Topic::kCheckins, "2026-11-21T12:00:05Z");
  ward.publish();
  EXPECT_EQ(ward.value("crowding||-", "inputs"),
            R"({"boarding":6,"ed_beds":30,"ed_patients":40,"hospital_beds":300,"last_roomed_ms":1795250700000,"last_roomed_wait_minutes":45,"longest_admit_wait_minutes":180,"ventilated":1})");
  EXPECT_EQ(ward.value("crowding||-", "score"), "127");
  EXPECT_EQ(ward.value("crowding||-", "band"), R"("overcrowded")");
}

TEST(Beds, AllProblemsAtOnce) {
  const auto beds = parse_beds("[[beds]]\nfrom = 2026-01-01\nemergency = 0\n[[beds]]\nward = 3\n", "beds.toml", TimeZone::utc());
  ASSERT_FALSE(beds.has_value());
  for (const char* part : {"beds.toml:1: beds need `emergency`", "beds.toml:1: beds need `hospital`", "beds.toml:5: unknown key `ward`", "beds.toml:4: beds need `from`"}) {
    EXPECT_NE(beds.error().message.find(part), std::string::npos) << part << "\n" << beds.error().message;
  }
}

} // namespace
} // namespace wardpulse::aggregator
