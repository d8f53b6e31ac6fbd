#include "web/ws_messages.h"

#include <simdjson.h>

#include "base/json_writer.h"

namespace wardpulse::web {
namespace {

namespace dom = simdjson::dom;

tl::unexpected<ProtocolError> refuse(const char* code, std::string detail) {
  return tl::unexpected(ProtocolError{.code = code, .detail = std::move(detail)});
}

std::optional<ClientOp> op_from_name(std::string_view name) {
  if (name == "subscribe") return ClientOp::kSubscribe;
  if (name == "unsubscribe") return ClientOp::kUnsubscribe;
  if (name == "snapshot") return ClientOp::kSnapshot;
  return std::nullopt;
}

bool read_topics(dom::element json, std::vector<std::string>* topics) {
  dom::array list;
  if (json["topics"].get(list) != simdjson::SUCCESS) return false;
  for (const dom::element item : list) {
    std::string_view name;
    if (item.get(name) != simdjson::SUCCESS) return false;
    topics->emplace_back(name);
  }
  return !topics->empty();
}

// A point that does not read is left out: the client then gets a snapshot, which is always right.
void read_resume(dom::element json, ClientMessage* message) {
  dom::object resume;
  if (json["resume"].get(resume) != simdjson::SUCCESS) return;
  for (const auto [topic, value] : resume) {
    TopicPoint point;
    const bool reads =
        value["epoch"].get(point.epoch) == simdjson::SUCCESS && value["seq"].get(point.seq) == simdjson::SUCCESS;
    if (reads) message->resume.emplace(topic, point);
  }
}

} // namespace

tl::expected<ClientMessage, ProtocolError> parse_client_message(std::string_view text) {
  if (text.size() > kMaxClientMessageBytes) return refuse("too_large", "messages may have 4096 bytes");
  static thread_local dom::parser parser;
  dom::element json;
  if (parser.parse(text.data(), text.size()).get(json) != simdjson::SUCCESS || !json.is_object()) {
    return refuse("bad_json", "a message is one JSON object in a text frame");
  }
  std::string_view name;
  const auto op = json["op"].get(name) == simdjson::SUCCESS ? op_from_name(name) : std::nullopt;
  if (!op) return refuse("bad_op", "op is subscribe, unsubscribe or snapshot");
  ClientMessage message{.op = *op};
  if (!read_topics(json, &message.topics)) return refuse("bad_op", "topics is a list of one or more topic names");
  if (*op == ClientOp::kSubscribe) read_resume(json, &message);
  return message;
}

std::string error_message(const ProtocolError& error) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("type").text("error");
  out.key("code").text(error.code);
  out.key("detail").text(error.detail);
  if (!error.topic.empty()) out.key("topic").text(error.topic);
  if (!error.known.empty()) {
    out.key("known").begin_array();
    for (const auto& name : error.known) out.text(name);
    out.end_array();
  }
  out.end_object();
  return json;
}

std::string heartbeat_message(const std::vector<std::pair<std::string, TopicPoint>>& topics, Time watermark, Time now) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("type").text("heartbeat");
  out.key("topics").begin_object();
  for (const auto& [topic, point] : topics) {
    out.key(topic).begin_object();
    out.key("epoch").integer(static_cast<std::int64_t>(point.epoch));
    out.key("seq").integer(static_cast<std::int64_t>(point.seq));
    out.end_object();
  }
  out.end_object();
  out.key("watermark");
  if (watermark == kNever) out.null();
  else out.time(watermark);
  out.key("server_time").time(now);
  out.end_object();
  return json;
}

} // namespace wardpulse::web
