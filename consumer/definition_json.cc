#include "consumer/definition_json.h"

#include <simdjson.h>

#include <string>

namespace wardpulse::consumer {
namespace {

using aggregator::Definition;
using simdjson::dom::element;

// The answer is checked as a whole at the end: a definition that is written as it was read was understood.
std::string text_of(const element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::int64_t number_of(const element& object, const char* key) {
  std::int64_t number = 0;
  return object[key].get(number) == simdjson::SUCCESS ? number : 0;
}

template <class Each>
void each(const element& object, const char* key, Each&& take) {
  simdjson::dom::array items;
  if (object[key].get(items) != simdjson::SUCCESS) return;
  for (const element item : items) take(item);
}

aggregator::Funnel read_funnel(const element& json) {
  aggregator::Funnel funnel;
  funnel.name = text_of(json, "name");
  funnel.by_visit = text_of(json, "entity") == "visit_id";
  each(json, "steps", [&](const element& step_json) {
    aggregator::FunnelStep step{text_of(step_json, "name"), {}};
    each(step_json, "any_of", [&](const element& match) {
      step.any_of.push_back({text_of(match, "type"), text_of(match, "field"), text_of(match, "value")});
    });
    funnel.steps.push_back(std::move(step));
  });
  each(json, "exits", [&](const element& exit) { funnel.exits.emplace_back(std::string_view(exit)); });
  funnel.window = parse_duration(text_of(json, "window")).value_or(Duration{0});
  return funnel;
}

void read_all(const element& json, Definition* definition) {
  if (auto zone = TimeZone::load(text_of(json, "time_zone"))) definition->zone = std::move(*zone);
  for (int s = 0; s < kWindowSizeCount; ++s) {
    const std::string name(window_size_name(static_cast<WindowSize>(s)));
    std::string_view grace;
    if (json["grace"][name].get(grace) != simdjson::SUCCESS) continue;
    definition->grace[s] = grace == "none" ? aggregator::kNoGrace : parse_duration(grace).value_or(Duration{0});
  }
  definition->max_future = parse_duration(text_of(json, "max_future")); // none: "off"
  definition->topics.fill(false);
  each(json, "topics", [&](const element& name) {
    if (const auto topic = topic_from_name(std::string_view(name))) definition->topics[static_cast<int>(*topic)] = true;
  });
  element bounds;
  if (json["bounds"].get(bounds) == simdjson::SUCCESS) {
    definition->bounds.acuity_min = number_of(bounds, "acuity_min");
    definition->bounds.acuity_max = number_of(bounds, "acuity_max");
    definition->bounds.amount_max_cents = number_of(bounds, "amount_max_cents");
    definition->bounds.age_min = number_of(bounds, "age_min");
    definition->bounds.age_max = number_of(bounds, "age_max");
  }
  definition->funnels.clear();
  each(json, "funnels", [&](const element& funnel) { definition->funnels.push_back(read_funnel(funnel)); });
}

} // namespace

Result<Definition> parse_definition(std::string_view json) {
  const auto not_ours = [] {
    return fail("the definition that is carried along does not read", "it was written by another version: run that one");
  };
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) return not_ours();
  Definition definition;
  try {
    read_all(root, &definition);
  } catch (const simdjson::simdjson_error&) {
    return not_ours();
  }
  if (definition.canonical_json() != json) return not_ours();
  return definition;
}

} // namespace wardpulse::consumer
