#include "producer/hospital_tables.h"

namespace wardpulse::producer {
namespace {

constexpr std::array<std::string_view, kDepartmentCount> kNames = {
    "Emergency", "Cardiology", "Oncology", "Pediatrics", "Surgery", "Maternity", "General Medicine"};

// hours: 0 .. 23
constexpr std::array<ArrivalProfile, kArrivalKindCount> kArrivals = {{
    {55,
     {45, 36, 29, 25, 24, 27, 38, 60, 86, 106, 116, 115, 110, 104, 100, 98, 98, 101, 102, 96, 88, 78, 66, 55},
     {82, 0, 0, 11, 0, 7, 0}},
    {38,
     {0, 0, 0, 0, 0, 0, 4, 40, 95, 110, 112, 90, 60, 95, 105, 88, 40, 10, 0, 0, 0, 0, 0, 0},
     {0, 18, 14, 17, 13, 12, 26}},
    {7,
     {0, 0, 0, 0, 0, 20, 80, 100, 70, 40, 30, 20, 20, 15, 10, 10, 8, 5, 0, 0, 0, 0, 0, 0},
     {0, 10, 15, 5, 45, 20, 5}},
    {5,
     {10, 10, 10, 10, 10, 10, 15, 30, 70, 100, 100, 90, 70, 90, 100, 95, 70, 40, 25, 20, 15, 12, 10, 10},
     {1, 0, 0, 0, 0, 0, 0}},
}};

constexpr Treatment kEmergencyTreatments[] = {
    {"E-ECG", "Electrocardiogram", 12'500},  {"E-LAB", "Blood panel", 8'400},      {"E-XR", "X-ray", 21'000},
    {"E-CT", "Computed tomography", 98'000}, {"E-SUT", "Wound closure", 34'500},   {"E-IVF", "Intravenous fluids", 15'900},
    {"E-MED", "Medication", 4'250},          {"E-OBS", "Observation", 26'000}};
constexpr Treatment kCardiologyTreatments[] = {{"C-ECHO", "Echocardiogram", 68'000},
                                               {"C-STRS", "Stress test", 45'000},
                                               {"C-CATH", "Cardiac catheterization", 612'000},
                                               {"C-HOLT", "Holter monitor", 23'000}};
constexpr Treatment kOncologyTreatments[] = {{"O-CHEM", "Chemotherapy", 384'000},
                                             {"O-RAD", "Radiotherapy session", 142'000},
                                             {"O-BIO", "Biopsy", 87'500},
                                             {"O-LAB", "Tumour markers", 19'900}};
constexpr Treatment kPediatricsTreatments[] = {{"P-VAC", "Vaccination", 6'500},
                                               {"P-CHK", "Well-child check", 14'000},
                                               {"P-NEB", "Nebulizer", 9'800},
                                               {"P-LAB", "Blood panel", 8'400}};
constexpr Treatment kSurgeryTreatments[] = {{"S-APPX", "Appendectomy", 845'000},
                                            {"S-HERN", "Hernia repair", 690'000},
                                            {"S-ARTH", "Arthroscopy", 512'000},
                                            {"S-POST", "Post-operative check", 16'500}};
constexpr Treatment kMaternityTreatments[] = {{"M-US", "Ultrasound", 24'000},
                                              {"M-DEL", "Delivery", 560'000},
                                              {"M-CTG", "Cardiotocography", 11'000},
                                              {"M-CHK", "Prenatal check", 13'500}};
constexpr Treatment kGeneralTreatments[] = {{"G-CONS", "Consultation", 11'500},
                                            {"G-LAB", "Blood panel", 8'400},
                                            {"G-SPIR", "Spirometry", 13'200},
                                            {"G-INF", "Infusion", 22'750}};

constexpr City kCities[] = {{"Springfield", 30}, {"Riverton", 20},  {"Lakeview", 14}, {"Fairmont", 11},
                            {"Oakdale", 9},      {"Maple Hill", 7}, {"Stonebridge", 5}, {"Ashford", 4}};
constexpr std::string_view kPayers[] = {"Medicare", "Medicaid", "Northstar Health", "Blue Harbor", "Union Mutual"};

} // namespace

std::string_view department_name(Department department) { return kNames[static_cast<std::size_t>(department)]; }

const ArrivalProfile& arrival_profile(ArrivalKind kind) { return kArrivals[static_cast<std::size_t>(kind)]; }

std::span<const Treatment> treatments(Department department) {
  switch (department) {
    case Department::kEmergency: return kEmergencyTreatments;
    case Department::kCardiology: return kCardiologyTreatments;
    case Department::kOncology: return kOncologyTreatments;
    case Department::kPediatrics: return kPediatricsTreatments;
    case Department::kSurgery: return kSurgeryTreatments;
    case Department::kMaternity: return kMaternityTreatments;
    case Department::kGeneral: break;
  }
  return kGeneralTreatments;
}

std::span<const City> cities() { return kCities; }
std::span<const std::string_view> payers() { return kPayers; }
std::string_view organization_name() { return "Springfield General Hospital"; }

std::string_view feed_name(Topic topic) {
  constexpr std::string_view kFeeds[] = {"registration", "ward-system", "billing-system", "review-desk"};
  return kFeeds[static_cast<std::size_t>(topic)];
}

std::string_view room_type(Department ward, int draw) {
  if (draw < 8) return "ICU";
  switch (ward) {
    case Department::kMaternity: return "Maternity";
    case Department::kPediatrics: return "Pediatric";
    case Department::kSurgery: return "Surgery";
    case Department::kEmergency: return "Emergency";
    default: return draw < 25 ? "Private" : "General";
  }
}

} // namespace wardpulse::producer
