// The head of an HTTP/1 request, read strictly: what two servers could understand differently is refused, since that is
// what request smuggling is made of. Pure: bytes in, a head or a problem out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "web/http_types.h"
#include "web/problem.h"

namespace wardpulse::web {

inline constexpr std::size_t kMaxHeadBytes = 8192;
inline constexpr std::size_t kMaxBodyBytes = 1 << 20;
inline constexpr std::size_t kMaxHeaderFields = 100;

struct RequestHead {
  std::string method;
  std::string target; // as sent
  bool is_http_1_1 = true;
  std::vector<NamedText> headers; // names in lower case, values without surrounding white space
  std::size_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;

  std::string_view header(std::string_view lower_case_name) const; // first; empty when absent
};

// `bytes`: from the request line up to and with the empty line. After a problem the connection must be closed: where
// the next request begins is not known.
tl::expected<RequestHead, Problem> parse_request_head(std::string_view bytes);

// Path and query decoded, body not yet there.
tl::expected<Request, Problem> make_request(const RequestHead& head);

// Whether a comma-separated header value has this token, whatever its case.
bool has_token(std::string_view value, std::string_view token);

} // namespace wardpulse::web
