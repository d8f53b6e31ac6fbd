// Any bytes as a funnels file: refused with file and line, or taken, and then the definition has its digest and a state.
#include "aggregator/partition_state.h"
#include "base/check.h"

using namespace wardpulse;
using namespace wardpulse::aggregator;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto funnels = parse_funnels(std::string(reinterpret_cast<const char*>(data), size), "f");
  if (!funnels) {
    const std::string told = funnels.error().text();
    WP_CHECK(told.starts_with("f:") && told.find(": ", 2) != std::string::npos);
    return 0;
  }
  WP_CHECK(!funnels->empty());
  Definition definition;
  definition.funnels = std::move(*funnels);
  for (const Funnel& funnel : definition.funnels) WP_CHECK(funnel.steps.size() >= 2 && funnel.window > Duration::zero());
  WP_CHECK(definition.digest().size() == 32);
  PartitionState state(definition, 0);
  WP_CHECK(state.cell_count() == 0);
  return 0;
}
