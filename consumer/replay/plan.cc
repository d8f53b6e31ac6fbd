#include "consumer/replay/plan.h"

#include <simdjson.h>

#include <algorithm>

#include "base/json_writer.h"

namespace wardpulse::consumer {
namespace {

using simdjson::dom::element;
constexpr std::int64_t kPlanFormat = 1;

void write_offsets(const char* name, const std::vector<TopicOffsets>& offsets, JsonWriter* out) {
  out->key(name).begin_array();
  for (const auto& partition : offsets) {
    out->begin_array();
    for (const auto offset : partition) out->integer(offset);
    out->end_array();
  }
  out->end_array();
}

bool read_offsets(const element& root, const char* name, std::vector<TopicOffsets>* offsets) {
  simdjson::dom::array partitions;
  if (root[name].get(partitions) != simdjson::SUCCESS) return false;
  for (const element partition : partitions) {
    simdjson::dom::array items;
    if (partition.get(items) != simdjson::SUCCESS || items.size() != kTopicCount) return false;
    auto& row = offsets->emplace_back();
    for (std::size_t i = 0; i < kTopicCount; ++i) {
      if (items.at(i).get(row[i]) != simdjson::SUCCESS) return false;
    }
  }
  return true;
}

bool read_text(const element& root, const char* name, std::string* text) {
  std::string_view view;
  if (root[name].get(view) != simdjson::SUCCESS) return false;
  *text = view;
  return true;
}

std::optional<Time> time_of(const element& root, const char* name) {
  std::string text;
  return read_text(root, name, &text) ? parse_written_rfc3339(text) : std::nullopt;
}

} // namespace

std::int64_t ReplayPlan::records() const {
  std::int64_t records = 0;
  for (std::size_t p = 0; p < end.size(); ++p) {
    for (int t = 0; t < kTopicCount; ++t) records += std::max<std::int64_t>(0, end[p][t] - begin[p][t]);
  }
  return records;
}

std::string encode_plan(const ReplayPlan& plan) {
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("format").integer(kPlanFormat);
  out.key("name").text(plan.generation);
  out.key("definition").text(plan.definition_json);
  out.key("digest").text(plan.definition_digest);
  out.key("cluster").text(plan.cluster_id);
  out.key("from_text").text(plan.from_text).key("to_text").text(plan.to_text);
  if (plan.from) out.key("from").time(*plan.from);
  if (plan.to) out.key("to").time(*plan.to);
  out.key("whole").boolean(plan.whole);
  out.key("made_at").time(plan.made_at);
  write_offsets("begin", plan.begin, &out);
  write_offsets("end", plan.end, &out);
  out.end_object();
  return json;
}

Result<ReplayPlan> decode_plan(std::string_view json) {
  const auto bad = [] { return fail("the generation's plan does not read", "was it made by a newer version?"); };
  simdjson::dom::parser parser;
  element root;
  std::int64_t format = 0;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return bad();
  if (root["format"].get(format) != simdjson::SUCCESS || format > kPlanFormat) return bad();
  ReplayPlan plan;
  const bool good = read_text(root, "name", &plan.generation) && read_text(root, "definition", &plan.definition_json) &&
                    read_text(root, "digest", &plan.definition_digest) && read_text(root, "cluster", &plan.cluster_id) &&
                    read_text(root, "from_text", &plan.from_text) && read_text(root, "to_text", &plan.to_text) &&
                    root["whole"].get(plan.whole) == simdjson::SUCCESS && read_offsets(root, "begin", &plan.begin) &&
                    read_offsets(root, "end", &plan.end) && plan.begin.size() == plan.end.size();
  if (!good) return bad();
  plan.from = time_of(root, "from");
  plan.to = time_of(root, "to");
  plan.made_at = time_of(root, "made_at").value_or(kNever);
  return plan;
}

Result<void> check_generation_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (name.empty()) return fail("generation: needs a name", "for example --generation backfill-1");
  if (name == "live") return fail("generation: 'live' is what consumers keep without a replay", "take another name");
  if (name.size() > 40 || !std::all_of(name.begin(), name.end(), fits) || name == "marts") {
    return fail("generation: '" + name + "' is no name: letters, digits, - and _, at most 40");
  }
  return {};
}

} // namespace wardpulse::consumer
