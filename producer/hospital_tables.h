// What the simulated hospital is like: departments, hours, treatments. Pure data.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.h"
#include "proto/event.h"

namespace wardpulse::producer {

enum class Department : std::uint8_t { kEmergency, kCardiology, kOncology, kPediatrics, kSurgery, kMaternity, kGeneral };
inline constexpr int kDepartmentCount = 7;
std::string_view department_name(Department department);

// How patients come. Each kind arrives by its own curve over the hours of the day (UTC).
enum class ArrivalKind : std::uint8_t { kEmergency, kOutpatient, kInpatient, kReview };
inline constexpr int kArrivalKindCount = 4;

struct ArrivalProfile {
  int share_percent;                          // of all arrivals; a data review is counted besides
  std::array<int, 24> hours;                  // relative frequency by hour of day
  std::array<int, kDepartmentCount> weights;  // which department they come to; unused for reviews
};
const ArrivalProfile& arrival_profile(ArrivalKind kind);

// Mean number of events that one arrival brings in the end, times 1000. Measured; a test holds it near the truth.
inline constexpr std::int64_t kEventsPerArrivalMilli = 10'300;

// Minutes for which a patient of this kind occupies a room, on average: the number of rooms follows from it.
inline constexpr int kEmergencyRoomMinutes = 150;
inline constexpr int kOutpatientRoomMinutes = 48;
// Rooms in percent of what the busiest hour needs: less than all, so that queues grow at the peak and are gone by night.
inline constexpr int kRoomsPercent = 86;

struct Treatment {
  std::string_view code;
  std::string_view description;
  std::int64_t cents; // about: the price varies by a fifth either way
};
std::span<const Treatment> treatments(Department department);

struct City {
  std::string_view name;
  int weight;
};
std::span<const City> cities();
std::span<const std::string_view> payers();
std::string_view organization_name();
std::string_view feed_name(Topic topic); // the system that tells of such events

// Percent of emergency patients by acuity 1..5; percent of those who are admitted; the mean time after which they give up
// waiting (zero: they do not).
inline constexpr std::array<int, 5> kAcuityPercent = {4, 18, 46, 25, 7};
inline constexpr std::array<int, 5> kAdmitPercent = {68, 42, 20, 5, 1};
inline constexpr std::array<Duration, 5> kPatience = {Duration{0}, std::chrono::hours{24}, std::chrono::hours{9},
                                                      std::chrono::hours{5}, std::chrono::hours{3}};

// Where emergency patients are admitted to, and the room they get there.
inline constexpr std::array<int, kDepartmentCount> kWardWeights = {0, 22, 6, 10, 24, 4, 34};
std::string_view room_type(Department ward, int draw); // draw 0..99

} // namespace wardpulse::producer
