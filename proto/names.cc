// The words of the formats: topics, reasons, rules.
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "proto/event.h"
#include "proto/rejection.h"

namespace wardpulse {
namespace {

constexpr std::array<std::string_view, kTopicCount> kTopics = {"checkins", "encounters", "billing", "workflow"};

constexpr std::array<std::string_view, kRejectReasonCount> kReasons = {
    "too_large", "malformed_json", "bad_type", "unsupported_schema", "unknown_event_type", "missing_field",
    "bad_time",  "future",         "too_late", "rule",               "unknown_visit"};

constexpr std::array<std::string_view, kRuleCount> kRules = {
    "required",           "gender",          "visit_type",     "visit_status",
    "room_type",          "visit_end_after_start", "discharge_after_admit", "cost_not_negative",
    "total_not_negative", "insurance_within_total", "paid_has_time", "patient_exists",
    "visit_exists",       "out_of_sequence", "birth_before_registration", "range"};

// The bytes of a white space character (Unicode property White_Space) at the front of valid UTF-8; 0: none.
std::size_t leading_space(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
  if (first == 0xC2 && (byte(1) == 0x85 || byte(1) == 0xA0)) return 2;
  const unsigned three = first << 16 | byte(1) << 8 | byte(2);
  const bool is_space = three == 0xE19A80 || (three >= 0xE28080 && three <= 0xE2808A) || three == 0xE280A8 ||
                        three == 0xE280A9 || three == 0xE280AF || three == 0xE2819F || three == 0xE38080;
  return is_space ? 3 : 0;
}

} // namespace

std::string_view topic_name(Topic topic) { return kTopics[static_cast<std::size_t>(topic)]; }

std::optional<Topic> topic_from_name(std::string_view name) {
  const auto found = std::find(kTopics.begin(), kTopics.end(), name);
  if (found == kTopics.end()) return std::nullopt;
  return static_cast<Topic>(found - kTopics.begin());
}

std::string_view reject_reason_name(RejectReason reason) { return kReasons[static_cast<std::size_t>(reason)]; }
std::string_view rule_name(Rule rule) { return kRules[static_cast<std::size_t>(rule)]; }

bool is_blank(std::string_view text) {
  if (!text.empty() && text.front() > ' ' && text.front() < 0x7f) return false; // nearly always
  while (!text.empty()) {
    const std::size_t space = leading_space(text);
    if (space == 0) return false;
    text.remove_prefix(space);
  }
  return true;
}

} // namespace wardpulse
