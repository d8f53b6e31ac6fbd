// Records made from the declaration of event types, so that a new field is tested without being written here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/event_types.h"

namespace wardpulse::test {

// Members of one record, in order; the second is JSON.
using Members = std::vector<std::pair<std::string, std::string>>;

enum class Fields { kAll, kRequired };
// A record of that type that every check lets through. For kWorkflow a type name is made up.
Members sample_members(const EventTypeSpec& spec, Fields fields = Fields::kAll);

// The same with one member replaced, added (when it was not there) or taken out.
Members with(Members members, std::string_view name, std::string json);
Members without(Members members, std::string_view name);

std::string to_json(const Members& members);
std::string sample_json(EventType type, Fields fields = Fields::kAll);

} // namespace wardpulse::test
