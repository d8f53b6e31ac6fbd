// Any bytes as the head of a request: refused with a whole problem, or understood as one server would, with nothing left
// that another one could understand differently.
#include <algorithm>

#include "base/check.h"
#include "web/problem.h"
#include "web/request_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wardpulse;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto head = web::parse_request_head(bytes);
  if (!head) {
    WP_CHECK(head.error().status >= 400 && head.error().status < 600);
    WP_CHECK(!head.error().detail.empty() && !head.error().remedy.empty());
    return 0;
  }
  WP_CHECK(bytes.ends_with("\r\n\r\n"));
  WP_CHECK(head->content_length <= web::kMaxBodyBytes && head->headers.size() <= web::kMaxHeaderFields);
  const auto count = [&](std::string_view name) {
    return std::count_if(head->headers.begin(), head->headers.end(), [&](const auto& header) { return header.first == name; });
  };
  WP_CHECK(count("transfer-encoding") == 0 && count("content-length") <= 1 && count("host") <= 1);
  for (const auto& [name, value] : head->headers) {
    WP_CHECK(!name.empty() && name.find_first_of(" \t\r\n:") == std::string::npos);
    WP_CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
  if (const auto request = web::make_request(*head)) WP_CHECK(request->path.find('\0') == std::string::npos);
  return 0;
}
