#include "web/explain.h"

#include <algorithm>

#include "base/json_writer.h"
#include "web/packed_values.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

// Which input topics feed a family; docs/semantics.md, 1.
struct Feeds {
  std::string_view family;
  std::vector<std::string_view> topics;
};
const std::vector<Feeds>& feeds() {
  static const std::vector<Feeds> all = {{"finance", {"checkins", "encounters", "billing"}},
                                         {"organization", {"checkins", "encounters", "billing"}},
                                         {"daily_kpis", {"checkins", "encounters", "billing"}},
                                         {"department_stats", {"checkins", "encounters", "billing"}},
                                         {"patients", {"checkins"}},
                                         {"quality", {"checkins", "encounters", "billing", "workflow"}},
                                         {"task", {"checkins", "encounters", "billing", "workflow"}}};
  return all;
}

void write_topics(const FamilySpec& family, JsonWriter* out) {
  static const std::vector<std::string_view> kUsual = {"checkins", "encounters"};
  const auto found = std::find_if(feeds().begin(), feeds().end(), [&](const Feeds& feed) { return feed.family == family.name; });
  out->key("topics").begin_array();
  if (family.name == "funnel") out->text("those of its event types, see funnels.toml");
  else for (const auto topic : found == feeds().end() ? kUsual : found->topics) out->text(topic);
  out->end_array();
}

std::string_view merge_phrase(Merge merge) {
  switch (merge) {
    case Merge::kSum: return "added up over partitions";
    case Merge::kMax: return "the largest of the partitions";
    case Merge::kSumCounts:
    case Merge::kSumList: return "added up over partitions, one by one";
    case Merge::kHistogram:
    case Merge::kHistogramList: return "percentiles of the partitions' added-up minute histograms, nearest rank";
    case Merge::kPartition: return "of one partition alone";
    default: return "taken, or made anew, from the partitions' values";
  }
}

void write_definition(const FamilySpec& family, JsonWriter* out) {
  out->key("definition").begin_object();
  out->key("family").text(family.name);
  out->key("meaning").text(family.meaning);
  write_topics(family, out);
  out->key("values").begin_array();
  for (const FieldSpec& field : family.fields) {
    out->begin_object().key("name").text(field.name).key("meaning").text(field.meaning);
    out->key("merge").text(merge_phrase(field.merge)).end_object();
  }
  out->end_array();
  out->end_object();
}

std::string part_json(const Series& series, const CellKey& key, const StoredCell& stored, const CellPart& part) {
  const Cell cell{.family = std::string(series.family->name), .dims = key.dims->values, .window = stored.window,
                  .values = unpack_values(*series.family, part.values), .status = part.status, .version = part.version,
                  .partition = part.partition, .watermark = part.watermark, .updated_at = part.updated_at};
  std::string json;
  encode_cell(cell, {.partition = true, .minutes = true}, &json); // percentiles follow from them
  return json;
}

void write_counts(const CellStore& store, const StoredCell& cell, JsonWriter* out) {
  static constexpr std::string_view kCounts[] = {"consumed", "applied", "duplicate", "rejected", "held"};
  const Series* tasks = store.find_series("task");
  std::int64_t totals[std::size(kCounts)] = {};
  for (const auto& [key, stored] : tasks->cells) {
    const bool takes_part = std::any_of(cell.parts.begin(), cell.parts.end(), [&](const auto& part) {
      return key.dims->text == "partition=" + std::to_string(part.partition);
    });
    if (!takes_part) continue;
    for (const auto& [name, value] : store.merged(*tasks, key, stored).values) {
      for (std::size_t i = 0; i < std::size(kCounts); ++i) {
        const auto* count = std::get_if<std::int64_t>(&value);
        if (name == kCounts[i] && count != nullptr) totals[i] += *count;
      }
    }
  }
  out->key("counts").begin_object(); // records of those partitions, since the log's start
  for (std::size_t i = 0; i < std::size(kCounts); ++i) out->key(kCounts[i]).integer(totals[i]);
  out->end_object();
}

Reply refusal(int status, const char* code, std::string detail, std::string remedy) {
  return problem_reply({.status = status, .code = code, .detail = std::move(detail), .remedy = std::move(remedy)});
}

} // namespace

Reply answer_explain(const Request& request, const CellStore& store, const Served& served) {
  if (request.query.size() != 1 || request.query.front().first != "cell") {
    return refusal(400, "bad_parameter", "the one parameter is cell",
                   "cell=department|department=Emergency|1h:2026-11-21T13:00:00Z names one; a cell without window ends in |-");
  }
  const auto name = look_up_cell_name(request.query.front().second);
  const auto found = name ? store.find(*name) : CellStore::Found{};
  if (found.cell == nullptr) {
    return refusal(404, "unknown_cell", "there is no such cell", "family|dims|window, as the key of the aggregates topic has it, without partition");
  }
  const Series& series = *found.series;
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("generation").text(served.generation);
  std::string merged;
  encode_cell(store.merged(series, found.key, *found.cell), {.minutes = true}, &merged);
  out.key("cell").raw(merged);
  write_definition(*series.family, &out);
  out.key("inputs").begin_array();
  for (const auto& part : found.cell->parts) out.raw(part_json(series, found.key, *found.cell, part));
  out.end_array();
  write_counts(store, *found.cell, &out);
  out.key("restatements").begin_array();
  for (const auto& restated : store.restatements()) {
    if (restated.series != &series || !(restated.key == found.key)) continue;
    out.begin_object();
    out.key("at").time(restated.after.updated_at);
    out.key("before").raw(part_json(series, found.key, *found.cell, restated.before));
    out.key("after").raw(part_json(series, found.key, *found.cell, restated.after));
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return Reply::json(200, std::move(json));
}

std::vector<Parameter> explain_parameters() {
  return {{.name = "cell", .meaning = "Key of a cell as in the aggregates topic, without partition.",
           .schema = R"({"type":"string","examples":["department|department=Emergency|1h:2026-11-21T13:00:00Z"]})", .required = true}};
}

std::vector<Answer> explain_answers() {
  return {{200, "The cell, its definition, what each partition says, and how it changed after its window closed.", "application/json",
           R"({"type":"object","required":["generation","cell","definition","inputs","counts","restatements"],"properties":{)"
           R"("generation":{"type":"string"},"cell":{"$ref":"#/components/schemas/Cell"},"definition":{"type":"object"},)"
           R"("inputs":{"type":"array","items":{"type":"object"}},"counts":{"type":"object"},)"
           R"("restatements":{"type":"array","items":{"type":"object"}}}})"},
          {404, "There is no such cell.", "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})"}};
}

} // namespace wardpulse::web
