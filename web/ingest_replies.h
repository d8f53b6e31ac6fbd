// What POST /events and /events/bulk answer, and what the OpenAPI document says of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "web/http_types.h"
#include "web/router.h"

namespace wardpulse::web {

// The reason of what Kafka did not acknowledge: the client is told to try again.
inline constexpr std::string_view kUnavailable = "unavailable";

// What became of one record.
struct RecordOutcome {
  std::string event_id;
  std::string reason; // empty: accepted
  std::string detail;
  std::string topic;
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

Reply reply_for_one(const RecordOutcome& outcome);
Reply reply_for_bulk(const std::vector<RecordOutcome>& outcomes);

std::vector<Answer> ingest_answers(bool is_bulk);
// JSON Schemas of what is taken.
std::string ingest_body_schema(bool is_bulk);

} // namespace wardpulse::web
