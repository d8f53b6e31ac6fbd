// Any bytes as the file of keys, and as a key: read whole or not at all.
#include "base/check.h"
#include "web/key_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wardpulse;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto keys = web::parse_keys(bytes)) {
    for (const auto& [id, key] : *keys) WP_CHECK(id == key.id && key.scope != web::Scope::kNone);
  } else {
    WP_CHECK(keys.error().message.find("line ") != std::string::npos);
  }
  if (const auto key = web::parse_api_key(bytes)) WP_CHECK(key->text == bytes && key->scope != web::Scope::kNone);
  return 0;
}
