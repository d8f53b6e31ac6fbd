#include "consumer/control.h"

#include <simdjson.h>

#include <chrono>
#include <set>

#include "base/json_writer.h"

namespace wardpulse::consumer {
namespace {

using simdjson::dom::element;

constexpr Duration kTimeout = std::chrono::seconds{30};
constexpr Duration kPollWait = std::chrono::milliseconds{50};
constexpr int kMostAtOnce = 1000;

std::string text_of(const element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<GenerationRef> generation_of(const element& object) {
  GenerationRef generation{text_of(object, "generation"), {}, {}};
  if (generation.name.empty()) return std::nullopt;
  element definition;
  if (object["definition"].get(definition) == simdjson::SUCCESS && definition.is_object()) {
    generation.definition_json = simdjson::minify(definition);
  }
  generation.first_window = parse_written_rfc3339(text_of(object, "first_window"));
  return generation;
}

void write_generation(const GenerationRef& generation, JsonWriter* out) {
  out->key("generation").text(generation.name);
  if (!generation.definition_json.empty()) out->key("definition").raw(generation.definition_json);
  if (generation.first_window) out->key("first_window").time(*generation.first_window);
}

} // namespace

std::string encode_control(const ControlRecord& record) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  write_generation(record.active, &out);
  out.key("number").integer(record.number).key("at").time(record.at);
  if (record.previous) {
    out.key("previous").begin_object();
    write_generation(*record.previous, &out);
    out.end_object();
  }
  out.end_object();
  return json;
}

Result<ControlRecord> decode_control(std::string_view json) {
  const auto bad = [] {
    return fail("the record in topic control that names the generation does not read",
                "was it written by a newer version?");
  };
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return bad();
  const auto active = generation_of(root);
  ControlRecord record;
  const auto at = parse_rfc3339(text_of(root, "at"));
  if (!active || !at || root["number"].get(record.number) != simdjson::SUCCESS) return bad();
  record.active = *active;
  record.at = *at;
  element previous;
  if (root["previous"].get(previous) == simdjson::SUCCESS) record.previous = generation_of(previous);
  return record;
}

Result<ControlFollower> ControlFollower::open(const kafka::ClientOptions& client, kafka::Admin& admin,
                                              const std::string& prefix) {
  ControlFollower follower;
  const auto topic = prefix + ".control";
  const auto partitions = admin.partitions(topic, kTimeout);
  if (!partitions) return tl::unexpected(partitions.error());
  if (*partitions == 0) return follower;
  const kafka::TopicPartition place{topic, kafka::murmur2_partition(kControlKey, *partitions),
                                    kafka::Consumer::kBeginning};
  const auto range = admin.watermarks(topic, place.partition, kTimeout);
  if (!range) return tl::unexpected(range.error());
  auto consumer = kafka::Consumer::read(kafka::following_little(client), {place});
  if (!consumer) return tl::unexpected(consumer.error());
  follower.consumer_.emplace(std::move(*consumer));
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  for (bool at_end = range->low == range->high; !at_end;) { // the client tells of an end only when a fetch waited there
    if (std::chrono::steady_clock::now() > deadline) {
      return fail("topic " + topic + " could not be read to its end", "is the broker reachable?");
    }
    auto polled = follower.consumer_->poll(kPollWait);
    if (!polled && !polled.error().retriable) return tl::unexpected(polled.error());
    if (!polled) continue;
    at_end = polled->kind == kafka::PollResult::Kind::kPartitionEnd;
    if (polled->kind != kafka::PollResult::Kind::kRecord) continue;
    at_end = polled->record.offset() + 1 >= range->high;
    if (auto taken = follower.take(polled->record); !taken) return tl::unexpected(taken.error());
  }
  return follower;
}

Result<bool> ControlFollower::take(const kafka::Record& record) {
  if (record.key() != kControlKey || !record.has_value()) return false;
  auto decoded = decode_control(record.value());
  if (!decoded) return tl::unexpected(decoded.error());
  const bool is_new = current_ != *decoded;
  current_ = std::move(*decoded);
  return is_new;
}

// Most of what comes is what the instances say of themselves.
Result<bool> ControlFollower::poll(Duration wait) {
  if (!consumer_) return false;
  for (int i = 0; i < kMostAtOnce; ++i) {
    auto polled = consumer_->poll(i == 0 ? wait : Duration{0});
    if (!polled && !polled.error().retriable) return tl::unexpected(polled.error());
    if (!polled || polled->kind == kafka::PollResult::Kind::kTimeout) return false;
    if (polled->kind != kafka::PollResult::Kind::kRecord) continue;
    if (auto is_new = take(polled->record); !is_new || *is_new) return is_new;
  }
  return false;
}

} // namespace wardpulse::consumer
