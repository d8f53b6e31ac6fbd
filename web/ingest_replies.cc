#include "web/ingest_replies.h"

#include <algorithm>

#include "base/json_writer.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

void write_outcome(const RecordOutcome& outcome, std::size_t index, JsonWriter* out) {
  const bool is_accepted = outcome.reason.empty();
  out->key("index").integer(static_cast<std::int64_t>(index));
  out->key("status").text(is_accepted ? "accepted" : "rejected");
  if (!is_accepted) out->key("reason").text(outcome.reason).key("detail").text(outcome.detail);
  if (!outcome.event_id.empty()) out->key("event_id").text(outcome.event_id);
  if (!outcome.topic.empty()) out->key("topic").text(outcome.topic);
  if (is_accepted) out->key("partition").integer(outcome.partition).key("offset").integer(outcome.offset);
}

void write_problem_head(int status, std::string_view code, std::string_view detail, std::string_view remedy,
                        JsonWriter* out) {
  out->key("type").text("about:blank");
  out->key("title").text(status_phrase(status));
  out->key("status").integer(status);
  out->key("code").text(code);
  out->key("detail").text(detail);
  out->key("remedy").text(remedy);
}

Reply json_reply(int status, std::string json) {
  auto reply = Reply::of(status, status == 202 ? "application/json" : "application/problem+json", std::move(json));
  if (status == 503) reply.with("Retry-After", "1");
  return reply;
}

constexpr std::string_view kRetryRemedy = "send it again with the same event_id: a repeat is counted once";

constexpr std::string_view kOutcomeProperties =
    R"("index":{"type":"integer"},"status":{"enum":["accepted","rejected"]},"reason":{"type":"string"},)"
    R"("detail":{"type":"string"},"event_id":{"type":"string"},"topic":{"type":"string"},)"
    R"("partition":{"type":"integer"},"offset":{"type":"integer"})";

} // namespace

Reply reply_for_one(const RecordOutcome& outcome) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  if (outcome.reason.empty()) {
    write_outcome(outcome, 0, &out);
    out.end_object();
    return json_reply(202, std::move(json));
  }
  const bool is_unavailable = outcome.reason == kUnavailable;
  const int status = is_unavailable ? 503 : 422;
  write_problem_head(status, outcome.reason, outcome.detail,
                     is_unavailable ? kRetryRemedy : "mend the record; /asyncapi.json says what each event has", &out);
  if (!outcome.event_id.empty()) out.key("event_id").text(outcome.event_id);
  out.end_object();
  return json_reply(status, std::move(json));
}

Reply reply_for_bulk(const std::vector<RecordOutcome>& outcomes) {
  const auto count = [&](auto is_it) {
    return static_cast<std::int64_t>(std::count_if(outcomes.begin(), outcomes.end(), is_it));
  };
  const auto accepted = count([](const auto& outcome) { return outcome.reason.empty(); });
  const auto unavailable = count([](const auto& outcome) { return outcome.reason == kUnavailable; });
  const int status = accepted > 0 ? 202 : unavailable > 0 ? 503 : 422;
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  if (status == 503) write_problem_head(503, kUnavailable, "Kafka acknowledged no record", kRetryRemedy, &out);
  if (status == 422) {
    write_problem_head(422, "none_accepted", outcomes.empty() ? "there is no record" : "no record can be taken",
                       "results says why for each", &out);
  }
  out.key("accepted").integer(accepted);
  out.key("rejected").integer(static_cast<std::int64_t>(outcomes.size()) - accepted);
  out.key("results").begin_array();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    out.begin_object();
    write_outcome(outcomes[i], i, &out);
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return json_reply(status, std::move(json));
}

std::vector<Answer> ingest_answers(bool is_bulk) {
  const std::string outcome = R"({"type":"object","required":["index","status"],"properties":{)" +
                              std::string(kOutcomeProperties) + "}}";
  const std::string results =
      R"({"type":"object","required":["accepted","rejected","results"],"properties":{"accepted":{"type":"integer"},)"
      R"("rejected":{"type":"integer"},"results":{"type":"array","items":)" + outcome + "}}}";
  const std::string problem = R"({"$ref":"#/components/schemas/Problem"})";
  const auto refused = [&](int status, const char* meaning) {
    return Answer{status, meaning, "application/problem+json", problem};
  };
  std::vector<Answer> answers = {
      {202, "Acknowledged by Kafka.", "application/json", is_bulk ? results : outcome},
      refused(415, "Not JSON."),
      refused(422, is_bulk ? "No record can be taken; results says why for each." : "The record cannot be taken."),
      refused(503, "Kafka does not acknowledge for now; Retry-After says when to try again.")};
  return answers;
}

std::string ingest_body_schema(bool is_bulk) {
  return is_bulk ? R"({"type":"array","description":"At most 5,000 events. Each is judged by itself, and the array is taken when it has one that can be.",)"
                   R"("contains":{"$ref":"#/components/schemas/Event"}})"
                 : R"({"$ref":"#/components/schemas/Event"})";
}

} // namespace wardpulse::web
