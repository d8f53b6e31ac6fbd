#include "producer/synthea_tables.h"

#include <algorithm>
#include <string>
#include <utility>

namespace wardpulse::producer {
namespace {

constexpr std::pair<std::string_view, std::string_view> kByClass[] = {{"emergency", "Emergency"}, {"urgentcare", "Urgent Care"},
                                                                      {"snf", "Skilled Nursing"}, {"hospice", "Hospice"},
                                                                      {"home", "Home Care"}};
// A word of the speciality, in upper case; the first that is found decides.
constexpr std::pair<std::string_view, std::string_view> kBySpeciality[] = {
    {"CARDI", "Cardiology"},       {"ONCOLOGY", "Oncology"},      {"PEDIATRIC", "Pediatrics"}, {"OBSTETRICS", "Maternity"},
    {"GYNECOLOG", "Maternity"},    {"MIDWIFE", "Maternity"},      {"SURGE", "Surgery"},        {"EMERGENCY", "Emergency"},
    {"PSYCHIATRY", "Mental Health"}};

} // namespace

std::string_view synthea_department(std::string_view encounter_class, std::string_view speciality) {
  for (const auto& [name, department] : kByClass) {
    if (name == encounter_class) return department;
  }
  std::string upper(speciality);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  for (const auto& [word, department] : kBySpeciality) {
    if (upper.find(word) != std::string::npos) return department;
  }
  return "General Medicine";
}

VisitType synthea_visit_type(std::string_view encounter_class) {
  if (encounter_class == "emergency") return VisitType::kEmergency;
  return is_synthea_stay(encounter_class) ? VisitType::kInpatient : VisitType::kOutpatient;
}

bool is_synthea_stay(std::string_view encounter_class) {
  return encounter_class == "inpatient" || encounter_class == "snf" || encounter_class == "hospice";
}

std::string_view synthea_room_type(std::string_view department) {
  if (department == "Maternity") return "Maternity";
  if (department == "Pediatrics") return "Pediatric";
  if (department == "Surgery") return "Surgery";
  return "General";
}

} // namespace wardpulse::producer
