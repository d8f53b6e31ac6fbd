// A diff for people (table) and for programs (JSON, CSV).
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/json_writer.h"
#include "consumer/replay/cell_diff.h"

namespace wardpulse::consumer {
namespace {

std::string_view kind_name(CellDifference::Kind kind) {
  switch (kind) {
    case CellDifference::Kind::kChanged: return "changed";
    case CellDifference::Kind::kOnlyOld: return "only_old";
    case CellDifference::Kind::kOnlyNew: return "only_new";
  }
  return "";
}

// The JSON of one value, cut from that of a cell which has only this one.
std::string value_text(const std::string& name, const Value& value) {
  Cell cell;
  cell.values = {{name, value}};
  std::string json;
  encode_cell(cell, {.volatile_fields = false}, &json);
  const auto start = json.find("\"values\":{") + std::string_view("\"values\":{").size() + name.size() + 3;
  return json.substr(start, json.rfind("},\"status\"") - start);
}

struct FieldChange {
  std::string name, before, after;
};

std::vector<FieldChange> changes_of(const CellDifference& difference) {
  if (difference.kind != CellDifference::Kind::kChanged) return {};
  const auto& before = difference.before->cell;
  const auto& after = difference.after->cell;
  std::vector<FieldChange> changes;
  if (before.status != after.status) {
    changes.push_back({"status", std::string(cell_status_name(before.status)), std::string(cell_status_name(after.status))});
  }
  std::set<std::string> seen;
  const auto find = [](const Cell& cell, const std::string& name) -> const Value* {
    for (const auto& [known, value] : cell.values) {
      if (known == name) return &value;
    }
    return nullptr;
  };
  for (const Cell* cell : {&before, &after}) {
    for (const auto& [name, ignored] : cell->values) {
      if (!seen.insert(name).second) continue;
      const auto *old_value = find(before, name), *new_value = find(after, name);
      if (old_value != nullptr && new_value != nullptr && *old_value == *new_value) continue;
      changes.push_back({name, old_value == nullptr ? "-" : value_text(name, *old_value),
                         new_value == nullptr ? "-" : value_text(name, *new_value)});
    }
  }
  return changes;
}

std::string table(const Diff& diff, std::size_t limit) {
  const auto& summary = diff.summary;
  std::string out = fmt::format("{} (old)  hash {}\n{} (new)  hash {}\n", summary.old_name, summary.old_hash,
                                summary.new_name, summary.new_hash);
  for (const auto& note : summary.notes) out += note + "\n";
  out += fmt::format("\n{:<14}{:>10}{:>10}{:>10}{:>10}{:>14}\n", "family", "equal", "changed", "only old", "only new",
                     "not compared");
  for (const auto& [name, f] : summary.families) {
    out += fmt::format("{:<14}{:>10}{:>10}{:>10}{:>10}{:>14}\n", name, f.equal, f.changed, f.only_old, f.only_new,
                       f.left_out);
  }
  out += summary.is_equal() ? "\nequal\n" : "\n";
  std::size_t shown = 0;
  for (const auto& difference : diff.differences) {
    if (limit > 0 && shown++ == limit) {
      out += fmt::format("... and {} more cells (--limit 0 lists all, --format csv|json too)\n",
                         diff.differences.size() - limit);
      break;
    }
    out += fmt::format("{:<9} {}{}\n", kind_name(difference.kind), difference.id,
                       difference.why.empty() ? "" : "  because of: " + difference.why);
    for (const auto& change : changes_of(difference))
      out += fmt::format("            {}: {} -> {}\n", change.name, change.before, change.after);
  }
  return out;
}

std::string json(const Diff& diff) {
  std::string text;
  JsonWriter out(&text);
  const auto& summary = diff.summary;
  out.begin_object();
  out.key("equal").boolean(summary.is_equal());
  out.key("old").begin_object().key("generation").text(summary.old_name).key("hash").text(summary.old_hash).end_object();
  out.key("new").begin_object().key("generation").text(summary.new_name).key("hash").text(summary.new_hash).end_object();
  out.key("notes").begin_array();
  for (const auto& note : summary.notes) out.text(note);
  out.end_array().key("families").begin_object();
  for (const auto& [name, f] : summary.families) {
    out.key(name).begin_object().key("equal").integer(f.equal).key("changed").integer(f.changed);
    out.key("only_old").integer(f.only_old).key("only_new").integer(f.only_new);
    out.key("not_compared").integer(f.left_out).end_object();
  }
  out.end_object().key("differences").begin_array();
  for (const auto& difference : diff.differences) {
    out.begin_object().key("kind").text(kind_name(difference.kind)).key("cell").text(difference.id);
    if (!difference.why.empty()) out.key("why").text(difference.why);
    out.key("fields").begin_array();
    for (const auto& change : changes_of(difference)) out.text(change.name);
    out.end_array();
    out.key("old");
    difference.before ? out.raw(difference.before->json) : out.null();
    out.key("new");
    difference.after ? out.raw(difference.after->json) : out.null();
    out.end_object();
  }
  out.end_array().end_object();
  return text + "\n";
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string csv(const Diff& diff) {
  std::string out = "kind,family,dims,window,field,old,new,why\n";
  for (const auto& difference : diff.differences) {
    const auto& id = difference.id;
    const auto first = id.find('|'), last = id.rfind('|');
    const auto head = fmt::format("{},{},{},{}", kind_name(difference.kind), id.substr(0, first),
                                  quoted(id.substr(first + 1, last - first - 1)), quoted(id.substr(last + 1)));
    const auto row = [&](const std::string& field, const std::string& before, const std::string& after) {
      out += fmt::format("{},{},{},{},{}\n", head, field, quoted(before), quoted(after), difference.why);
    };
    for (const auto& change : changes_of(difference)) row(change.name, change.before, change.after);
    if (difference.kind == CellDifference::Kind::kChanged) continue;
    row("", difference.before ? difference.before->json : "", difference.after ? difference.after->json : "");
  }
  return out;
}

} // namespace

std::string render_diff(const Diff& diff, DiffFormat format, std::size_t limit) {
  switch (format) {
    case DiffFormat::kTable: return table(diff, limit);
    case DiffFormat::kJson: return json(diff);
    case DiffFormat::kCsv: return csv(diff);
  }
  return {};
}

} // namespace wardpulse::consumer
