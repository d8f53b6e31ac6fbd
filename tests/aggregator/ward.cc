#include "tests/aggregator/ward.h"

#include <algorithm>

#include "base/check.h"

namespace wardpulse::aggregator {

Time at(std::string_view text) {
  const std::string full = text.find('T') != std::string_view::npos ? std::string(text) : "2026-11-21T" + std::string(text) + ":00Z";
  const auto time = parse_rfc3339(full);
  WP_CHECK(time.has_value());
  return *time;
}

std::string event(std::string_view type, std::string_view id, Time time, std::string_view patient, std::string_view visit, std::string_view more) {
  std::string json = R"({"event_id":")" + std::string(id) + R"(","event_type":")" + std::string(type) + R"(","event_time":")" +
                     format_rfc3339(time) + R"(","patient_id":")" + std::string(patient) + '"';
  if (!visit.empty()) json += R"(,"visit_id":")" + std::string(visit) + '"';
  if (!more.empty()) json += "," + std::string(more);
  return json + "}";
}

Ward::Ward(Definition definition) : definition_(std::move(definition)), state_(definition_, 0) {}

Outcome Ward::write(Topic topic, Time time, std::string value) {
  return state_.apply({topic, next_[static_cast<int>(topic)]++, time, "", value, false}, &rejected_);
}

Outcome Ward::checkin(std::string_view id, std::string_view time, std::string_view patient, std::string_view visit,
                      std::string_view department, std::string_view type) {
  const std::string more = R"("department":")" + std::string(department) + R"(","visit_type":")" + std::string(type) + '"';
  return write(Topic::kCheckins, at(time), event("checkin", id, at(time), patient, visit, more));
}

Outcome Ward::encounter(std::string_view type, std::string_view id, std::string_view time, std::string_view patient, std::string_view visit,
                        std::string_view more) {
  return write(Topic::kEncounters, at(time), event(type, id, at(time), patient, visit, more));
}

Outcome Ward::heartbeat(Topic topic, std::string_view time) {
  return write(topic, at(time), R"({"event_id":"hb","event_type":"feed.heartbeat","source":"test","event_time":")" + format_rfc3339(at(time)) + "\"}");
}

void Ward::publish(bool idle) {
  Progress progress;
  for (auto& topic : progress) topic.idle = idle;
  state_.publish(progress, {[&](const Cell& cell) { cells_[cell_id(cell)] = cell; }, [&](const std::string& id) { cells_.erase(id); }});
}

std::string show(const Value& value) {
  Cell cell;
  cell.family = "task";
  cell.values = {{"v", value}};
  std::string json;
  encode_cell(cell, {.minutes = true, .volatile_fields = false}, &json);
  const auto start = json.find("\"v\":") + 4;
  return json.substr(start, json.rfind("},\"status\"") - start);
}

std::string Ward::value(const std::string& cell_id, const std::string& field) const {
  const auto it = cells_.find(cell_id);
  if (it == cells_.end()) return "absent";
  for (const auto& [name, value] : it->second.values) if (name == field) return show(value);
  return "no such field";
}

std::string Ward::status(const std::string& cell_id) const {
  const auto it = cells_.find(cell_id);
  return it == cells_.end() ? "absent" : std::string(cell_status_name(it->second.status));
}

namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Log make(int records) {
    for (int i = 0; i < records; ++i) step(i);
    return std::move(log_);
  }

 private:
  std::uint64_t pick(std::uint64_t n) { return random_() % n; }
  bool chance(int percent) { return pick(100) < static_cast<std::uint64_t>(percent); }
  template <std::size_t N>
  std::string one_of(const char* const (&list)[N]) { return list[pick(N)]; }

  // Mostly a little after the last one; sometimes minutes, days or months off, and sometimes a leap of the whole hospital.
  Time next_time() {
    using namespace std::chrono;
    now_ += milliseconds{pick(240'000)};
    if (pick(400) == 0) now_ += hours{24 * pick(60)};
    if (pick(900) == 0) now_ += hours{24 * 160};
    Time time = now_;
    if (chance(25)) time -= minutes{pick(40)};
    if (chance(6)) time -= hours{pick(80)};
    if (chance(2)) time -= hours{24 * pick(80)};
    if (chance(30)) time = floor<minutes>(time); // ties
    return time;
  }

  std::string department() {
    if (chance(30)) return {};
    return R"("department":")" + one_of({"Emergency", "Cardiology", "", "Surgery"}) + '"';
  }

  void put(Topic topic, Time time, std::string value) {
    auto& list = log_[static_cast<int>(topic)];
    Time broker = time + std::chrono::minutes{1};
    if (chance(1)) broker = time - std::chrono::minutes{20}; // future
    list.push_back({broker, std::move(value)});
    if (chance(6)) list.push_back(list[pick(list.size())]); // a repeat, near or far
  }

  void step(int i) {
    const Time time = next_time();
    const std::string id = chance(3) ? "e" + std::to_string(pick(i + 1)) : "e" + std::to_string(i);
    const std::string patient = "p" + std::to_string(pick(12)), visit = "v" + std::to_string(pick(4));
    switch (pick(24)) {
      case 0: return put(Topic::kCheckins, time, R"({"event_id":"h","event_type":"feed.heartbeat","source":"s","event_time":")" + format_rfc3339(time) + "\"}");
      case 1: return put(static_cast<Topic>(pick(4)), time, R"({"event_id": tru)");
      case 2: return put(Topic::kCheckins, time, registration(id, time, patient));
      case 3: case 4: return put(Topic::kWorkflow, time, workflow(id, time));
      case 5: case 6: return put(Topic::kBilling, time, billing(id, time, patient, visit));
      case 7: case 8: case 9: case 10: case 11: return put(Topic::kCheckins, time, checkin_side(id, time, patient, visit));
      default: return put(Topic::kEncounters, time, encounter(id, time, patient, visit));
    }
  }

  std::string source() { return chance(50) ? "" : R"(,"source":")" + one_of({"adt", "his", "unknown", " "}) + '"'; }

  std::string registration(const std::string& id, Time time, const std::string& patient) {
    const std::string birth = one_of({"1980-02-29", "1931-01-01", "2026-10-01", "2026-01-31", "1970-01-01"});
    return event("patient.registered", id, time, patient, "", R"("gender":")" + one_of({"F", "M", "Other", "Unknown", "X"}) + R"(","birth_date":")" + birth +
                 R"(","city":")" + one_of({"Malmo", "Lund", "unknown", "Visby"}) + '"' + source());
  }

  std::string workflow(const std::string& id, Time time) {
    return R"({"event_id":")" + id + R"(","event_type":")" + one_of({"data.uploaded", "data.validated", "data.invalid", "analysis.started", "analysis.completed", "review.completed", "other"}) +
           R"(","event_time":")" + format_rfc3339(time) + R"(","entity_id":"u)" + std::to_string(pick(9)) + "\"}";
  }

  std::string billing(const std::string& id, Time time, const std::string& patient, const std::string& visit) {
    const std::string bill = R"("bill_id":"b)" + std::to_string(pick(5)) + '"', payer = R"("payer":")" + one_of({"Medicare", "Blue", " "}) + '"';
    const std::string total = std::to_string(pick(3) * 10), own = chance(30) ? R"(,"department":"Billing")" : "";
    switch (pick(4)) {
      case 0: return event("claim", id, time, patient, visit, R"("claim_id":"c)" + std::to_string(pick(4)) + R"(","organization":")" + one_of({"North", "South", "unknown"}) +
                           R"(","amount":)" + total + R"(.10,"covered":)" + std::to_string(pick(9)) + "," + payer + own);
      case 1: return event("payment", id, time, patient, visit, bill + R"(,"amount":)" + std::to_string(static_cast<int>(pick(30)) - 8) + R"(.50,"paid_at":")" + format_rfc3339(time) + '"' + own);
      default: return event("bill", id, time, patient, visit, bill + R"(,"total_amount":)" + total + R"(,"insurance_amount":)" + std::to_string(pick(12)) +
                            R"(,"patient_amount":4,"status":")" + (chance(50) ? "Pending\"" : "Paid\",\"paid_at\":\"" + format_rfc3339(time) + '"') +
                            (chance(60) ? "," + payer : "") + own + source());
    }
  }

  std::string checkin_side(const std::string& id, Time time, const std::string& patient, const std::string& visit) {
    std::string more = R"("visit_type":")" + one_of({"Emergency", "Emergency", "Outpatient", "Inpatient", "Odd"}) + R"(","department":")" + one_of({"Emergency", "Cardiology", " ", "unknown", "all"}) + '"';
    if (chance(40)) more += R"(,"facility":")" + one_of({"North", "South", ""}) + '"';
    return event(chance(75) ? "checkin" : chance(50) ? "visit.cancelled" : "visit.no_show", id, time, patient, visit, more + source());
  }

  std::string flag(const char* name) { return chance(50) ? "" : '"' + std::string(name) + "\":" + one_of({"true", "false", "null"}); }

  std::string encounter(const std::string& id, Time time, const std::string& patient, const std::string& visit) {
    const std::string own = department() + (chance(80) ? "" : source());
    const auto with = [&](const std::string& more) {
      if (own.empty() || own.front() == ',') return more + (more.empty() && !own.empty() ? own.substr(1) : own);
      return more.empty() ? own : more + "," + own;
    };
    switch (pick(9)) {
      case 0: return event("triage", id, time, patient, visit, with(R"("acuity":)" + std::to_string(1 + pick(6))));
      case 1: return event("roomed", id, time, patient, visit, with(flag("ventilated")));
      case 2: return event("provider.seen", id, time, patient, visit, with(flag("ventilated")));
      case 3: return event("treatment", id, time, patient, visit, with(R"("treatment_code":")" + one_of({"T1", "T2", "unknown"}) + R"(","cost":)" + std::to_string(pick(50)) + ".25"));
      case 4: return event("admit.decision", id, time, patient, visit, with(flag("observation")));
      case 5: return event("admission", id, time, patient, visit, with(R"("room_type":"ICU","admission_id":"a)" + std::to_string(pick(3)) + '"'));
      case 6: return event("discharge", id, time, patient, visit, with(R"("disposition":"home","admission_id":"a)" + std::to_string(pick(3)) +
                           R"(","admitted_at":")" + format_rfc3339(time - std::chrono::hours{2}) + '"'));
      case 7: return event("visit.left", id, time, patient, visit, with(R"("reason":")" + one_of({"lwbs", "ama", "died"}) + '"'));
      default: return event("visit.completed", id, time, patient, visit, with(R"("status":"Completed","started_at":")" + format_rfc3339(time - std::chrono::hours{1}) + '"'));
    }
  }

  std::mt19937_64 random_;
  Time now_ = at("2026-09-28T22:00:00Z");
  Log log_;
};

} // namespace

Log random_log(std::uint64_t seed, int records) { return Generator(seed).make(records); }

Offsets ends(const Log& log) {
  Offsets result{};
  for (int t = 0; t < kTopicCount; ++t) result[t] = static_cast<std::int64_t>(log[t].size());
  return result;
}

void fold(const Log& log, const Offsets& until, std::mt19937_64& random, PartitionState* state, std::vector<RejectedRecord>* rejected) {
  for (;;) {
    std::vector<Topic> ready;
    for (int t = 0; t < kTopicCount; ++t) {
      if (state->next_offset(static_cast<Topic>(t)) < until[t]) ready.push_back(static_cast<Topic>(t));
    }
    if (ready.empty()) return;
    const Topic topic = ready[random() % ready.size()];
    const auto burst = 1 + random() % (random() % 8 == 0 ? 200 : 6);
    for (std::uint64_t i = 0; i < burst && state->next_offset(topic) < until[static_cast<int>(topic)]; ++i) {
      const std::int64_t offset = state->next_offset(topic);
      const Written& written = log[static_cast<int>(topic)][static_cast<std::size_t>(offset)];
      state->apply({topic, offset, written.broker_time, "key", written.value, false}, rejected);
    }
  }
}

std::string all_cells_text(PartitionState& state) {
  std::string text;
  for (const Cell& cell : state.all_cells()) {
    encode_cell(cell, {.minutes = true, .volatile_fields = false}, &text);
    text += '\n';
  }
  return text;
}

} // namespace wardpulse::aggregator
