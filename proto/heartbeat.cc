#include "proto/heartbeat.h"

#include "proto/codec.h"

namespace wardpulse {

std::string heartbeat_event(Topic topic, std::int32_t partition, Time time, std::string_view source) {
  const auto id = "heartbeat-" + std::string(topic_name(topic)) + "-" + std::to_string(partition) + "-" + std::to_string(to_ms(time));
  Event event;
  event.type = EventType::kHeartbeat;
  event.type_name = "feed.heartbeat";
  event.event_id = id;
  event.event_time = time;
  event.source = source;
  std::string json;
  encode_event(event, &json);
  return json;
}

} // namespace wardpulse
