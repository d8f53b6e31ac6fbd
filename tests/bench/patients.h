// A feed with a steady mix of events, from the first one on: the simulator's hospital has to fill first.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/time.h"
#include "proto/event.h"

namespace wardpulse::bench {

inline constexpr std::int64_t kUnderWay = 10'000;
inline constexpr int kSteps = 6; // of a visit

struct Sent {
  std::int64_t patient;
  Topic topic;
  Time time;
  std::string key, value;
};

// Patients who each have an open visit. Some thousands are under way at a time, a step each in turn: who has completed the visit
// begins another, which stays open, and a patient taken at random is next. So the mix of events is the same at any time and for any
// number of patients.
class Patients {
 public:
  Patients(std::int64_t count, int departments) : departments_(departments), visits_(static_cast<std::size_t>(count), 0) {
    for (std::int64_t i = 0; i < kUnderWay; ++i) under_way_.push_back({pick(), static_cast<int>(i % kSteps)});
  }
  // The first visit of each patient.
  Sent open(std::int64_t patient, Time now) { return check_in(patient, now); }
  Sent next(Time now) {
    auto& [patient, step] = under_way_[static_cast<std::size_t>(turn_++ % kUnderWay)];
    const std::int64_t who = patient;
    switch (step++) {
      case 0: return event(who, now, "triage", R"("acuity":3)");
      case 1: return event(who, now, "roomed", "");
      case 2: return event(who, now, "provider.seen", "");
      case 3: return event(who, now, "treatment", R"("treatment_code":"T-17","cost":120.50)");
      case 4:
        return event(who, now, "visit.completed",
                     fmt::format(R"("started_at":"{}","status":"Completed")", format_rfc3339(now - std::chrono::hours{1})));
      default:
        patient = pick();
        step = 0;
        return check_in(who, now);
    }
  }

 private:
  std::int64_t pick() { return static_cast<std::int64_t>(random_() % visits_.size()); }
  Sent check_in(std::int64_t patient, Time now) {
    ++visits_[static_cast<std::size_t>(patient)];
    Sent sent = event(patient, now, "checkin", fmt::format(R"("department":"Department {}","visit_type":"Emergency")", patient % departments_));
    sent.topic = Topic::kCheckins;
    return sent;
  }
  Sent event(std::int64_t patient, Time now, std::string_view type, std::string_view more) {
    if (now != now_) {
      now_ = now;
      now_text_ = format_rfc3339(now);
    }
    return {patient, Topic::kEncounters, now, fmt::format("p5-{}", patient),
            fmt::format(R"({{"event_id":"s5-{}","event_type":"{}","event_time":"{}","patient_id":"p5-{}","visit_id":"v5-{}-{}","source":"ehr"{}{}}})",
                        ++events_, type, now_text_, patient, patient, visits_[static_cast<std::size_t>(patient)],
                        more.empty() ? "" : ",", more)};
  }

  struct UnderWay {
    std::int64_t patient;
    int step;
  };
  const int departments_;
  std::vector<std::uint32_t> visits_; // of each patient, so far
  std::vector<UnderWay> under_way_;
  std::mt19937_64 random_{7};
  std::int64_t events_ = 0, turn_ = 0;
  Time now_ = kNever; // of the event before
  std::string now_text_;
};

} // namespace wardpulse::bench
