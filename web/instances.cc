#include "web/instances.h"

#include <simdjson.h>

#include <algorithm>

#include "base/json_writer.h"
#include "proto/control_keys.h"

namespace wardpulse::web {
namespace {

using simdjson::dom::element;

std::string text_of(const element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

} // namespace

std::optional<InstanceBoard::Instance> InstanceBoard::parse_instance(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) return std::nullopt;
  const auto at = parse_rfc3339(text_of(root, "at"));
  if (!at || text_of(root, "role").empty() || text_of(root, "instance").empty()) return std::nullopt;
  return Instance{*at, simdjson::minify(root).substr(1)};
}

std::optional<InstanceBoard::Switch> InstanceBoard::parse_switch(std::string_view json) {
  simdjson::dom::parser parser;
  element root, previous;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return std::nullopt;
  const auto at = parse_rfc3339(text_of(root, "at"));
  Switch found{text_of(root, "generation"), {}, 0, at.value_or(kNever)};
  if (found.active.empty() || !at || root["number"].get(found.number) != simdjson::SUCCESS) return std::nullopt;
  if (root["previous"].get(previous) == simdjson::SUCCESS) found.previous = text_of(previous, "generation");
  return found;
}

void InstanceBoard::clear() {
  instances_.clear();
  switch_.reset();
}

void InstanceBoard::take(const std::vector<TableRow>& rows) {
  for (const auto& [key, value] : rows) {
    if (key == kControlKey && value) {
      if (auto found = parse_switch(*value)) switch_ = std::move(found);
    } else if (key.starts_with(kInstanceKeyPrefix)) {
      auto instance = value ? parse_instance(*value) : std::nullopt;
      if (instance) instances_.insert_or_assign(key, std::move(*instance));
      else instances_.erase(key);
    }
  }
}

std::string InstanceBoard::json(const Web& web, Time now) const {
  std::string json;
  JsonWriter out(&json);
  const auto text_or_null = [&](const char* name, const std::string& text) {
    out.key(name);
    if (text.empty()) out.null();
    else out.text(text);
  };
  out.begin_object().key("generated_at").time(now).key("generation").begin_object();
  out.key("active").text(switch_ ? switch_->active : "live");
  text_or_null("previous", switch_ ? switch_->previous : std::string());
  out.key("number").integer(switch_ ? switch_->number : 0).key("switched_at");
  if (switch_) out.time(switch_->at);
  else out.null();
  out.end_object().key("web").begin_object();
  out.key("version").text(web.version).key("generation").text(web.generation);
  out.key("clients").integer(static_cast<std::int64_t>(web.clients)).end_object();
  out.key("instances").begin_array();
  for (const auto& [key, instance] : instances_) {
    const auto age = std::max(Duration{0}, now - instance.at); // the machines' clocks may differ
    if (age > kForgetAfter) continue;
    std::string fields = "{\"age_seconds\":";
    JsonWriter(&fields).decimal(static_cast<double>(age.count()) / 1000, 1);
    out.raw(fields + "," + instance.fields);
  }
  out.end_array().end_object();
  return json;
}

std::vector<Answer> system_answers() {
  return {{200, "The generation in force, this service, and what each consumer and replay said last; one that is silent for an hour is left out.",
           "application/json",
           R"({"type":"object","required":["generated_at","generation","web","instances"],"properties":{)"
           R"("generated_at":{"type":"string","format":"date-time"},)"
           R"("generation":{"type":"object","required":["active","previous","number","switched_at"],"properties":{)"
           R"("active":{"type":"string"},"previous":{"type":["string","null"]},"number":{"type":"integer"},"switched_at":{"type":["string","null"]}}},)"
           R"("web":{"type":"object","required":["version","generation","clients"]},)"
           R"("instances":{"type":"array","items":{"type":"object","required":["age_seconds","role","instance","generation","at"],"properties":{)"
           R"("age_seconds":{"type":"number"},"role":{"enum":["consumer","replay"]},"instance":{"type":"string"},"generation":{"type":"string"},)"
           R"("version":{"type":"string"},"started_at":{"type":"string"},"at":{"type":"string"},"records_per_second":{"type":["number","null"]},)"
           R"("partitions":{"type":"array","items":{"type":"integer"}},"lag_records":{"type":"integer"},"watermark":{"type":["string","null"]},)"
           R"("watermarks":{"type":"object"},"held":{"type":"integer"},"visits":{"type":"integer"},"cells":{"type":"integer"},)"
           R"("checkpoint":{"type":"object"},"rebalances":{"type":"object"},"replay":{"type":["object","null"]}}}}}})"}};
}

} // namespace wardpulse::web
