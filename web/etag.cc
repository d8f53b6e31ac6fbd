#include "web/etag.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

namespace wardpulse::web {

Reply with_etag(const Request& request, Reply reply) {
  const auto text = reply.text();
  const auto etag = fmt::format("W/\"{:016x}\"", XXH3_64bits(text.data(), text.size()));
  if (none_match_names(request.header("if-none-match"), etag)) return Reply::empty(304).with("ETag", etag);
  return std::move(reply.with("ETag", etag));
}

} // namespace wardpulse::web
