#include "aggregator/partition_state.h"

#include <algorithm>

#include "aggregator/content.h"
#include "aggregator/partition_state_impl.h"
#include "base/check.h"
#include "base/planted_bug.h"
#include "proto/event_types.h"

namespace wardpulse::aggregator {
namespace {

constexpr std::uint32_t kVisitExists = 1U << static_cast<int>(Rule::kVisitExists);

constexpr std::size_t at(Topic topic) { return static_cast<std::size_t>(topic); }

bool is_checkin_side(EventType type) {
  return type == EventType::kCheckin || type == EventType::kVisitCancelled || type == EventType::kVisitNoShow;
}

std::string_view item_id(const Event& event) {
  const auto or_event_id = [&](std::string_view id) { return id.empty() ? event.event_id : id; };
  switch (event.type) {
    case EventType::kTreatment: return or_event_id(event.treatment_id);
    case EventType::kAdmission: case EventType::kDischarge: return event.admission_id;
    case EventType::kBill: return event.bill_id;
    case EventType::kPayment: return or_event_id(event.payment_id);
    case EventType::kClaim: return event.claim_id;
    default: return {};
  }
}

} // namespace

PartitionState::Impl::Impl(const Definition& d, std::int32_t p)
    : definition(d), partition(p), windows(d), plans(plan_funnels(d.funnels, &texts)), cells(windows, plans, texts),
      visits(windows, plans, texts, cells), entities(windows, plans, texts, cells) {
  stream.fill(kNever);
  shown.fill(kNever);
}

// 0: unknown, said or not.
TextId PartitionState::Impl::source_of(const Event& event) {
  const TextId source = is_blank(event.source) ? 0 : texts.intern(event.source);
  return source == kUnknownText ? 0 : source;
}

Occurrence PartitionState::Impl::occurrence_of(const Event& event, SizeMask admitted) {
  Occurrence o;
  o.type = event.type == EventType::kWorkflow ? kWorkflowTypes + texts.intern(event.type_name) : static_cast<TypeCode>(event.type);
  o.time = event.event_time;
  o.event_id = event.event_id;
  o.item_id = item_id(event);
  const auto label = [&](std::string_view text) { return is_blank(text) ? 0 : texts.intern(text); };
  o.department = label(event.department);
  o.source = source_of(event);
  o.content = content_digest(event);
  o.conditions = plans.conditions_of(event);
  o.admitted = admitted;
  const auto said = [](std::optional<bool> value) { return static_cast<std::uint8_t>(!value ? Said::kNothing : *value ? Said::kYes : Said::kNo); };
  switch (event.type) {
    case EventType::kPatientRegistered:
      o.flag = static_cast<std::uint8_t>(event.gender);
      o.detail = label(event.city);
      o.amount = std::chrono::sys_days{*event.birth_date}.time_since_epoch().count();
      break;
    case EventType::kCheckin: case EventType::kVisitCancelled: case EventType::kVisitNoShow:
      o.flag = static_cast<std::uint8_t>(event.visit_type);
      o.facility = label(event.facility);
      break;
    case EventType::kRoomed: case EventType::kProviderSeen: o.flag = said(event.ventilated); break;
    case EventType::kAdmitDecision: o.flag = said(event.observation); break;
    case EventType::kVisitLeft: o.detail = texts.intern(event.reason); break;
    case EventType::kTreatment:
      o.amount = event.cost_cents;
      o.party = label(event.treatment_code);
      break;
    case EventType::kDischarge: o.amount = to_ms(*event.admitted_at); break;
    case EventType::kBill:
      o.flag = static_cast<std::uint8_t>(event.bill_status);
      o.amount = event.total_cents;
      o.amount2 = event.insurance_cents;
      o.amount3 = event.patient_cents;
      o.party = label(event.payer);
      break;
    case EventType::kPayment:
      o.amount = event.amount_cents;
      o.link = event.bill_id;
      break;
    case EventType::kClaim:
      o.amount = event.amount_cents;
      o.amount2 = event.covered_cents;
      o.party = label(event.payer);
      o.facility = label(event.organization);
      break;
    default: break;
  }
  return o;
}

Outcome PartitionState::Impl::refuse(const LogRecord& record, Rejection rejection, std::vector<RejectedRecord>* rejected) {
  ++counters.rejected;
  ++counters.rejected_by_reason[static_cast<std::size_t>(rejection.reason)];
  if (planted(PlantedBug::kLateRecordSilentlyDropped) && rejection.reason == RejectReason::kTooLate) return Outcome::kRejected;
  rejected->push_back({record.topic, record.offset, record.broker_time, std::string(record.key), std::string(record.value),
                       record.tombstone, std::move(rejection)});
  return Outcome::kRejected;
}

void PartitionState::Impl::count_quality(const Event& event, SizeMask admitted, std::uint32_t more_evaluated, std::uint32_t failed) {
  cells.count_rules(source_of(event), event.event_time, admitted, rules_evaluated(event) | more_evaluated, failed);
}

Outcome PartitionState::Impl::settle(const Added& added, const Event& event, SizeMask admitted) {
  const bool needs_visit = event_topic(event.type) == Topic::kEncounters || event_topic(event.type) == Topic::kBilling;
  if (added.applied) count_quality(event, admitted, needs_visit ? kVisitExists : 0, 0);
  counters.content_differs += added.content_differs;
  counters.occurrences_ignored += added.ignored;
  ++(added.applied ? counters.applied : counters.duplicate);
  return added.applied ? Outcome::kApplied : Outcome::kDuplicate;
}

// Steps 1 to 11 of the judgement: what the record says of itself, and the times.
Outcome PartitionState::Impl::judge(const LogRecord& record, std::vector<RejectedRecord>* rejected) {
  const auto decoded = decoder.decode(record.topic, record.value);
  if (!decoded) return refuse(record, decoded.error(), rejected);
  const Event& event = **decoded;
  if (definition.max_future && record.broker_time != kNever && event.event_time > later(record.broker_time, *definition.max_future)) {
    return refuse(record, {RejectReason::kFuture, "event_time lies after the record's timestamp + " + format_duration(*definition.max_future), {}},
                  rejected);
  }
  const Time before = stream[at(record.topic)];
  stream[at(record.topic)] = std::max(before, event.event_time);
  if (event.type == EventType::kHeartbeat) {
    ++counters.applied;
    return Outcome::kApplied;
  }
  const SizeMask admitted = windows.admitted(event.event_time, before);
  if (admitted == 0) {
    return refuse(record, {RejectReason::kTooLate, "no window size admits event_time; stream time was " + format_rfc3339(before), {}}, rejected);
  }
  if (admitted != kAllSizes) ++counters.late;
  if (const std::uint32_t broken = rules_broken(event, definition.bounds)) {
    if (repeats.first(record.topic, event, stream[at(record.topic)])) count_quality(event, admitted, 0, broken);
    return refuse(record, rule_rejection(event, definition.bounds, broken), rejected);
  }
  return place(record, event, admitted, before, rejected);
}

// Step 12: the record meets what is remembered of its patient, visit or entity.
Outcome PartitionState::Impl::place(const LogRecord& record, const Event& event, SizeMask admitted, Time before,
                                    std::vector<RejectedRecord>* rejected) {
  if (event.type == EventType::kWorkflow) return settle(entities.add(event.entity_id, occurrence_of(event, admitted), before), event, admitted);
  if (event.type == EventType::kPatientRegistered) {
    return settle(visits.add_registration(visits.patient(event.patient_id), occurrence_of(event, admitted), before), event, admitted);
  }
  if (is_checkin_side(event.type)) return place_checkin(record, event, admitted, before, rejected);
  Patient* patient = visits.find(event.patient_id);
  const auto judgement = visits.judge(patient, event.visit_id, event.event_time, before);
  switch (judgement.verdict) {
    case VisitBook::Verdict::kJoins: return settle(visits.add(*judgement.visit, occurrence_of(event, admitted)), event, admitted);
    case VisitBook::Verdict::kUnknown: return refuse_unknown_visit(record, event, admitted, rejected);
    case VisitBook::Verdict::kWaits: break;
  }
  ++counters.held;
  holds.hold({record.topic, record.offset, record.broker_time, event.event_time, before, admitted, std::string(event.patient_id),
              std::string(event.visit_id), std::string(record.key), std::string(record.value)});
  return Outcome::kHeld;
}

Outcome PartitionState::Impl::place_checkin(const LogRecord& record, const Event& event, SizeMask admitted, Time before,
                                            std::vector<RejectedRecord>* rejected) {
  Patient& patient = visits.patient(event.patient_id);
  Visit* visit = visits.newest(patient, event.visit_id);
  const bool anew = visit == nullptr || before >= windows.dead_from(visit->anchor);
  if (!anew && !visit->covers(windows, event.event_time, before)) return refuse_unknown_visit(record, event, admitted, rejected);
  if (anew) visit = &visits.make_visit(patient, event.visit_id, event.event_time, before);
  const std::string patient_id(event.patient_id), visit_id(event.visit_id); // the event dies when held records are read
  const Outcome outcome = settle(visits.add(*visit, occurrence_of(event, admitted)), event, admitted);
  if (anew) release(patient_id, visit_id, rejected);
  return outcome;
}

Outcome PartitionState::Impl::refuse_unknown_visit(const LogRecord& record, const Event& event, SizeMask admitted, std::vector<RejectedRecord>* rejected) {
  count_quality(event, admitted, kVisitExists, kVisitExists);
  return refuse(record, {RejectReason::kUnknownVisit, "no checkin, visit.cancelled or visit.no_show makes this visit known in time", {}}, rejected);
}

// The visit became known: each record that waited for it is judged again, with the verdicts of its own place in the log.
void PartitionState::Impl::release(const std::string& patient_id, const std::string& visit_id, std::vector<RejectedRecord>* rejected) {
  for (const HoldPlace& hold : holds.waiting_for(patient_id, visit_id)) {
    const Held& held = holds.at(hold);
    const auto judgement = visits.judge(visits.find(patient_id), visit_id, held.event_time, held.stream);
    if (judgement.verdict == VisitBook::Verdict::kWaits) continue;
    const Held taken = holds.take(hold);
    --counters.held;
    if (judgement.verdict == VisitBook::Verdict::kUnknown) {
      refuse_held(taken, rejected);
      continue;
    }
    const auto decoded = decoder.decode(taken.topic, taken.value);
    WP_CHECK(decoded.has_value());
    settle(visits.add(*judgement.visit, occurrence_of(**decoded, taken.admitted)), **decoded, taken.admitted);
  }
}

void PartitionState::Impl::refuse_held(const Held& held, std::vector<RejectedRecord>* rejected) {
  const auto decoded = decoder.decode(held.topic, held.value);
  WP_CHECK(decoded.has_value());
  refuse_unknown_visit({held.topic, held.offset, held.broker_time, held.key, held.value, false}, **decoded, held.admitted, rejected);
}

Time PartitionState::Impl::log_watermark() const {
  Time least = kForever;
  for (int t = 0; t < kTopicCount; ++t) if (definition.topics[t]) least = std::min(least, stream[t]);
  return least == kForever ? kNever : later(least, -kWatermarkDelay);
}

// Whatever leaves by the log watermark, after the record that moved it has had its say.
void PartitionState::Impl::let_go(std::vector<RejectedRecord>* rejected) {
  entities.set_stream_time(stream[at(Topic::kWorkflow)]);
  for (int t = 0; t < kTopicCount; ++t) repeats.set_stream_time(static_cast<Topic>(t), stream[t]);
  const Time watermark = log_watermark();
  while (const auto expired = holds.expired(watermark)) {
    --counters.held;
    refuse_held(holds.take(*expired), rejected);
  }
  if (watermark == last_log_watermark) return;
  last_log_watermark = watermark;
  visits.set_log_watermark(watermark);
  cells.set_log_watermark(watermark);
}

Outcome PartitionState::apply(const LogRecord& record, std::vector<RejectedRecord>* rejected) {
  Impl& s = *impl_;
  WP_CHECK(record.offset >= s.next_offset[at(record.topic)]);
  WP_CHECK(s.definition.topics[at(record.topic)]);
  s.next_offset[at(record.topic)] = record.offset + 1;
  ++s.counters.consumed;
  const Outcome outcome = s.judge(record, rejected);
  s.let_go(rejected);
  WP_CHECK(s.counters.consumed == s.counters.applied + s.counters.duplicate + s.counters.rejected + s.counters.held);
  return outcome == Outcome::kHeld && !s.holds.holds({record.topic, record.offset}) ? Outcome::kRejected : outcome;
}

PartitionState::PartitionState(const Definition& definition, std::int32_t partition)
    : impl_(std::make_unique<Impl>(definition, partition)) {}
PartitionState::~PartitionState() = default;
PartitionState::PartitionState(PartitionState&&) noexcept = default;
PartitionState& PartitionState::operator=(PartitionState&&) noexcept = default;

void PartitionState::prefetch(std::string_view patient_id, int step) const { impl_->visits.prefetch(patient_id, step); }

std::int64_t PartitionState::next_offset(Topic topic) const { return impl_->next_offset[at(topic)]; }
void PartitionState::set_next_offset(Topic topic, std::int64_t offset) {
  WP_CHECK(impl_->counters.consumed == 0);
  impl_->next_offset[at(topic)] = offset;
}
Time PartitionState::stream_time(Topic topic) const { return impl_->stream[at(topic)]; }
Time PartitionState::log_watermark() const { return impl_->log_watermark(); }
const Counters& PartitionState::counters() const { return impl_->counters; }
std::size_t PartitionState::patient_count() const { return impl_->visits.patient_count(); }
std::size_t PartitionState::visit_count() const { return impl_->visits.visit_count(); }
std::size_t PartitionState::cell_count() const { return impl_->cells.size(); }
std::size_t PartitionState::held_bytes() const { return impl_->holds.bytes(); }

} // namespace wardpulse::aggregator
