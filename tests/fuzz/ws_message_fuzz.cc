// Any bytes as a client's WebSocket messages to a hub with something in it: answered within bounds, never a crash.
#include "base/check.h"
#include "web/hub.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wardpulse;
  static web::CellStore store;
  static web::Hub hub(store);
  if (!hub.is_open()) hub.open(1);
  web::Viewer viewer(hub, [] {});
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const auto message = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), message.size() + 1));
    viewer.receive(message);
  }
  int count = 0;
  while (const auto message = viewer.next_message()) {
    WP_CHECK(message->starts_with("{\"type\":\"") && message->ends_with("}"));
    WP_CHECK(++count < 1000);
  }
  return 0;
}
