// Any bytes as a mapping file: refused with file and line, or taken.
#include "base/check.h"
#include "producer/mapping.h"

using namespace wardpulse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto mapping = producer::parse_mapping(std::string(reinterpret_cast<const char*>(data), size), "m");
  if (!mapping) WP_CHECK(mapping.error().text().find("m") != std::string::npos);
  else WP_CHECK(!mapping->events.empty());
  return 0;
}
