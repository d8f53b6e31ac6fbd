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
      now_text_ = R"(","event_time":")" + format_rfc3339(now) + R"(","patient_id":"p5-)";
    }
    // Put together from its parts: a feed must not cost much of what is measured beside it.
    Sent sent{patient, Topic::kEncounters, now, "p5-", R"({"event_id":"s5-)"};
    const fmt::format_int id(++events_), who(patient), visit(visits_[static_cast<std::size_t>(patient)]);
    sent.key.append(who.data(), who.size());
    sent.value.reserve(320);
    sent.value.append(id.data(), id.size()).append(R"(","event_type":")").append(type).append(now_text_).append(who.data(), who.size());
    sent.value.append(R"(","visit_id":"v5-)").append(who.data(), who.size()).append("-").append(visit.data(), visit.size());
    sent.value.append(R"(","source":"ehr")").append(more.empty() ? "" : ",").append(more).append("}");
    return sent;
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
  std::string now_text_; // as it stands in an event
};

} // namespace wardpulse::bench
