// What comes after a visit: bill, claim, payment. And the review of data sets, a workflow without patients.
#include "producer/hospital.h"

namespace wardpulse::producer {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kVisitFeeCents = 9'500;
constexpr std::int64_t kNightFeeCents = 118'000;
constexpr int kUninsuredPercent = 12, kPaidAtOncePercent = 22, kPaidLaterPercent = 88;
constexpr int kOnlyStatusPercent = 20, kInPartsPercent = 45;

} // namespace

bool Hospital::bill(VisitSlot slot) {
  Visit& visit = visits_[slot];
  visit.cents += kVisitFeeCents + (visit.admitted ? kNightFeeCents : 0);
  const bool insured = !random_.percent(kUninsuredPercent);
  visit.insurance_cents = insured ? visit.cents * random_.between(60, 95) / 100 : 0;
  visit.payer = static_cast<std::uint8_t>(random_.below(payers().size()));
  const bool paid = random_.percent(kPaidAtOncePercent);
  if (!paid && random_.percent(kPaidLaterPercent)) {
    plan_visit(Action::kPay, minutes{30} + random_.exponential(hours{30}), slot);
  }
  if (insured) plan_visit(Action::kClaim, minutes{10} + random_.exponential(hours{5}), slot);

  write_bill(visit, paid);
  return true;
}

void Hospital::write_bill(const Visit& visit, bool paid) {
  Event& event = begin_visit(EventType::kBill, visit);
  event.bill_id = id_of(&other_text_, 'b', visit.number);
  event.total_cents = visit.cents;
  event.insurance_cents = visit.insurance_cents;
  event.patient_cents = visit.cents - visit.insurance_cents;
  event.bill_status = paid ? BillStatus::kPaid : BillStatus::kPending;
  if (paid) event.paid_at = now_;
  event.payer = visit.insurance_cents > 0 ? payers()[visit.payer] : "Self-pay";
}

bool Hospital::claim(VisitSlot slot) {
  const Visit& visit = visits_[slot];
  Event& event = begin_visit(EventType::kClaim, visit);
  event.claim_id = id_of(&other_text_, 'c', visit.number);
  event.payer = payers()[visit.payer];
  event.organization = organization_name();
  event.amount_cents = visit.cents;
  event.covered_cents = visit.insurance_cents;
  return true;
}

// The whole bill at once, or the insurance first and the patient later; or the billing system only says that it is Paid now.
bool Hospital::pay(VisitSlot slot) {
  Visit& visit = visits_[slot];
  const bool is_first = visit.paid_cents == 0;
  if (is_first && random_.percent(kOnlyStatusPercent)) return write_bill(visit, true), true;
  const bool in_parts = is_first && visit.insurance_cents > 0 && random_.percent(kInPartsPercent);
  if (in_parts) plan_visit(Action::kPay, hours{2} + random_.exponential(hours{40}), slot);
  Event& event = begin_visit(EventType::kPayment, visit);
  event.bill_id = id_of(&other_text_, 'b', visit.number);
  event.amount_cents = in_parts ? visit.insurance_cents : visit.cents - visit.paid_cents;
  event.paid_at = now_;
  visit.paid_cents += event.amount_cents;
  return true;
}

bool Hospital::review_step(Action action, std::uint64_t review) {
  Event& event = begin(EventType::kWorkflow);
  event.entity_id = id_of(&other_text_, 'r', review);
  const auto then = [&](std::string_view type, std::string_view role, Action following, Duration in) {
    event.type_name = type;
    event.actor_role = role;
    plan(following, in, review);
    return true;
  };
  const auto end = [&](std::string_view type, std::string_view role) {
    event.type_name = type;
    event.actor_role = role;
    return true;
  };
  switch (action) {
    case Action::kUploaded:
      return then("data.uploaded", "uploader", Action::kChecked, seconds{5} + random_.exponential(seconds{40}));
    case Action::kChecked:
      if (!random_.percent(93)) return end("data.invalid", "system");
      return then("data.validated", "system", Action::kAnalyze, seconds{10} + random_.exponential(minutes{4}));
    case Action::kAnalyze:
      return then("analysis.started", "system", Action::kAnalyzed, minutes{1} + random_.erlang(2, minutes{12}));
    case Action::kAnalyzed:
      if (!random_.percent(95)) return end("analysis.failed", "system");
      return then("analysis.completed", "system", Action::kReview, minutes{2} + random_.exponential(hours{1}));
    case Action::kReview:
      return then("review.started", "reviewer", Action::kReviewed, minutes{3} + random_.erlang(2, minutes{25}));
    default: return end(random_.percent(88) ? "review.completed" : "review.rejected", "reviewer");
  }
}

} // namespace wardpulse::producer
