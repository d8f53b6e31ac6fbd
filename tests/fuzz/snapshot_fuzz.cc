// A state's snapshot with bytes changed: refused with a reason, or loaded into a state whose own snapshot loads again. The
// input is a list of changes (place high, place low, new byte) to the snapshot of a small log, so that it stays of use when
// the format changes; a first byte of 0xff makes the rest a snapshot as it is; the words "every place" damage each place in turn.
#include "aggregator/partition_state.h"
#include "base/check.h"

using namespace wardpulse;
using namespace wardpulse::aggregator;

namespace {

const Definition& definition() {
  static const Definition one;
  return one;
}

std::string snapshot_of_a_log() {
  PartitionState state(definition(), 0);
  std::vector<RejectedRecord> rejected;
  std::array<std::int64_t, kTopicCount> next{};
  const auto apply = [&](Topic topic, const std::string& type, const std::string& minute, const std::string& more) {
    const std::string value = R"({"event_id":")" + type + minute + R"(","event_type":")" + type + R"(","event_time":"2026-11-21T13:)" + minute +
                              R"(:00Z","patient_id":"p","visit_id":"v",)" + more + "}";
    state.apply({topic, next[static_cast<int>(topic)]++, *parse_rfc3339("2026-11-21T14:00:00Z"), "p", value}, &rejected);
  };
  apply(Topic::kCheckins, "patient.registered", "00", R"("gender":"F","birth_date":"1980-02-29","city":"C")");
  apply(Topic::kCheckins, "checkin", "01", R"("department":"D","visit_type":"Emergency")");
  apply(Topic::kEncounters, "roomed", "05", R"("ventilated":true)");
  apply(Topic::kEncounters, "treatment", "06", R"("treatment_code":"t","cost":1.5)");
  apply(Topic::kEncounters, "triage", "07", R"("acuity":9)"); // breaks a rule
  apply(Topic::kEncounters, "triage", "07", R"("acuity":3,"visit_id2":0)");
  apply(Topic::kBilling, "bill", "08", R"("bill_id":"b","total_amount":10,"insurance_amount":5,"patient_amount":5,"status":"Pending")");
  apply(Topic::kWorkflow, "data.uploaded", "09", R"("entity_id":"e")");
  return state.snapshot();
}

void check(std::string_view bytes) {
  auto state = PartitionState::restore(definition(), 0, bytes);
  if (!state) {
    WP_CHECK(!state.error().text().empty());
    return;
  }
  (void)state->all_cells();
  const std::string again = state->snapshot();
  const auto second = PartitionState::restore(definition(), 0, again);
  WP_CHECK(second.has_value() && second->snapshot() == again);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string base = snapshot_of_a_log();
  if (size > 0 && data[0] == 0xff) {
    check({reinterpret_cast<const char*>(data) + 1, size - 1});
    return 0;
  }
  std::string bytes = base;
  if (std::string_view(reinterpret_cast<const char*>(data), size) == "every place\n") {
    for (std::size_t at = 0; at < base.size(); ++at) {
      check(std::string_view(base).substr(0, at));
      bytes[at] = "\x00\x01\x7f\xff"[at % 4];
      check(bytes);
      bytes[at] = base[at];
    }
    return 0;
  }
  for (std::size_t i = 0; i + 3 <= size; i += 3) bytes[(data[i] << 8 | data[i + 1]) % bytes.size()] = static_cast<char>(data[i + 2]);
  check(bytes);
  return 0;
}
