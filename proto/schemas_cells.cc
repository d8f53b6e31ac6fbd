#include <fmt/format.h>

#include "base/json_writer.h"
#include "proto/cell.h"
#include "proto/schema_text.h"
#include "proto/schemas.h"

namespace wardpulse::schemas {
namespace {

constexpr std::string_view kDistribution =
    R"({"description":"of whole minutes, cut off; percentiles are nearest rank","type":"object",)"
    R"("required":["n","sum","max","p50","p90","p95"],)"
    R"("properties":{"n":{"type":"integer","minimum":0},"sum":{"type":"integer"},"max":{"type":["integer","null"]},)"
    R"("p50":{"type":["integer","null"]},"p90":{"type":["integer","null"]},"p95":{"type":["integer","null"]},)"
    R"("h":{"description":"in the topic only","$ref":"#/$defs/minutes"},)"
    R"("minutes":{"description":"in answers with histogram=1 only","$ref":"#/$defs/minutes"}}})";
constexpr std::string_view kMinutes =
    R"({"description":"[minute, count], sorted by minute","type":"array","items":{"type":"array","prefixItems":)"
    R"([{"type":"integer"},{"type":"integer","minimum":1}],"items":false,"minItems":2}})";
constexpr std::string_view kWindow =
    R"({"type":["object","null"],"required":["size","start","end"],)"
    R"("properties":{"size":{"enum":["10s","1m","1h","1d","month"]},)"
    R"("start":{"type":"string","format":"date-time"},)"
    R"("end":{"description":"not in the window","type":"string","format":"date-time"}}})";
constexpr std::string_view kTimeOrNull = R"({"type":["string","null"],"format":"date-time"})";

void write_value(const FieldSpec& field, JsonWriter* out) {
  out->key(field.name).begin_object();
  out->key("description").text(field.meaning);
  const auto type = [&](std::string_view name) { out->key("type").begin_array().text(name).text("null").end_array(); };
  switch (field.merge) {
    case Merge::kSum:
    case Merge::kMax:
    case Merge::kEstimate:
    case Merge::kCrowdingScore: type("integer"); break;
    case Merge::kText:
    case Merge::kCrowdingBand: type("string"); break;
    case Merge::kCrowdingInputs:
    case Merge::kSumCounts:
      type("object");
      if (!field.keys.empty()) {
        out->key("required").begin_array();
        for (const std::string_view key : field.keys) out->text(key);
        out->end_array();
      }
      out->key("additionalProperties").raw(R"({"type":"integer"})");
      break;
    case Merge::kSumList: type("array"), out->key("items").raw(R"({"type":"integer"})"); break;
    case Merge::kHistogram: out->key("oneOf").raw(R"([{"$ref":"#/$defs/distribution"},{"type":"null"}])"); break;
    case Merge::kHistogramList:
      type("array");
      out->key("items").raw(R"({"oneOf":[{"$ref":"#/$defs/distribution"},{"type":"null"}]})");
      break;
    case Merge::kLabels: type("array"), out->key("items").raw(R"({"type":"string"})"); break;
    case Merge::kPartition: break;
  }
  out->end_object();
}

void write_family(const FamilySpec& family, JsonWriter* out) {
  out->begin_object();
  out->key("title").text(family.name);
  out->key("description").text(family.meaning);
  out->key("properties").begin_object();
  out->key("family").begin_object().key("const").text(family.name).end_object();
  out->key("dims").begin_object();
  out->key("properties").begin_object();
  for (const std::string_view dim : family.dims) out->key(dim).raw(R"({"type":"string"})");
  out->end_object();
  out->key("additionalProperties").boolean(false);
  out->end_object();
  out->key("window").raw(family.sizes.empty() ? R"({"type":"null"})" : R"({"type":"object"})");
  out->key("values").begin_object();
  out->key("properties").begin_object();
  for (const FieldSpec& field : family.fields) write_value(field, out);
  out->end_object();
  out->end_object();
  out->end_object();
  out->end_object();
}

std::string size_names(const FamilySpec& family) {
  if (family.sizes.empty()) return "none";
  std::vector<std::string_view> names;
  for (const WindowSize size : family.sizes) names.push_back(window_size_name(size));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string_view merge_phrase(const FieldSpec& field) {
  switch (field.merge) {
    case Merge::kSum: return field.sum_over_time ? "adds up" : "adds up over partitions; null over windows";
    case Merge::kMax: return "the largest";
    case Merge::kSumCounts:
    case Merge::kSumList: return "each adds up";
    case Merge::kHistogram:
    case Merge::kHistogramList: return "distributions add up";
    case Merge::kLabels: return "the same everywhere";
    case Merge::kText: return "lies in one partition";
    case Merge::kCrowdingInputs: return "people add up; beds and the longest wait: the largest; the last roomed: the latest";
    case Merge::kEstimate: return "made anew from the two before it";
    case Merge::kCrowdingScore:
    case Merge::kCrowdingBand: return "made anew from the inputs";
    case Merge::kPartition: return "null";
  }
  return "?";
}

} // namespace

GeneratedFile cell_file() {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("$schema").text("https://json-schema.org/draft/2020-12/schema");
  out.key("$id").text("urn:wardpulse:cell");
  out.key("title").text("cell");
  out.key("description").text("One published number or group of numbers. Values are absolute, never changes.");
  out.key("type").text("object");
  out.key("required").raw(R"(["family","dims","window","values","status"])");
  out.key("properties").begin_object();
  out.key("family").raw(R"({"type":"string"})");
  out.key("dims").raw(R"({"type":"object","additionalProperties":{"type":"string"}})");
  out.key("window").raw(kWindow);
  out.key("values").raw(R"({"type":"object"})");
  out.key("status").raw(R"({"enum":["open","closed","final"]})");
  out.key("partition").raw(R"({"description":"in the topic only","type":"integer","minimum":0})");
  out.key("version").raw(R"({"description":"a reader drops lower ones","type":"integer","minimum":0})");
  out.key("watermark").raw(kTimeOrNull);
  out.key("updated_at").raw(kTimeOrNull);
  out.end_object();
  out.key("oneOf").begin_array();
  for (const FamilySpec& family : families()) write_family(family, &out);
  out.end_array();
  out.key("$defs").begin_object().key("distribution").raw(kDistribution).key("minutes").raw(kMinutes).end_object();
  out.end_object();
  return {"schemas/cell.schema.json", pretty_json(json)};
}

std::string cell_tables() {
  std::string out = "| family | dims | windows | value | when merged | meaning |\n|---|---|---|---|---|---|\n";
  for (const FamilySpec& family : families()) {
    std::string head =
        fmt::format("`{}`: {} | {} | {}", family.name, family.meaning,
                    family.dims.empty() ? "none" : fmt::format("{}", fmt::join(family.dims, ", ")), size_names(family));
    for (const FieldSpec& field : family.fields) {
      out += fmt::format("| {} | `{}` | {} | {} |\n", head, field.name, merge_phrase(field), field.meaning);
      head = " | | ";
    }
  }
  return out;
}

} // namespace wardpulse::schemas
