// From a text in a file to a value in an event, by the field's kind and the mapping's rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "producer/mapping.h"
#include "proto/event.h"

namespace wardpulse::producer {

struct LocalTimeCounts {
  std::int64_t skipped = 0, repeated = 0;
};

// Sets the field. `text` is not empty and outlives the event. Returns why it cannot be, or nothing.
std::string set_field(const FieldRule& rule, std::string_view text, LocalTimeCounts* counts, Event* event);

// Moves the time that set_field set, by `amount` of the rule's units. Returns why it cannot be, or nothing.
std::string move_time(const FieldRule& rule, std::string_view amount, Event* event);

// The amount of a sum of columns, in the form that set_field takes. Error: which of `texts` is no amount. Empty ones count as
// nothing; when all are, so is the sum.
Result<std::string> add_up(const ValueRule& rule, const std::vector<std::string_view>& texts);

// Moves all its times, and registered_on by the whole days in `shift`; a date of birth stays.
void shift_event(Duration shift, Event* event);

// Why a value that stands in the mapping itself will never do; nothing: it will.
std::string refuse_text(const FieldRule& rule, const std::string& text);

// A number as written with this decimal character, and thousands separators unless they are 0; in JSON's form.
std::optional<std::string> read_number(std::string_view text, char decimal, char thousands);

std::string_view trimmed(std::string_view text); // without blanks and tabs around it

} // namespace wardpulse::producer
