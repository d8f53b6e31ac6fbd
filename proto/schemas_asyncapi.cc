#include <fmt/format.h>

#include "base/json_writer.h"
#include "proto/event_types.h"
#include "proto/schema_text.h"
#include "proto/schemas.h"

namespace wardpulse::schemas {
namespace {

constexpr std::string_view kDescription =
    "Hospital events in, live numbers out. Topic names start with the configured prefix, wardpulse by default.";

constexpr std::string_view kTopicMeanings[kTopicCount] = {
    "Arrivals: patients and visits become known.",
    "What happens to a patient during a visit.",
    "Bills, payments and claims.",
    "Any other workflow; the funnel definitions give it meaning.",
};

struct DerivedTopic {
  std::string_view name;
  std::string_view meaning;
  std::string_view key;
  std::string_view message;
  std::string_view schema; // empty: no JSON
  std::string_view operation;
};
constexpr DerivedTopic kDerivedTopics[] = {
    {"aggregates",
     "The current value of each cell, per input partition. Compacted; a record without value removes its cell.",
     "family|dims|window|partition", "a cell of one partition", "./schemas/cell.schema.json",
     "The consumer publishes changed cells."},
    {"checkpoints", "Consumer state with the next offsets it belongs to. Compacted; the form is the consumer's own.",
     "task/epoch/seq/part", "a part of a checkpoint, or the manifest that names its parts", "",
     "The consumer saves its state."},
    {"rejected",
     "Refused records: the original bytes, with reason, detail, rule, topic, partition, offset, timestamp and "
     "consumer_version as headers.",
     "topic-partition-offset", "a refused record's bytes, whatever they are", "",
     "The consumer keeps what it refused."},
};

struct StreamMessage {
  std::string_view name;
  bool from_client;
  std::string_view meaning;
};
constexpr StreamMessage kStreamMessages[] = {
    {"subscribe", true, "asks for topics, each `family` or `family:size`"},
    {"unsubscribe", true, "ends a subscription"},
    {"resnapshot", true, "asks for a new snapshot after a gap"},
    {"snapshot", false, "all cells of a topic"},
    {"delta", false, "the cells that changed; to be applied only when `prev` is the seq one holds"},
    {"heartbeat", false, "each second"},
    {"error", false, "what was wrong with a message"},
};

std::string message_id(const EventTypeSpec& spec) { return std::string(spec.name.empty() ? "workflow" : spec.name); }

bool belongs_to(const EventTypeSpec& spec, Topic topic) {
  return spec.type == EventType::kHeartbeat || spec.topic == topic;
}

// Names in `ref` hold neither '~' nor '/', so nothing in the pointer needs escaping.
void write_ref(std::string_view ref, JsonWriter* out) { out->begin_object().key("$ref").text(ref).end_object(); }

void write_channels(JsonWriter* out) {
  out->key("channels").begin_object();
  for (int t = 0; t < kTopicCount; ++t) {
    const auto topic = static_cast<Topic>(t);
    out->key(topic_name(topic)).begin_object();
    out->key("address").text(fmt::format("wardpulse.{}", topic_name(topic)));
    out->key("description").text(kTopicMeanings[t]);
    out->key("messages").begin_object();
    for (const EventTypeSpec& spec : event_types()) {
      if (!belongs_to(spec, topic)) continue;
      out->key(message_id(spec));
      write_ref("#/components/messages/" + message_id(spec), out);
    }
    out->end_object();
    out->end_object();
  }
  for (const DerivedTopic& topic : kDerivedTopics) {
    out->key(topic.name).begin_object();
    out->key("address").text(fmt::format("wardpulse.{}", topic.name));
    out->key("description").text(topic.meaning);
    out->key("messages").begin_object().key(topic.name);
    write_ref(fmt::format("#/components/messages/{}", topic.name), out);
    out->end_object();
    out->end_object();
  }
  out->key("ws").begin_object();
  out->key("address").text("/ws");
  out->key("description").text("WebSocket, sub-protocol wardpulse.v1. Messages from clients are at most 4 KiB.");
  out->key("messages").begin_object();
  for (const StreamMessage& message : kStreamMessages) {
    out->key(message.name);
    write_ref(fmt::format("#/components/messages/{}", message.name), out);
  }
  out->end_object();
  out->end_object();
  out->end_object();
}

void write_operation(std::string_view id, std::string_view action, std::string_view channel, std::string_view summary,
                     const std::vector<std::string_view>& messages, JsonWriter* out) {
  out->key(id).begin_object();
  out->key("action").text(action);
  out->key("channel");
  write_ref(fmt::format("#/channels/{}", channel), out);
  out->key("summary").text(summary);
  if (!messages.empty()) {
    out->key("messages").begin_array();
    for (const std::string_view message : messages) {
      write_ref(fmt::format("#/channels/{}/messages/{}", channel, message), out);
    }
    out->end_array();
  }
  out->end_object();
}

void write_operations(JsonWriter* out) {
  out->key("operations").begin_object();
  for (int t = 0; t < kTopicCount; ++t) {
    const std::string_view name = topic_name(static_cast<Topic>(t));
    write_operation(fmt::format("read_{}", name), "receive", name,
                    "The consumer folds each record into its partition's state.", {}, out);
  }
  for (const DerivedTopic& topic : kDerivedTopics) {
    write_operation(fmt::format("write_{}", topic.name), "send", topic.name, topic.operation, {}, out);
  }
  for (const bool from_client : {true, false}) {
    std::vector<std::string_view> messages;
    for (const StreamMessage& message : kStreamMessages) {
      if (message.from_client == from_client) messages.push_back(message.name);
    }
    write_operation(from_client ? "ws_receive" : "ws_send", from_client ? "receive" : "send", "ws",
                    from_client ? "What a client may ask for." : "What the server pushes.", messages, out);
  }
  out->end_object();
}

void write_message(std::string_view name, std::string_view summary, std::string_view schema, std::string_view key,
                   JsonWriter* out) {
  out->key(name).begin_object();
  out->key("name").text(name);
  out->key("summary").text(summary);
  if (!schema.empty()) {
    out->key("contentType").text("application/json");
    out->key("payload").begin_object();
    out->key("schemaFormat").text("application/schema+json;version=draft-2020-12");
    out->key("schema");
    write_ref(schema, out);
    out->end_object();
  }
  if (!key.empty()) {
    out->key("bindings").begin_object().key("kafka").begin_object().key("key").begin_object();
    out->key("type").text("string").key("description").text(key);
    out->end_object().end_object().end_object();
  }
  out->end_object();
}

void write_messages(JsonWriter* out) {
  out->key("components").begin_object().key("messages").begin_object();
  for (const EventTypeSpec& spec : event_types()) {
    const std::string_view key = spec.type == EventType::kHeartbeat ? "any: sent to every partition"
                                 : spec.topic == Topic::kWorkflow   ? "entity_id"
                                                                    : "patient_id";
    write_message(message_id(spec), spec.meaning, "./schemas/" + event_file_name(spec.name), key, out);
  }
  for (const DerivedTopic& topic : kDerivedTopics) {
    write_message(topic.name, topic.message, topic.schema, topic.key, out);
  }
  for (const StreamMessage& message : kStreamMessages) {
    write_message(message.name, message.meaning, fmt::format("./schemas/ws/{}.schema.json", message.name), "", out);
  }
  out->end_object().end_object();
}

} // namespace

std::vector<GeneratedFile> asyncapi_files() {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("asyncapi").text("3.0.0");
  out.key("info").begin_object();
  out.key("title").text("Wardpulse");
  out.key("version").text("1");
  out.key("description").text(kDescription);
  out.key("license").begin_object().key("name").text("Apache-2.0").end_object();
  out.end_object();
  out.key("defaultContentType").text("application/json");
  write_channels(&out);
  write_operations(&out);
  write_messages(&out);
  out.end_object();
  return {{"asyncapi.json", pretty_json(json)},
          {"asyncapi.yaml", "# Made by wardpulse-schemas from the declarations in event_types.cc and families.cc.\n" +
                                block_yaml(json)}};
}

} // namespace wardpulse::schemas
