// Funnels: the shipped ones, and funnels.toml.
#include <algorithm>
#include <set>

#include "aggregator/attempt.h"
#include "aggregator/definition.h"
#include "base/toml.h"
#include "proto/event_types.h"

namespace wardpulse::aggregator {
namespace {

constexpr Duration kLongestWindow = std::chrono::hours{24 * 3660}; // ten years

FunnelStep step(std::string type, std::string field = {}, std::string value = {}) {
  return {type, {{type, std::move(field), std::move(value)}}};
}

// Collects every problem of the file, each with its place.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void problem(const toml::source_region& at, std::string what) { problems_.emplace_back(at.begin.line, std::move(what)); }
  bool clean() const { return problems_.empty(); }
  // By line.
  std::string problems() {
    std::stable_sort(problems_.begin(), problems_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string all;
    for (const auto& [line, what] : problems_) all += (all.empty() ? "" : "\n") + file_ + ":" + std::to_string(line) + ": " + what;
    return all;
  }

  std::optional<std::string> text(const toml::table& table, std::string_view key, const std::string& where, bool required = true) {
    const toml::node* node = table.get(key);
    if (node == nullptr) {
      if (required) problem(table.source(), where + " needs `" + std::string(key) + "`");
      return std::nullopt;
    }
    if (const auto value = node->value_exact<std::string>(); value && !value->empty()) return value;
    problem(node->source(), where + ": `" + std::string(key) + "` must be a text that is not empty");
    return std::nullopt;
  }

  void known_keys(const toml::table& table, std::initializer_list<std::string_view> known, const std::string& where) {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      std::string list;
      for (const auto name : known) list += (list.empty() ? "" : ", ") + std::string(name);
      problem(node.source(), where + ": unknown key `" + std::string(key.str()) + "` (known: " + list + ")");
    }
  }

 private:
  std::string file_;
  std::vector<std::pair<toml::source_index, std::string>> problems_;
};

void check_event_type(Reader& reader, const toml::node& at, const Funnel& funnel, const std::string& type) {
  if (funnel.by_visit && !visit_event_type(type)) {
    reader.problem(at.source(), "funnel `" + funnel.name + "`: `" + type + "` is no event type of a visit (topics checkins, encounters, billing)");
  } else if (!funnel.by_visit && (!is_workflow_type_name(type) || type == event_type_spec(EventType::kHeartbeat).name)) {
    reader.problem(at.source(), "funnel `" + funnel.name + "`: `" + type + "` is no event type of an entity (1 to 64 of A-Z a-z 0-9 space . _ / -; not feed.heartbeat)");
  }
}

// A condition that no record can fulfil is a mistake.
void check_condition(Reader& reader, const toml::node& at, const std::string& where, const Funnel& funnel, const StepMatch& match) {
  if (!is_condition_field(match.field)) {
    reader.problem(at.source(), where + ": `" + match.field + "` cannot be a condition (those that can: " + condition_field_names() + ")");
    return;
  }
  const auto type = funnel.by_visit ? visit_event_type(match.event_type) : EventType::kWorkflow;
  if (!type) return; // told already
  const auto& fields = event_type_spec(*type).fields;
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const TypeField& f) { return f.field->name == match.field; });
  if (found == fields.end()) {
    reader.problem(at.source(), where + ": `" + match.event_type + "` has no field `" + match.field + "`");
    return;
  }
  const auto& list = found->field->list;
  if (!list.empty() && std::find(list.begin(), list.end(), match.value) == list.end()) {
    std::string values;
    for (const std::string_view value : list) values += (values.empty() ? "" : ", ") + std::string(value);
    reader.problem(at.source(), where + ": `" + match.field + "` is never `" + match.value + "` but one of " + values);
  }
}

// "triage" or { type = "checkin", field = "visit_type", value = "Emergency" }; a step of its own may have a name too.
void read_match(Reader& reader, const toml::node& node, const Funnel& funnel, bool is_alternative, FunnelStep* out) {
  StepMatch match;
  if (const auto name = node.value_exact<std::string>()) {
    match.event_type = *name;
  } else if (const toml::table* table = node.as_table()) {
    const std::string where = "funnel `" + funnel.name + "`, " + (is_alternative ? "an alternative of a step" : "a step");
    if (is_alternative) reader.known_keys(*table, {"type", "field", "value"}, where);
    else reader.known_keys(*table, {"name", "type", "field", "value", "any_of"}, where);
    const auto type = reader.text(*table, "type", where);
    const auto field = reader.text(*table, "field", where, false), value = reader.text(*table, "value", where, false);
    if (field.has_value() != value.has_value()) reader.problem(node.source(), where + ": `field` and `value` go together");
    if (!type) return;
    match = {*type, field.value_or(""), value.value_or("")};
    if (field && value) check_condition(reader, node, where, funnel, match);
  } else {
    reader.problem(node.source(), "funnel `" + funnel.name + "`: a step is an event type or a table with `type`");
    return;
  }
  check_event_type(reader, node, funnel, match.event_type);
  out->any_of.push_back(std::move(match));
}

void read_step(Reader& reader, const toml::node& node, Funnel* funnel) {
  FunnelStep made;
  const toml::table* table = node.as_table();
  const std::string where = "funnel `" + funnel->name + "`, a step";
  if (const toml::node* any_of = table != nullptr ? table->get("any_of") : nullptr) {
    reader.known_keys(*table, {"name", "any_of"}, where + " with any_of");
    const toml::array* alternatives = any_of->as_array();
    if (alternatives == nullptr || alternatives->empty()) {
      reader.problem(any_of->source(), where + ": `any_of` is a list of at least one alternative");
      return;
    }
    for (const toml::node& one : *alternatives) read_match(reader, one, *funnel, true, &made);
  } else {
    read_match(reader, node, *funnel, false, &made);
  }
  const auto name = table != nullptr ? reader.text(*table, "name", where, false) : std::nullopt;
  if (made.any_of.empty()) return;
  made.name = name.value_or(made.any_of.front().event_type);
  funnel->steps.push_back(std::move(made));
}

Funnel read_funnel(Reader& reader, const toml::table& table) {
  Funnel funnel;
  funnel.name = reader.text(table, "name", "a funnel").value_or("?");
  const std::string where = "funnel `" + funnel.name + "`";
  reader.known_keys(table, {"name", "entity", "steps", "exits", "window"}, where);
  const auto entity = reader.text(table, "entity", where).value_or("visit_id");
  if (entity != "visit_id" && entity != "entity_id") reader.problem(table.get("entity")->source(), where + ": `entity` is visit_id or entity_id, not `" + entity + "`");
  funnel.by_visit = entity != "entity_id";
  if (const auto text = reader.text(table, "window", where)) {
    const auto window = parse_duration(*text);
    if (!window || *window <= Duration::zero()) {
      reader.problem(table.get("window")->source(), where + ": `window` must be a length of time such as 24h or 7d, not `" + *text + "`");
    } else if (*window > kLongestWindow) {
      reader.problem(table.get("window")->source(), where + ": `window` is at most " + format_duration(kLongestWindow));
    } else {
      funnel.window = *window;
    }
  }
  const toml::node* given_steps = table.get("steps");
  const toml::array* steps = given_steps != nullptr ? given_steps->as_array() : nullptr;
  if (steps == nullptr) {
    reader.problem((given_steps != nullptr ? *given_steps : table).source(), where + " needs `steps`, a list of at least two");
  } else {
    for (const toml::node& node : *steps) read_step(reader, node, &funnel);
    if (steps->size() < 2) reader.problem(steps->source(), where + ": at least two steps");
  }
  if (const toml::node* exits = table.get("exits")) {
    const toml::array* list = exits->as_array();
    if (list == nullptr) reader.problem(exits->source(), where + ": `exits` is a list of event types");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const auto type = (*list)[i].value_exact<std::string>();
      if (!type) {
        reader.problem((*list)[i].source(), where + ": an exit is an event type");
        continue;
      }
      check_event_type(reader, (*list)[i], funnel, *type);
      if (std::find(funnel.exits.begin(), funnel.exits.end(), *type) != funnel.exits.end()) {
        reader.problem((*list)[i].source(), where + ": exit `" + *type + "` is named twice");
      }
      funnel.exits.push_back(*type);
    }
  }
  return funnel;
}

std::size_t condition_count(const std::vector<Funnel>& funnels) {
  std::set<std::tuple<std::string, std::string, std::string>> distinct;
  for (const Funnel& funnel : funnels) {
    for (const FunnelStep& s : funnel.steps) {
      for (const StepMatch& m : s.any_of) if (!m.field.empty()) distinct.insert({m.event_type, m.field, m.value});
    }
  }
  return distinct.size();
}

} // namespace

std::vector<Funnel> shipped_funnels() {
  using std::chrono::hours;
  return {
      {"emergency", true, {step("checkin", "visit_type", "Emergency"), step("triage"), step("roomed"), step("provider.seen"), step("visit.completed")},
       {"visit.left"}, hours{24}},
      {"inpatient", true, {step("admit.decision"), step("admission"), step("discharge")}, {}, hours{24 * 30}},
      {"outpatient", true, {step("checkin", "visit_type", "Outpatient"), step("provider.seen"), step("visit.completed")},
       {"visit.cancelled", "visit.no_show", "visit.left"}, hours{24}},
      {"review", false, {step("data.uploaded"), step("data.validated"), step("analysis.started"), step("analysis.completed"), step("review.completed")},
       {"data.invalid", "analysis.failed", "review.rejected"}, hours{24 * 7}},
      {"billing", true, {step("visit.completed"), step("bill"), step("payment")}, {}, hours{24 * 90}},
  };
}

Result<std::vector<Funnel>> parse_funnels(const std::string& text, const std::string& file_name) {
  const toml::parse_result parsed = toml::parse(text, file_name);
  if (!parsed) {
    const auto& error = parsed.error();
    return fail(file_name + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()), "the file must be TOML");
  }
  Reader reader(file_name);
  reader.known_keys(parsed.table(), {"funnel"}, "funnels file");
  const toml::array* list = parsed.table().get_as<toml::array>("funnel");
  std::vector<Funnel> funnels;
  if (list == nullptr || list->empty()) {
    reader.problem(parsed.table().source(), "no funnel: each starts with a line [[funnel]]");
  } else {
    std::set<std::string> names;
    for (const toml::node& node : *list) {
      const toml::table* table = node.as_table();
      if (table == nullptr) {
        reader.problem(node.source(), "a funnel starts with a line [[funnel]]");
        continue;
      }
      funnels.push_back(read_funnel(reader, *table));
      if (const auto& name = funnels.back().name; table->contains("name") && !names.insert(name).second) {
        reader.problem(node.source(), "funnel `" + name + "` is defined twice");
      }
    }
  }
  if (condition_count(funnels) > kMaxConditions) {
    reader.problem(parsed.table().source(), "at most " + std::to_string(kMaxConditions) + " different field conditions over all funnels");
  }
  if (!reader.clean()) return fail(reader.problems());
  return funnels;
}

} // namespace wardpulse::aggregator
