// What Synthea's encounter classes and provider specialities are here. docs/import.md shows the table; a test compares.
#pragma once

#include <string_view>

#include "proto/event.h"

namespace wardpulse::producer {

// By class first where the class decides (emergency, urgent care, nursing, hospice, home), else by the provider's speciality,
// else General Medicine.
std::string_view synthea_department(std::string_view encounter_class, std::string_view speciality);
VisitType synthea_visit_type(std::string_view encounter_class);
bool is_synthea_stay(std::string_view encounter_class); // the patient has a bed: admission and discharge
std::string_view synthea_room_type(std::string_view department);

} // namespace wardpulse::producer
