#include "web/ingest.h"

#include <algorithm>

#include "base/log.h"
#include "kafka/topics.h"
#include "proto/heartbeat.h"
#include "proto/rules.h"
#include "web/ingest_replies.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;

constexpr Duration kPollTimeout = milliseconds{50};
constexpr auto kConnectPause = milliseconds{500};
constexpr Duration kAdminTimeout = seconds{5};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<std::vector<std::string_view>> split_array(std::string_view body) {
  std::vector<std::string_view> records;
  int depth = 0;
  bool in_text = false;
  std::size_t begin = 1;
  for (std::size_t i = 0; i < body.size(); ++i) {
    const char c = body[i];
    if (in_text) {
      if (c == '\\') ++i;
      else if (c == '"') in_text = false;
      continue;
    }
    if (c == '"') in_text = true;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    const bool is_end = depth == 0;
    if (is_end || (depth == 1 && c == ',')) {
      records.push_back(trimmed(body.substr(begin, i - begin)));
      begin = i + 1;
    }
    if (!is_end) continue;
    if (c != ']' || i + 1 != body.size()) return std::nullopt;
    if (records.size() == 1 && records[0].empty()) records.clear();
    return records;
  }
  return std::nullopt;
}

std::vector<std::string_view> split_lines(std::string_view body) {
  std::vector<std::string_view> records;
  while (!body.empty()) {
    const auto line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (const auto record = trimmed(line); !record.empty()) records.push_back(record);
  }
  return records;
}

Reply refusal(const Problem& problem) {
  auto reply = problem_reply(problem);
  if (problem.status == 503) reply.with("Retry-After", "1");
  return reply;
}

// Those that the JSON Schemas have. An age out of range compares two dates.
std::uint32_t rules_of_one_value(const Event& event) {
  std::uint32_t rules = 0;
  for (const Rule rule : {Rule::kRequired, Rule::kGender, Rule::kVisitType, Rule::kVisitStatus, Rule::kRoomType,
                          Rule::kCostNotNegative, Rule::kTotalNotNegative, Rule::kPaidHasTime}) {
    rules |= 1u << static_cast<unsigned>(rule);
  }
  if (event.type != EventType::kPatientRegistered) rules |= 1u << static_cast<unsigned>(Rule::kRange);
  return rules;
}

// "application/json; charset=utf-8" -> "application/json"
std::string media_type(std::string_view content_type) {
  std::string type(trimmed(content_type.substr(0, content_type.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return type;
}

bool takes_type(std::string_view type, bool is_bulk) {
  if (type == "application/json") return true;
  return is_bulk && (type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl");
}

} // namespace

std::optional<std::vector<std::string_view>> split_records(std::string_view body) {
  body = trimmed(body);
  return body.starts_with('[') ? split_array(body) : split_lines(body);
}

// The records of one request. The last one to be settled gives the answer.
struct Ingest::Batch {
  std::string body;
  bool is_bulk = false;
  ReplyLater done;
  std::vector<RecordOutcome> outcomes;
  std::atomic<std::size_t> unsettled = 0;

  void settle(std::size_t index, RecordOutcome outcome) {
    outcomes[index] = std::move(outcome);
    settle_one();
  }
  void settle_one() {
    if (unsettled.fetch_sub(1) == 1) done(is_bulk ? reply_for_bulk(outcomes) : reply_for_one(outcomes.front()));
  }
};

Ingest::Ingest(IngestOptions options) : options_(std::move(options)), reader_(options_.zone), thread_([this] { run(); }) {}

Ingest::~Ingest() {
  is_stopping_ = true;
  thread_.join();
}

std::optional<Problem> Ingest::refuse_request(const Request& request, bool is_bulk) {
  const auto type = media_type(request.header("content-type"));
  if (!takes_type(type, is_bulk)) {
    return Problem{.status = 415, .code = "media_type", .detail = "Content-Type is '" + type + "'",
                   .remedy = is_bulk ? "send application/json (an array) or application/x-ndjson (a record a line)"
                                     : "send application/json"};
  }
  if (under_way_ >= kMaxRecordsUnderWay) {
    return Problem{.status = 503, .code = "busy", .detail = "too many records wait for Kafka's acknowledgement",
                   .remedy = "try again after the time in Retry-After, with fewer requests at once"};
  }
  return std::nullopt;
}

void Ingest::one(Request request, ReplyLater done) {
  if (const auto problem = refuse_request(request, false)) return done(refusal(*problem));
  auto batch = std::make_shared<Batch>();
  batch->body = std::move(request.body);
  batch->done = std::move(done);
  const auto record = trimmed(batch->body);
  submit(std::move(batch), {record});
}

void Ingest::bulk(Request request, ReplyLater done) {
  if (const auto problem = refuse_request(request, true)) return done(refusal(*problem));
  auto batch = std::make_shared<Batch>();
  batch->body = std::move(request.body);
  batch->is_bulk = true;
  batch->done = std::move(done);
  const auto records = split_records(batch->body);
  if (!records) {
    return batch->done(problem_reply({.status = 422, .code = "malformed_json", .detail = "the array does not end, or something follows it",
                                      .remedy = "send a JSON array, or a record a line"}));
  }
  if (records->size() > kMaxBulkRecords) {
    return batch->done(problem_reply({.status = 413, .code = "too_many_records", .detail = "a request may have 5000 records",
                                      .remedy = "send them in parts"}));
  }
  submit(std::move(batch), *records);
}

void Ingest::submit(std::shared_ptr<Batch> batch, const std::vector<std::string_view>& records) {
  batch->outcomes.resize(records.size());
  batch->unsettled = records.size() + 1; // one for this function, so that the answer comes after all were looked at
  // The same for all: one that comes up meanwhile would take the end of a request whose beginning was refused.
  const auto producer = this->producer();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto incoming = reader_.read(records[i]);
    if (!incoming) {
      batch->settle(i, {.reason = std::string(reject_reason_name(incoming.error().reason)), .detail = incoming.error().detail});
      continue;
    }
    const Event& event = *incoming->event;
    const std::string id(event.event_id);
    if (event.type == EventType::kHeartbeat) {
      batch->settle(i, {.event_id = id, .reason = "unknown_event_type",
                        .detail = "feed.heartbeat goes to every partition: a feed sends it to Kafka itself"});
    } else if (const auto broken = rules_broken(event, {}) & rules_of_one_value(event); broken != 0) {
      const auto rejection = rule_rejection(event, {}, broken);
      batch->settle(i, {.event_id = id, .reason = "rule",
                        .detail = std::string(rule_name(rejection.rules.front())) + ": " + rejection.detail});
    } else {
      send(batch, i, *incoming, producer);
    }
  }
  batch->settle_one();
}

void Ingest::send(const std::shared_ptr<Batch>& batch, std::size_t index, const Incoming& incoming,
                  const std::shared_ptr<kafka::Producer>& producer) {
  RecordOutcome outcome{.event_id = std::string(incoming.event->event_id),
                        .topic = options_.topic_prefix + "." + std::string(topic_name(incoming.topic))};
  const auto fail_with = [&](std::string detail) {
    outcome.reason = kUnavailable;
    outcome.detail = std::move(detail);
    batch->settle(index, outcome);
  };
  if (!producer) return fail_with("the connection to Kafka is being made");
  ++under_way_;
  const auto sent = producer->produce(
      {.topic = outcome.topic, .key = event_key(*incoming.event), .value = incoming.envelope},
      [this, batch, index, outcome](const Result<kafka::Delivery>& delivered) mutable {
        --under_way_;
        if (delivered) {
          outcome.partition = delivered->partition;
          outcome.offset = delivered->offset;
        } else {
          outcome.reason = kUnavailable;
          outcome.detail = delivered.error().message;
        }
        batch->settle(index, std::move(outcome));
      });
  if (sent && *sent == kafka::SendStatus::kAccepted) return;
  --under_way_;
  fail_with(sent ? "too many records wait for Kafka" : sent.error().message);
}

void Ingest::put_row(const std::string& topic, const std::string& key, const std::optional<std::string>& value,
                     std::function<void()> on_failed) {
  const auto producer = this->producer();
  if (!producer) return on_failed();
  const auto sent = producer->produce({.topic = topic, .key = key, .value = value ? std::string_view(*value) : std::string_view(),
                                       .tombstone = !value},
                                      [on_failed](const Result<kafka::Delivery>& delivered) { if (!delivered) on_failed(); });
  if (!sent || *sent != kafka::SendStatus::kAccepted) on_failed();
}

void Ingest::put_heartbeat(Topic topic, std::int32_t partition, const std::string& value,
                           std::function<void(std::optional<std::int64_t>)> done) {
  const auto producer = this->producer();
  if (!producer) return done(std::nullopt);
  const auto name = options_.topic_prefix + "." + std::string(topic_name(topic));
  const auto sent = producer->produce({.topic = name, .partition = partition, .key = kHeartbeatKey, .value = value},
                                      [done](const Result<kafka::Delivery>& delivered) {
                                        done(delivered ? std::optional(delivered->offset) : std::nullopt);
                                      });
  if (!sent || *sent != kafka::SendStatus::kAccepted) done(std::nullopt);
}

std::shared_ptr<kafka::Producer> Ingest::producer() {
  const std::lock_guard lock(producer_mutex_);
  return producer_;
}

// Best done before the first record: a broker that makes topics by itself would give them its own settings. The topics of
// a system have the same number of partitions.
void Ingest::make_topics() {
  auto admin = kafka::Admin::connect(options_.client);
  if (!admin) return;
  const auto known = admin->topics(kAdminTimeout);
  if (!known) return;
  auto partitions = kafka::kDefaultPartitions;
  for (const auto& topic : *known) {
    if (topic.name == options_.topic_prefix + ".checkins" || topic.name == options_.topic_prefix + ".aggregates") {
      partitions = std::max(1, topic.partitions);
    }
  }
  auto topics = kafka::wardpulse_topics(options_.topic_prefix, "live", partitions);
  topics.resize(kTopicCount); // the inputs are the first
  if (const auto made = admin->create_topics(topics, kAdminTimeout); !made) {
    log_debug("the topics of events could not be made", {{"why", made.error().text()}});
  }
}

void Ingest::run() {
  make_topics();
  auto client = options_.client;
  const auto whole = std::to_string(kDeliveryTimeout.count());
  const auto half = std::to_string(kDeliveryTimeout.count() / 2); // a dead connection leaves time for another
  client.settings.insert(client.settings.begin(), {{"message.timeout.ms", whole}, {"socket.timeout.ms", half}});
  while (!is_stopping_) {
    const auto current = producer();
    if (!current) {
      auto made = kafka::Producer::connect(client);
      if (made) {
        const std::lock_guard lock(producer_mutex_);
        producer_ = std::make_shared<kafka::Producer>(std::move(*made));
      } else {
        log_warning("no producer for events", {{"why", made.error().text()}});
        std::this_thread::sleep_for(kConnectPause);
      }
      continue;
    }
    current->poll(kPollTimeout);
    if (const auto broken = current->fatal_error()) {
      log_warning("the producer broke and is made anew", {{"why", broken->text()}});
      const std::lock_guard lock(producer_mutex_);
      producer_.reset(); // goes with `current`: what it had under way is answered as not delivered
    }
  }
  const auto last = producer();
  if (!last) return;
  if (const auto flushed = last->flush(seconds{2}); !flushed) log_warning("events were not delivered", {{"why", flushed.error().text()}});
  const std::lock_guard lock(producer_mutex_);
  producer_.reset();
}

} // namespace wardpulse::web
