// A feed with a steady mix of events, from the first one on: the simulator's hospital has to fill first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <utility>
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

// Patients who each have an open visit. Some thousands are under way at a time, a step each in turn: when one has completed the visit,
// somebody new checks in, and a patient taken at random from those who wait is next. So the mix of events and the number of open visits are the
// same at any time and for any number of patients. Nobody comes back: at a hundred thousand events a second all would within a minute.
class Patients {
 public:
  Patients(std::int64_t count, int departments) : departments_(departments), waiting_(static_cast<std::size_t>(count)), next_(count) {
    std::iota(waiting_.begin(), waiting_.end(), 0);
    const std::int64_t under_way = std::min(kUnderWay, (count + 1) / 2);
    for (std::int64_t i = 0; i < under_way; ++i) {
      std::swap(waiting_[any()], waiting_.back());
      under_way_.push_back({waiting_.back(), static_cast<int>(i % kSteps)});
      if (waiting_.size() > 1) waiting_.pop_back();
    }
  }
  // The visits that are open from the start, by number.
  Sent open(std::int64_t patient, Time now) { return check_in(patient, now); }
  Sent next(Time now) {
    auto& [patient, step] = under_way_[turn_++ % under_way_.size()];
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
        step = 0;
        patient = std::exchange(waiting_[any()], next_);
        return check_in(next_++, now);
    }
  }

 private:
  std::size_t any() { return random_() % waiting_.size(); }
  Sent check_in(std::int64_t patient, Time now) {
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
    const fmt::format_int id(++events_), who(patient);
    sent.key.append(who.data(), who.size());
    sent.value.reserve(320);
    sent.value.append(id.data(), id.size()).append(R"(","event_type":")").append(type).append(now_text_).append(who.data(), who.size());
    sent.value.append(R"(","visit_id":"v5-)").append(who.data(), who.size());
    sent.value.append(R"(","source":"ehr")").append(more.empty() ? "" : ",").append(more).append("}");
    return sent;
  }

  struct UnderWay {
    std::int64_t patient;
    int step;
  };
  const int departments_;
  std::vector<std::int64_t> waiting_; // in the middle of a visit
  std::vector<UnderWay> under_way_;
  std::mt19937_64 random_{7};
  std::int64_t next_; // patient's number
  std::int64_t events_ = 0;
  std::size_t turn_ = 0;
  Time now_ = kNever; // of the event before
  std::string now_text_; // as it stands in an event
};

} // namespace wardpulse::bench
