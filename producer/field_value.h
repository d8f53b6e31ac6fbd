// From a text in a file to a value in an event, by the field's kind and the mapping's rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "producer/mapping.h"
#include "proto/event.h"

namespace wardpulse::producer {

struct LocalTimeCounts {
  std::int64_t skipped = 0, repeated = 0;
};

// Sets the field. `text` is not empty and outlives the event. Returns why it cannot be, or nothing.
std::string set_field(const FieldRule& rule, std::string_view text, LocalTimeCounts* counts, Event* event);

// Moves all its times, and registered_on by the whole days in `shift`; a date of birth stays.
void shift_event(Duration shift, Event* event);

// Why a value that stands in the mapping itself will never do; nothing: it will.
std::string refuse_text(const FieldRule& rule, const std::string& text);

std::string_view trimmed(std::string_view text); // without blanks and tabs around it

} // namespace wardpulse::producer
