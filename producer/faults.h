// Mistakes that the simulated feed makes on purpose, each noted, so that their detection can be measured. Nearly every one is
// a record of its own, besides the event it is made from: what happened, and the ground truth of it, stay as they are.
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "producer/hospital.h"
#include "producer/message.h"
#include "producer/random.h"

namespace wardpulse::producer {

enum class FaultKind : std::uint8_t {
  kTooLarge, kMalformedJson, kBadType, kUnsupportedSchema, kUnknownEventType, kMissingField, kBadTime, kFuture, kTooLate, kUnknownVisit,
  kRequired, kGender, kVisitType, kVisitStatus, kRoomType, kVisitEndAfterStart, kDischargeAfterAdmit, kCostNotNegative, kTotalNotNegative,
  kInsuranceWithinTotal, kPaidHasTime, kBirthBeforeRegistration, kRange,
  kDuplicate, kOtherContent,
  kPatientExists, // a new patient's registration is not sent: every visit of the patient breaks the rule
  kOutOfSequence, // a provider is said to have seen the patient before the check-in
};
inline constexpr int kFaultKindCount = 27;
std::string_view fault_name(FaultKind kind);

struct FaultOptions {
  std::array<std::int64_t, kFaultKindCount> per_million{}; // of the events that such a mistake can be made of
  bool any() const;
};
// "gender=0.01,future=0.002" or "all=0.005"; later words win. Of `all`, too_large gets a hundredth: each is a megabyte.
Result<FaultOptions> parse_faults(std::string_view text);

struct Fault {
  FaultKind kind{};
  Message message;
  std::string event_id;      // empty: the record has none that reads
  std::string_view source;   // of the event it is made from
};
// What is expected of a consumer, as one line of JSON.
std::string fault_line(const Fault& fault);

class Faults {
 public:
  Faults(const FaultOptions& options, std::uint64_t seed);

  // Further records to send right after this one's. `value` is the event as sent.
  std::vector<Fault> beside(const Happening& happening, const std::string& value);
  bool drops(const Event& event);          // the event is not sent at all
  bool breaks_patient_exists(const Event& event) const;
  // Moves the event to before the check-in. False: it stays as it is.
  bool unsettles(const Happening& happening, Event* event);

 private:
  bool draw(FaultKind kind) {
    const auto share = options_.per_million[static_cast<std::size_t>(kind)];
    return share > 0 && random_.per_million(share);
  }
  Fault make(FaultKind kind, const Event& event, const std::string& value);
  std::string next_id(std::string_view prefix);

  const FaultOptions options_;
  const std::uint64_t seed_;
  Random random_; // of its own, so that mistakes do not change what happens
  std::uint64_t made_ = 0;
  std::set<std::string, std::less<>> unregistered_;
};

} // namespace wardpulse::producer
