#include "producer/synthea_import.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/time_format.h"
#include "producer/field_value.h"
#include "producer/synthea_tables.h"
#include "proto/codec.h"
#include "proto/event_types.h"
#include "proto/incoming.h"
#include "proto/json_text.h"

namespace wardpulse::producer {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSource = "synthea";
constexpr std::string_view kNobody = "NO_INSURANCE";

std::optional<Time> read_time(std::string_view text) {
  static const TimeFormat iso = *TimeFormat::parse("iso");
  static const TimeZone utc = TimeZone::utc();
  const auto written = iso.read(text);
  if (!written) return std::nullopt;
  return resolve(*written, &utc)->time;
}

// An empty amount is nothing; one with more than two decimals is rounded.
std::optional<std::int64_t> read_amount(std::string_view text) {
  if (text.empty()) return 0;
  static const EventField* const amount = [] {
    for (const TypeField& field : event_type_spec(EventType::kPayment).fields) {
      if (field.field->kind == FieldKind::kMoney) return field.field;
    }
    return static_cast<const EventField*>(nullptr);
  }();
  FieldRule rule;
  rule.field = amount;
  rule.value.round = true;
  Event event;
  LocalTimeCounts counts;
  if (!set_field(rule, text, &counts, &event).empty()) return std::nullopt;
  return event.amount_cents;
}

std::string bad(std::string_view column, std::string_view text) { return fmt::format("{} '{}' does not read", column, text); }

bool is_export(const fs::path& folder) { return fs::is_regular_file(folder / "encounters.csv") && fs::is_regular_file(folder / "patients.csv"); }

} // namespace

Result<SyntheaImport> SyntheaImport::open(const std::string& path) {
  std::error_code error;
  for (const fs::path& folder : {fs::path(path), fs::path(path) / "csv", fs::path(path) / "output" / "csv"}) {
    if (is_export(folder)) return SyntheaImport(folder.string());
    std::vector<fs::path> runs; // with exporter.csv.folder_per_run each has a folder of its own
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
      if (at->is_directory() && is_export(at->path())) runs.push_back(at->path());
    }
    if (runs.size() == 1) return SyntheaImport(runs.front().string());
    if (runs.size() > 1) return fail(fmt::format("{} holds {} runs", folder.string(), runs.size()), "name one of them, such as " + runs.front().string());
  }
  return fail(path + " holds no encounters.csv and patients.csv", "give the folder that Synthea's CSV exporter wrote: exporter.csv.export = true");
}

Result<bool> SyntheaImport::each_row(const std::string& name, bool required, const std::function<void(TableFile&)>& bind, const Row& row) {
  const std::string path = (fs::path(folder_) / name).string();
  if (!required && !fs::exists(path)) return false;
  auto file = TableFile::open(path);
  if (!file) return tl::unexpected(file.error());
  bind(*file);
  if (!file->problems().empty()) return fail(file->problems(), "is this an export of Synthea?");
  while (file->next()) {
    ++out_.records;
    std::string reason = file->problem();
    if (reason.empty()) reason = row(*file);
    if (reason.empty()) continue;
    if (auto added = rejects_->add(path, file->record().line, reason, file->record().text); !added) return tl::unexpected(added.error());
  }
  if (file->broken()) return fail("reading " + path + " failed before its end", "is the disk broken?");
  return true;
}

Result<Imported> SyntheaImport::read(Duration shift, Rejects* rejects) {
  shift_ = shift;
  rejects_ = rejects;
  for (const auto step : {&SyntheaImport::read_names, &SyntheaImport::read_encounters, &SyntheaImport::read_patients, &SyntheaImport::read_procedures,
                          &SyntheaImport::read_claims, &SyntheaImport::read_transactions}) {
    if (auto done = (this->*step)(); !done) return tl::unexpected(done.error());
  }
  make_bills();
  return std::move(out_);
}

Result<void> SyntheaImport::read_names() {
  const auto read = [&](const std::string& name, std::initializer_list<std::string_view> columns, auto* names) -> Result<void> {
    std::size_t id = 0, text = 0;
    const auto done = each_row(name, false, [&](TableFile& file) { id = file.column({"Id"}), text = file.column(columns); },
                               [&](TableFile& file) { return names->emplace(file.cell(id), file.cell(text)), std::string(); });
    if (!done) return tl::unexpected(done.error());
    return {};
  };
  if (auto done = read("organizations.csv", {"NAME"}, &organizations_); !done) return done;
  if (auto done = read("payers.csv", {"NAME"}, &payers_); !done) return done;
  return read("providers.csv", {"SPECIALITY", "SPECIALTY"}, &specialities_);
}

std::string_view SyntheaImport::payer_name(std::string_view id) const {
  const auto found = payers_.find(std::string(id));
  if (found != payers_.end()) return found->second;
  return id.empty() || id == "0" ? kNobody : id;
}

Result<void> SyntheaImport::read_encounters() {
  std::size_t id = 0, start = 0, stop = 0, patient = 0, kind = 0, organization = 0, provider = 0, payer = 0, cost = 0, covered = 0;
  const auto bind = [&](TableFile& file) {
    id = file.column({"Id"}), start = file.column({"START"}), stop = file.column({"STOP"}), patient = file.column({"PATIENT"});
    kind = file.column({"ENCOUNTERCLASS"});
    organization = file.find({"ORGANIZATION"}), provider = file.find({"PROVIDER"}), payer = file.find({"PAYER"});
    cost = file.find({"TOTAL_CLAIM_COST", "COST"}), covered = file.find({"PAYER_COVERAGE"});
  };
  const auto done = each_row("encounters.csv", true, bind, [&](TableFile& file) -> std::string {
    const auto from = read_time(file.cell(start)), to = read_time(file.cell(stop));
    const auto claimed = read_amount(file.cell(cost)), paid = read_amount(file.cell(covered));
    if (file.cell(id).empty() || file.cell(patient).empty()) return "its Id or PATIENT is empty";
    if (!from) return bad("START", file.cell(start));
    if (!to && !file.cell(stop).empty()) return bad("STOP", file.cell(stop));
    if (!claimed) return bad("TOTAL_CLAIM_COST", file.cell(cost));
    if (!paid) return bad("PAYER_COVERAGE", file.cell(covered));
    const auto name = organizations_.find(std::string(file.cell(organization)));
    Encounter encounter{std::string(file.cell(patient)), name == organizations_.end() ? std::string(file.cell(organization)) : name->second,
                        std::string(payer_name(file.cell(payer))), *from, to.value_or(kForever)};
    const auto speciality = specialities_.find(std::string(file.cell(provider)));
    auto& first = first_start_.try_emplace(encounter.patient, *from).first->second;
    first = std::min(first, *from);
    const std::string visit(file.cell(id));
    if (encounters_.contains(visit)) return "its Id is that of an earlier row";
    encounter_events(visit, file.cell(kind), speciality == specialities_.end() ? "" : std::string_view(speciality->second), encounter, *claimed, *paid);
    encounters_.emplace(visit, std::move(encounter));
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

void SyntheaImport::encounter_events(std::string_view id, std::string_view encounter_class, std::string_view speciality, const Encounter& encounter,
                                     std::int64_t claimed_cents, std::int64_t covered_cents) {
  Event event;
  event.patient_id = encounter.patient;
  event.visit_id = id;
  event.department = synthea_department(encounter_class, speciality);
  if (!encounter.facility.empty()) event.facility = encounter.facility;
  const auto send = [&](EventType type, Time at) {
    event.type = type;
    event.event_time = at;
    add(&event);
  };
  event.visit_type = synthea_visit_type(encounter_class);
  send(EventType::kCheckin, encounter.start);
  const bool has_ended = encounter.stop != kForever;
  if (is_synthea_stay(encounter_class)) {
    event.admission_id = id;
    event.room_type = synthea_room_type(event.department);
    send(EventType::kAdmission, encounter.start);
    event.admitted_at = encounter.start;
    event.disposition = "unknown";
    if (has_ended) send(EventType::kDischarge, encounter.stop);
  }
  event.started_at = encounter.start;
  event.status_text = "Completed";
  if (has_ended) send(EventType::kVisitCompleted, encounter.stop);
  event.claim_id = id;
  event.payer = encounter.payer;
  event.organization = encounter.facility.empty() ? std::string_view("unknown") : std::string_view(encounter.facility);
  event.amount_cents = claimed_cents;
  event.covered_cents = covered_cents;
  send(EventType::kClaim, has_ended ? encounter.stop : encounter.start);
}

// A patient is registered when the first encounter begins, just before it.
Result<void> SyntheaImport::read_patients() {
  std::size_t id = 0, birth = 0, gender = 0, city = 0;
  const auto bind = [&](TableFile& file) {
    id = file.column({"Id"}), birth = file.column({"BIRTHDATE"}), gender = file.column({"GENDER"}), city = file.find({"CITY"});
  };
  const auto done = each_row("patients.csv", true, bind, [&](TableFile& file) -> std::string {
    const auto first = first_start_.find(std::string(file.cell(id)));
    if (first == first_start_.end()) return ++out_.skipped, std::string(); // never came
    Event event;
    event.type = EventType::kPatientRegistered;
    event.event_time = first->second - Duration{1};
    event.patient_id = file.cell(id);
    event.gender_text = file.cell(gender).empty() ? "Unknown" : file.cell(gender);
    event.birth_date = parse_date(file.cell(birth));
    if (!event.birth_date) return bad("BIRTHDATE", file.cell(birth));
    if (!file.cell(city).empty()) event.city = file.cell(city);
    add(&event);
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

Result<void> SyntheaImport::read_procedures() {
  std::size_t at = 0, patient = 0, encounter = 0, code = 0, text = 0, cost = 0;
  const auto bind = [&](TableFile& file) {
    at = file.column({"START", "DATE"}), patient = file.column({"PATIENT"}), encounter = file.column({"ENCOUNTER"});
    code = file.column({"CODE"}), text = file.find({"DESCRIPTION"}), cost = file.column({"BASE_COST", "COST"});
  };
  const auto done = each_row("procedures.csv", false, bind, [&](TableFile& file) -> std::string {
    const auto visit = encounters_.find(std::string(file.cell(encounter)));
    const auto cents = read_amount(file.cell(cost));
    auto time = read_time(file.cell(at));
    if (visit == encounters_.end()) return "its ENCOUNTER is not in encounters.csv";
    if (!time && parse_date(file.cell(at))) time = visit->second.start; // older exports have the date alone
    if (!time) return bad("START", file.cell(at));
    if (!cents) return bad("BASE_COST", file.cell(cost));
    if (file.cell(code).empty()) return "its CODE is empty";
    Event event;
    event.type = EventType::kTreatment;
    event.event_time = *time;
    event.patient_id = file.cell(patient);
    event.visit_id = file.cell(encounter);
    event.treatment_code = first_characters(file.cell(code), kMaxTextLength);
    if (!file.cell(text).empty()) event.description = first_characters(file.cell(text), kMaxTextLength);
    event.cost_cents = *cents;
    add(&event, file.record().text);
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

Result<void> SyntheaImport::read_claims() {
  std::size_t id = 0, payer = 0;
  const auto bind = [&](TableFile& file) { id = file.column({"Id"}), payer = file.column({"PRIMARYPATIENTINSURANCEID"}); };
  const auto done = each_row("claims.csv", false, bind, [&](TableFile& file) {
    return claim_payers_.emplace(file.cell(id), payer_name(file.cell(payer))), std::string();
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

// Charges make the bill of their claim, payments are sent as they are; transfers only say who owes.
Result<void> SyntheaImport::read_transactions() {
  std::size_t id = 0, claim = 0, patient = 0, type = 0, amount = 0, method = 0, paid = 0, from = 0, at = 0, encounter = 0;
  const auto bind = [&](TableFile& file) {
    id = file.column({"ID"}), claim = file.column({"CLAIMID"}), patient = file.column({"PATIENTID"}), type = file.column({"TYPE"});
    amount = file.column({"AMOUNT"}), method = file.column({"METHOD"}), paid = file.column({"PAYMENTS"}), from = file.column({"FROMDATE"}), at = file.column({"TODATE"});
    encounter = file.column({"APPOINTMENTID"});
  };
  const auto done = each_row("claims_transactions.csv", false, bind, [&](TableFile& file) -> std::string {
    const bool is_charge = file.cell(type) == "CHARGE", is_payment = file.cell(type) == "PAYMENT";
    if (!is_charge && !is_payment) return ++out_.skipped, std::string();
    const auto begin = read_time(file.cell(from));
    auto time = read_time(file.cell(at));
    if (time && begin) time = std::max(*time, *begin); // claims of medications end in 1970
    const auto cents = read_amount(file.cell(is_charge ? amount : paid));
    if (!begin) return bad("FROMDATE", file.cell(from));
    if (!time) return bad("TODATE", file.cell(at));
    if (!cents) return bad(is_charge ? "AMOUNT" : "PAYMENTS", file.cell(is_charge ? amount : paid));
    if (!encounters_.contains(std::string(file.cell(encounter)))) return "its APPOINTMENTID is not in encounters.csv";
    Bill& bill = bills_[std::string(file.cell(claim))];
    bill.encounter = file.cell(encounter);
    bill.at = std::min(bill.at, *time);
    if (is_charge) return bill.charged_cents += *cents, std::string();
    if (file.cell(method) == "ECHECK") bill.insurance_cents += *cents; // insurers pay so, patients by other ways
    Event event;
    event.type = EventType::kPayment;
    event.event_time = *time;
    event.paid_at = *time;
    event.patient_id = file.cell(patient);
    event.visit_id = file.cell(encounter);
    event.bill_id = file.cell(claim);
    event.payment_id = file.cell(id);
    event.amount_cents = *cents;
    add(&event);
    return {};
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

// A bill is Pending: its payments pay it.
void SyntheaImport::make_bills() {
  for (const auto& [claim, bill] : bills_) {
    const Encounter& encounter = encounters_.at(bill.encounter);
    const auto payer = claim_payers_.find(claim);
    Event event;
    event.type = EventType::kBill;
    event.event_time = bill.at;
    event.patient_id = encounter.patient;
    event.visit_id = bill.encounter;
    event.bill_id = claim;
    event.total_cents = bill.charged_cents;
    event.insurance_cents = std::min(bill.insurance_cents, bill.charged_cents);
    event.patient_cents = event.total_cents - event.insurance_cents;
    event.bill_status = BillStatus::kPending;
    event.payer = payer == claim_payers_.end() ? std::string_view(encounter.payer) : std::string_view(payer->second);
    add(&event);
  }
}

// The event_id is a digest of the content; rows that are the same (`repeat_of`) are told apart by their number.
void SyntheaImport::add(Event* event, std::string_view repeat_of) {
  event->source = kSource;
  event->event_id = "";
  std::string content;
  encode_event(*event, &content);
  if (!repeat_of.empty()) content += fmt::format("#{}", repeats_[content_id(repeat_of)]++);
  const std::string id = content_id(content);
  event->event_id = id;
  Event moved = *event;
  if (shift_ != Duration{0}) shift_event(shift_, &moved);
  std::string value;
  encode_event(moved, &value);
  out_.messages.push_back({event_topic(moved.type), moved.type, moved.event_time, std::string(event_key(moved)), std::move(value)});
}

} // namespace wardpulse::producer
