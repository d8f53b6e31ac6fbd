#include "consumer/replay/cell_diff.h"

#include <algorithm>
#include <cinttypes>
#include <set>

#include <xxhash.h>

#include "aggregator/windows.h"
#include "consumer/definition_json.h"

namespace wardpulse::consumer {
namespace {

std::string canonical(const Cell& cell) {
  std::string json;
  encode_cell(cell, {.histograms = true, .volatile_fields = false}, &json);
  return json;
}

std::string_view family_of(std::string_view id) { return id.substr(0, id.find('|')); }

const Value* value_of(const Cell& cell, std::string_view name) {
  const auto at =
      std::find_if(cell.values.begin(), cell.values.end(), [&](const auto& value) { return value.first == name; });
  return at == cell.values.end() ? nullptr : &at->second;
}

// Families and values that sum up all that ever was: a generation that begins in the middle cannot have them.
bool needs_whole_history(const Cell& cell) {
  const auto is_registration = [](const auto& dim) { return dim.first == "rule" && dim.second == "patient_exists"; };
  return !cell.window || (cell.family == "quality" && std::any_of(cell.dims.begin(), cell.dims.end(), is_registration));
}
constexpr std::string_view kNeedsWholeHistory[] = {"new_patients", "returning_patients"};

bool same_values(const Cell& a, const Cell& b, bool whole) {
  if (a.status != b.status) return false;
  return std::all_of(a.values.begin(), a.values.end(), [&](const auto& value) {
    if (!whole && std::find(std::begin(kNeedsWholeHistory), std::end(kNeedsWholeHistory), value.first) !=
                      std::end(kNeedsWholeHistory)) {
      return true;
    }
    const auto* other = value_of(b, value.first);
    return other != nullptr && *other == value.second;
  });
}

class Differ {
 public:
  Differ(const DiffInput& before, const DiffInput& after, const DiffScope& scope)
      : before_(before), after_(after), scope_(scope) {
    if (const auto d = parse_definition(before.definition_json)) before_definition_ = *d;
    if (const auto d = parse_definition(after.definition_json)) after_definition_ = *d;
  }

  Diff run() {
    auto& summary = diff_.summary;
    summary.old_name = before_.name;
    summary.new_name = after_.name;
    summary.old_hash = before_.cells->hash();
    summary.new_hash = after_.cells->hash();
    std::set<std::string> ids;
    for (auto& id : before_.cells->ids()) ids.insert(std::move(id));
    for (auto& id : after_.cells->ids()) ids.insert(std::move(id));
    for (const auto& id : ids) {
      if (scope_.family.empty() || family_of(id) == scope_.family) compare(id);
    }
    if (!scope_.whole) {
      summary.notes.push_back(after_.name + " does not begin at the log's start: cells without a window, new and "
                                            "returning patients and who was registered (rule patient_exists) are not compared");
    }
    if (scope_.from) summary.notes.push_back("compared: windows that start at or after " + format_rfc3339(*scope_.from));
    if (scope_.to) summary.notes.push_back("compared: windows that start before " + format_rfc3339(*scope_.to));
    if (before_.definition_json != after_.definition_json) summary.notes.push_back("the definitions differ");
    const bool both_known = !before_.next_offsets.empty() && !after_.next_offsets.empty();
    if (both_known && before_.next_offsets != after_.next_offsets) summary.notes.push_back("one has read records that the other has not");
    return std::move(diff_);
  }

 private:
  void compare(const std::string& id) {
    auto& family = diff_.summary.families[std::string(family_of(id))];
    auto before = before_.cells->find(id), after = after_.cells->find(id);
    if (is_left_out((before ? before : after)->cell)) {
      ++family.left_out;
      return;
    }
    using Kind = CellDifference::Kind;
    const bool equal = before && after && same_values(before->cell, after->cell, scope_.whole) &&
                       same_values(after->cell, before->cell, scope_.whole);
    if (equal) {
      ++family.equal;
      return;
    }
    const auto kind = !before ? Kind::kOnlyNew : !after ? Kind::kOnlyOld : Kind::kChanged;
    ++(kind == Kind::kChanged ? family.changed : kind == Kind::kOnlyOld ? family.only_old : family.only_new);
    CellDifference difference{kind, id, std::move(before), std::move(after), {}};
    difference.why = reason(difference);
    diff_.differences.push_back(std::move(difference));
  }

  bool is_left_out(const Cell& cell) const {
    if (!scope_.whole && needs_whole_history(cell)) return true;
    if (!cell.window) return false;
    return (scope_.from && cell.window->start < *scope_.from) || (scope_.to && cell.window->start >= *scope_.to);
  }

  static const aggregator::Funnel* funnel_of(const std::optional<aggregator::Definition>& definition,
                                             const std::string& name) {
    for (const auto& funnel : definition->funnels) {
      if (funnel.name == name) return &funnel;
    }
    return nullptr;
  }

  // Only what is sure.
  std::string reason(const CellDifference& difference) const {
    const Cell& cell = (difference.before ? difference.before : difference.after)->cell;
    if (is_defined_otherwise(cell)) return "definition";
    const bool other_grace = before_definition_ && after_definition_ && before_definition_->grace != after_definition_->grace;
    const bool same_records = before_.next_offsets == after_.next_offsets;
    if (other_grace && same_records) return is_only_status(difference) ? "definition" : "late record";
    if (same_records || before_.next_offsets.empty() || after_.next_offsets.empty()) return {};
    const bool was_closed = cell.window && cell.window->end <= std::min(before_.cells->watermark(), after_.cells->watermark());
    return was_closed ? "late record" : "newer records";
  }

  static bool is_only_status(const CellDifference& difference) {
    if (!difference.before || !difference.after) return false;
    Cell before = difference.before->cell;
    before.status = difference.after->cell.status;
    return same_values(before, difference.after->cell, true) && same_values(difference.after->cell, before, true);
  }

  // A cell whose own funnel is another, or any cell when more than funnels and grace is.
  bool is_defined_otherwise(const Cell& cell) const {
    if (!before_definition_ || !after_definition_ || before_.definition_json == after_.definition_json) return false;
    auto otherwise_same = *after_definition_;
    otherwise_same.funnels = before_definition_->funnels;
    otherwise_same.grace = before_definition_->grace;
    if (otherwise_same.canonical_json() != before_.definition_json) return true;
    if (cell.family != "funnel") return false;
    const auto funnel = std::find_if(cell.dims.begin(), cell.dims.end(), [](const auto& dim) { return dim.first == "funnel"; });
    if (funnel == cell.dims.end()) return false;
    const auto* old_funnel = funnel_of(before_definition_, funnel->second);
    const auto* new_funnel = funnel_of(after_definition_, funnel->second);
    return old_funnel == nullptr || new_funnel == nullptr || !(*old_funnel == *new_funnel);
  }

  const DiffInput& before_;
  const DiffInput& after_;
  const DiffScope& scope_;
  std::optional<aggregator::Definition> before_definition_, after_definition_;
  Diff diff_;
};

} // namespace

Result<void> CellSet::observe(std::int32_t partition, std::string_view key, std::optional<std::string_view> value) {
  const auto bar = key.rfind('|');
  if (bar == key.npos) return fail("a record of the cells' topic has a key that does not read");
  const std::string id(key.substr(0, bar));
  if (!value) {
    const auto at = cells_.find(id);
    if (at == cells_.end()) return {};
    at->second.erase(partition);
    if (at->second.empty()) cells_.erase(at);
    return {};
  }
  const auto cell = decode_cell(*value);
  if (!cell) return tl::unexpected(cell.error());
  auto& part = cells_[id][partition];
  if (cell->version < part.version) return {}; // a late write of a former owner
  part = {cell->version, std::string(*value)};
  auto& watermark = watermarks_.try_emplace(partition, kNever).first->second;
  watermark = std::max(watermark, cell->watermark);
  return {};
}

Time CellSet::watermark() const {
  Time least = watermarks_.empty() ? kNever : kForever;
  for (const auto& [partition, watermark] : watermarks_) least = std::min(least, watermark);
  return least;
}

void CellSet::finish() {
  const Time least = watermark();
  if (least == kNever) return;
  std::erase_if(cells_, [&](const auto& item) {
    const auto cell = decode_cell(item.second.begin()->second.json);
    if (!cell || !cell->window) return false;
    const auto kept = aggregator::retention(cell->window->size);
    return kept && cell->window->end <= least - *kept;
  });
}

// REQUIRES: parts not empty; all were decoded when they came.
Cell CellSet::merge(const std::map<std::int32_t, Part>& parts) const {
  std::vector<Cell> cells;
  for (const auto& [partition, part] : parts) cells.push_back(*decode_cell(part.json));
  std::vector<const Cell*> pointers;
  for (const auto& cell : cells) pointers.push_back(&cell);
  return merge_partitions(pointers);
}

void CellSet::fold() {
  for (auto& [id, parts] : cells_) {
    if (parts.size() == 1 && parts.begin()->first == kFolded) continue;
    auto json = canonical(merge(parts));
    parts.clear();
    json.shrink_to_fit();
    parts[kFolded].json = std::move(json);
  }
}

std::optional<CellSet::Merged> CellSet::find(const std::string& cell_id) const {
  const auto at = cells_.find(cell_id);
  if (at == cells_.end()) return std::nullopt;
  Merged merged{merge(at->second), {}};
  if (merged.cell.window) { // open while any partition may still get records for it, also one without the cell
    for (const auto& [partition, watermark] : watermarks_) {
      if (watermark < merged.cell.window->end) merged.cell.status = CellStatus::kOpen;
    }
  }
  merged.json = canonical(merged.cell);
  return merged;
}

std::vector<std::string> CellSet::ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, parts] : cells_) ids.push_back(id);
  return ids;
}

std::string CellSet::hash() const {
  XXH3_state_t* state = XXH3_createState();
  XXH3_128bits_reset(state);
  for (const auto& [id, parts] : cells_) {
    const auto cell = find(id);
    if (!cell) continue;
    XXH3_128bits_update(state, cell->json.data(), cell->json.size());
    XXH3_128bits_update(state, "\n", 1);
  }
  const auto hash = XXH3_128bits_digest(state);
  XXH3_freeState(state);
  char hex[33];
  std::snprintf(hex, sizeof hex, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
  return hex;
}

bool DiffSummary::is_equal() const {
  return std::all_of(families.begin(), families.end(), [](const auto& family) {
    return family.second.changed + family.second.only_old + family.second.only_new == 0;
  });
}

Diff diff_cells(const DiffInput& before, const DiffInput& after, const DiffScope& scope) {
  return Differ(before, after, scope).run();
}

} // namespace wardpulse::consumer
