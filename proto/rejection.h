// Why a record was refused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wardpulse {

enum class RejectReason : std::uint8_t {
  kTooLarge, kMalformedJson, kBadType, kUnsupportedSchema, kUnknownEventType, kMissingField, kBadTime,
  kFuture, kTooLate, kRule, kUnknownVisit,
};
inline constexpr int kRejectReasonCount = 11;
std::string_view reject_reason_name(RejectReason reason); // "too_large", ...

// In the order in which a record's `rule` is chosen when several are broken.
enum class Rule : std::uint8_t {
  kRequired, kGender, kVisitType, kVisitStatus, kRoomType, kVisitEndAfterStart, kDischargeAfterAdmit,
  kCostNotNegative, kTotalNotNegative, kInsuranceWithinTotal, kPaidHasTime, kPatientExists, kVisitExists,
  kOutOfSequence, kBirthBeforeRegistration, kRange,
};
inline constexpr int kRuleCount = 16;
std::string_view rule_name(Rule rule); // "required", ...

struct Rejection {
  RejectReason reason{};
  std::string detail;      // names the field and what was wrong with it
  std::vector<Rule> rules; // all broken rules, first = the record's `rule`; empty unless reason is kRule
};

} // namespace wardpulse
