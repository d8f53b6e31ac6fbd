#include "aggregator/definition.h"

#include <cinttypes>

#include <xxhash.h>

#include "base/json_writer.h"

namespace wardpulse::aggregator {
namespace {

void write_funnel(const Funnel& funnel, JsonWriter& json) {
  json.begin_object().key("name").text(funnel.name).key("entity").text(funnel.by_visit ? "visit_id" : "entity_id").key("steps").begin_array();
  for (const FunnelStep& step : funnel.steps) {
    json.begin_object().key("name").text(step.name).key("any_of").begin_array();
    for (const StepMatch& match : step.any_of) {
      json.begin_object().key("type").text(match.event_type);
      if (!match.field.empty()) json.key("field").text(match.field).key("value").text(match.value);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().key("exits").begin_array();
  for (const std::string& exit : funnel.exits) json.text(exit);
  json.end_array().key("window").text(format_duration(funnel.window)).end_object();
}

std::string duration_text(Duration duration) { return duration == kNoGrace ? "none" : format_duration(duration); }

} // namespace

std::string Definition::canonical_json() const {
  std::string out;
  JsonWriter json(&out);
  json.begin_object().key("time_zone").text(zone.name()).key("grace").begin_object();
  for (int s = 0; s < kWindowSizeCount; ++s) json.key(window_size_name(static_cast<WindowSize>(s))).text(duration_text(grace[s]));
  json.end_object().key("max_future").text(max_future ? format_duration(*max_future) : "off").key("topics").begin_array();
  for (int t = 0; t < kTopicCount; ++t) if (topics[t]) json.text(topic_name(static_cast<Topic>(t)));
  json.end_array().key("bounds").begin_object();
  json.key("acuity_min").integer(bounds.acuity_min).key("acuity_max").integer(bounds.acuity_max);
  json.key("amount_max_cents").integer(bounds.amount_max_cents);
  json.key("age_min").integer(bounds.age_min).key("age_max").integer(bounds.age_max);
  json.end_object().key("funnels").begin_array();
  for (const Funnel& funnel : funnels) write_funnel(funnel, json);
  json.end_array().end_object();
  return out;
}

std::string Definition::digest() const {
  const std::string text = canonical_json();
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  char hex[33];
  std::snprintf(hex, sizeof hex, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
  return hex;
}

} // namespace wardpulse::aggregator
