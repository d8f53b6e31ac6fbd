#include "proto/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "proto/event_types.h"
#include "proto/json_text.h"

namespace wardpulse {
namespace {

using std::chrono::year_month_day;

constexpr std::uint32_t bit(Rule rule) { return 1u << static_cast<unsigned>(rule); }
constexpr std::uint32_t bit_if(bool broken, Rule rule) { return broken ? bit(rule) : 0; }

// A required field that breaks rule `required` when blank. A listed one breaks its list's rule instead.
bool judged_by_required(const TypeField& field) { return field.required && field.field->list.empty(); }

bool is_missing(const Event& event, const EventField& field) {
  if (field.text != nullptr) return is_blank(event.*field.text);
  return field.time != nullptr && !(event.*field.time);
}

bool is_listed(const EventField& field, std::string_view text) {
  return std::find(field.list.begin(), field.list.end(), text) != field.list.end();
}

// What one type's fields ask for, picked out once so that judging a record does not look at the others.
struct FieldChecks {
  std::vector<const EventField*> required;
  std::vector<const EventField*> listed;
  std::vector<const EventField*> money;

  explicit FieldChecks(const EventTypeSpec& spec) {
    if (spec.rules == 0) return;
    for (const TypeField& field : spec.fields) {
      if (judged_by_required(field)) {
        const bool can_be_blank = field.field->text != nullptr || field.field->time != nullptr;
        if (can_be_blank && field.field->name != kEventTypeMember) required.push_back(field.field);
      }
      if (!field.field->list.empty()) listed.push_back(field.field);
      if (field.field->kind == FieldKind::kMoney) money.push_back(field.field);
    }
  }
};

const FieldChecks& checks_of(EventType type) {
  static const std::vector<FieldChecks> all{event_types().begin(), event_types().end()};
  return all[static_cast<std::size_t>(type)];
}

std::uint32_t broken_by_fields(const Event& event) {
  const FieldChecks& checks = checks_of(event.type);
  std::uint32_t broken = 0;
  for (const EventField* field : checks.required) broken |= bit_if(is_missing(event, *field), Rule::kRequired);
  for (const EventField* field : checks.listed)
    broken |= bit_if(!is_listed(*field, event.*field->text), field->list_rule);
  return broken;
}

year_month_day registered_on(const Event& event) {
  return event.registered_on.value_or(year_month_day{std::chrono::floor<std::chrono::days>(event.event_time)});
}

bool age_out_of_range(const Event& event, const RuleBounds& bounds) {
  if (!event.birth_date) return false;
  const std::int64_t age = age_years(*event.birth_date, registered_on(event));
  return age < bounds.age_min || age > bounds.age_max;
}

// A field that must not be negative at all has a rule of its own for that.
bool is_beyond(const EventField& money, std::int64_t cents, const RuleBounds& bounds) {
  return cents > bounds.amount_max_cents || (cents < -bounds.amount_max_cents && !money.least_zero);
}

bool is_out_of_range(const Event& event, const RuleBounds& bounds) {
  if (event.type == EventType::kTriage) return event.acuity < bounds.acuity_min || event.acuity > bounds.acuity_max;
  if (event.type == EventType::kPatientRegistered) return age_out_of_range(event, bounds);
  const auto& money = checks_of(event.type).money;
  return std::any_of(money.begin(), money.end(),
                     [&](const EventField* field) { return is_beyond(*field, event.*field->number, bounds); });
}

std::string money(std::int64_t cents) {
  const std::uint64_t size = cents < 0 ? ~static_cast<std::uint64_t>(cents) + 1 : static_cast<std::uint64_t>(cents);
  return fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", size / 100, size % 100);
}

// The first number out of bounds, for a person.
std::string out_of_range(const Event& event, const RuleBounds& bounds) {
  if (event.type == EventType::kTriage) {
    return fmt::format("acuity {} is outside {}..{}", event.acuity, bounds.acuity_min, bounds.acuity_max);
  }
  if (event.type == EventType::kPatientRegistered) {
    return fmt::format("birth_date makes an age outside {}..{} years", bounds.age_min, bounds.age_max);
  }
  for (const EventField* field : checks_of(event.type).money) {
    const std::int64_t cents = event.*field->number;
    if (is_beyond(*field, cents, bounds)) {
      return fmt::format("{} {} is {} {}", field->name, money(cents), cents > 0 ? "above" : "below",
                         money(cents > 0 ? bounds.amount_max_cents : -bounds.amount_max_cents));
    }
  }
  return {};
}

std::string blank_fields(const Event& event) {
  std::string names;
  for (const EventField* field : checks_of(event.type).required) {
    if (!is_missing(event, *field)) continue;
    if (!names.empty()) names += ", ";
    names += field->name;
  }
  return names + " must not be blank";
}

std::string unlisted_value(const Event& event, Rule rule) {
  constexpr std::size_t kShownCharacters = 40;
  for (const EventField* field : checks_of(event.type).listed) {
    if (field->list_rule != rule || is_listed(*field, event.*field->text)) continue;
    return fmt::format("{} \"{}\" is not one of {}", field->name,
                       first_characters(event.*field->text, kShownCharacters), fmt::join(field->list, ", "));
  }
  return {};
}

std::string detail(const Event& event, const RuleBounds& bounds, Rule rule) {
  switch (rule) {
    case Rule::kRequired: return blank_fields(event);
    case Rule::kGender:
    case Rule::kVisitType:
    case Rule::kVisitStatus:
    case Rule::kRoomType: return unlisted_value(event, rule);
    case Rule::kVisitEndAfterStart:
      return fmt::format("event_time {} is not after started_at {}", format_rfc3339(event.event_time),
                         format_rfc3339(*event.started_at));
    case Rule::kDischargeAfterAdmit:
      return fmt::format("event_time {} is not after admitted_at {}", format_rfc3339(event.event_time),
                         format_rfc3339(*event.admitted_at));
    case Rule::kCostNotNegative: return fmt::format("cost {} is negative", money(event.cost_cents));
    case Rule::kTotalNotNegative: return fmt::format("total_amount {} is negative", money(event.total_cents));
    case Rule::kInsuranceWithinTotal:
      return fmt::format("insurance_amount {} is above total_amount {}", money(event.insurance_cents),
                         money(event.total_cents));
    case Rule::kPaidHasTime: return "status is Paid and paid_at is missing";
    case Rule::kBirthBeforeRegistration: return "birth_date is after registered_on";
    case Rule::kRange: return out_of_range(event, bounds);
    case Rule::kPatientExists:
    case Rule::kVisitExists:
    case Rule::kOutOfSequence: break; // not of one record alone
  }
  return std::string{rule_name(rule)};
}

} // namespace

std::int64_t age_years(year_month_day birth, year_month_day on) {
  const int years = static_cast<int>(on.year()) - static_cast<int>(birth.year());
  const bool before_birthday = on.month() < birth.month() || (on.month() == birth.month() && on.day() < birth.day());
  return years - (before_birthday ? 1 : 0);
}

std::uint32_t rules_evaluated(const Event& event) { return event_type_spec(event.type).rules; }

std::uint32_t rules_broken(const Event& event, const RuleBounds& bounds) {
  if (event.type == EventType::kHeartbeat) return 0;
  std::uint32_t broken = broken_by_fields(event) | bit_if(is_out_of_range(event, bounds), Rule::kRange);
  switch (event.type) {
    case EventType::kPatientRegistered:
      broken |= bit_if(event.birth_date && *event.birth_date > registered_on(event), Rule::kBirthBeforeRegistration);
      break;
    case EventType::kTreatment: broken |= bit_if(event.cost_cents < 0, Rule::kCostNotNegative); break;
    case EventType::kDischarge:
      broken |= bit_if(event.admitted_at && event.event_time <= *event.admitted_at, Rule::kDischargeAfterAdmit);
      break;
    case EventType::kVisitCompleted:
      broken |= bit_if(event.started_at && event.event_time <= *event.started_at, Rule::kVisitEndAfterStart);
      break;
    case EventType::kBill:
      broken |= bit_if(event.total_cents < 0, Rule::kTotalNotNegative);
      broken |= bit_if(event.insurance_cents > event.total_cents, Rule::kInsuranceWithinTotal);
      broken |= bit_if(event.bill_status == BillStatus::kPaid && !event.paid_at, Rule::kPaidHasTime);
      break;
    default: break;
  }
  return broken;
}

Rejection rule_rejection(const Event& event, const RuleBounds& bounds, std::uint32_t broken) {
  WP_CHECK(broken != 0);
  Rejection rejection{.reason = RejectReason::kRule};
  for (int rule = 0; rule < kRuleCount; ++rule) {
    if ((broken >> rule & 1) != 0) rejection.rules.push_back(static_cast<Rule>(rule));
  }
  rejection.detail = detail(event, bounds, rejection.rules.front());
  return rejection;
}

} // namespace wardpulse
