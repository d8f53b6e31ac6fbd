// Any bytes as a record of any topic: judged without a crash, as simdjson's own parser judges them, and what is taken
// comes back the same after writing it again.
#include <simdjson.h>

#include "base/check.h"
#include "proto/codec.h"
#include "proto/rules.h"

namespace {

using namespace wardpulse;

void check_event(Topic topic, const Event& event) {
  const std::uint32_t broken = rules_broken(event, {});
  WP_CHECK((broken & ~rules_evaluated(event)) == 0);
  if (broken != 0) WP_CHECK(!rule_rejection(event, {}, broken).detail.empty());
  if ((broken & 1u << static_cast<unsigned>(Rule::kRequired)) != 0) return; // cannot be written

  static Decoder second;
  std::string written, again;
  encode_event(event, &written);
  const auto decoded = second.decode(topic, written);
  WP_CHECK(decoded.has_value());
  encode_event(**decoded, &again);
  WP_CHECK(written == again);
}

// Differences that are on purpose: see proto/README.md, `malformed_json`.
bool may_differ(simdjson::error_code error, const std::string& detail) {
  return error == simdjson::NUMBER_ERROR || error == simdjson::DEPTH_ERROR ||
         detail.find("given twice") != std::string::npos || detail.find("surrogate") != std::string::npos ||
         detail.find("too deeply") != std::string::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static Decoder decoder;
  static simdjson::dom::parser reference;
  if (size > kMaxRecordBytes) return 0;
  for (const Topic topic : {Topic::kCheckins, Topic::kEncounters, Topic::kBilling, Topic::kWorkflow}) {
    const auto decoded = decoder.decode(topic, bytes);
    const bool malformed = !decoded && decoded.error().reason == RejectReason::kMalformedJson;
    const simdjson::error_code error = reference.parse(bytes.data(), bytes.size()).error();
    WP_CHECK(malformed == (error != simdjson::SUCCESS) || may_differ(error, malformed ? decoded.error().detail : ""));
    if (decoded) check_event(topic, **decoded);
    else WP_CHECK(!decoded.error().detail.empty());
  }
  return 0;
}
