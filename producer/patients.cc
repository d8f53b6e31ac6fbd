#include "producer/patients.h"

#include <algorithm>
#include <array>

namespace wardpulse::producer {
namespace {

using std::chrono::year_month_day;

constexpr int kReturningPercent = 38;
constexpr int kTries = 6;

struct AgeBand {
  int least, most;
};

AgeBand draw_age_band(Department department, Random* random) {
  if (department == Department::kPediatrics) return {0, 17};
  if (department == Department::kMaternity) return {18, 44};
  constexpr std::array<AgeBand, 6> kBands = {{{0, 17}, {18, 34}, {35, 49}, {50, 64}, {65, 79}, {80, 97}}};
  constexpr std::array<int, 6> kWeights = {10, 20, 17, 19, 22, 12};
  return kBands[random->weighted(kWeights)];
}

Gender draw_gender(Department department, Random* random) {
  if (department == Department::kMaternity) return Gender::kFemale;
  constexpr std::array<int, 4> kWeights = {485, 500, 8, 7};
  constexpr std::array<Gender, 4> kGenders = {Gender::kMale, Gender::kFemale, Gender::kOther, Gender::kUnknown};
  return kGenders[random->weighted(kWeights)];
}

std::string_view draw_city(Random* random) {
  std::array<int, 8> weights{};
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = cities()[i].weight;
  return cities()[random->weighted(weights)].name;
}

int age_on(year_month_day today, year_month_day birth) {
  const bool had_birthday = std::pair(today.month(), today.day()) >= std::pair(birth.month(), birth.day());
  return static_cast<int>(today.year()) - static_cast<int>(birth.year()) - (had_birthday ? 0 : 1);
}

bool suits(const Patient& patient, Department department, year_month_day today) {
  const int age = age_on(today, patient.birth_date);
  switch (department) {
    case Department::kPediatrics: return age < 18;
    case Department::kMaternity: return patient.gender == Gender::kFemale && age >= 18 && age < 45;
    case Department::kEmergency: return true;
    default: return age >= 18;
  }
}

} // namespace

PatientBook::Arrival PatientBook::arrive(Department department, year_month_day today, Random* random) {
  if (!patients_.empty() && random->percent(kReturningPercent)) {
    for (int i = 0; i < kTries; ++i) {
      const std::size_t place = random->below(patients_.size());
      if (patients_[place].in_visit || !suits(patients_[place], department, today)) continue;
      patients_[place].in_visit = true;
      return {place, false};
    }
  }
  return {make(department, today, random), true};
}

std::size_t PatientBook::make(Department department, year_month_day today, Random* random) {
  std::size_t place = patients_.size();
  if (place >= kMaxPatients) {
    for (int i = 0; i < kTries && (place == patients_.size() || patients_[place].in_visit); ++i) {
      place = random->below(patients_.size());
    }
    if (patients_[place].in_visit) place = patients_.size(); // nearly everybody is here: remember one more
  }
  if (place == patients_.size()) patients_.emplace_back();
  const AgeBand band = draw_age_band(department, random);
  const std::int64_t days = random->between(band.least * 365 + 1, band.most * 365 + 200);
  Patient& patient = patients_[place];
  patient = {++made_, draw_gender(department, random), std::chrono::sys_days{today} - std::chrono::days{days},
             draw_city(random), true};
  return place;
}

} // namespace wardpulse::producer
