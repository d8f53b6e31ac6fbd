#include "web/request_head.h"

#include <algorithm>

namespace wardpulse::web {
namespace {

tl::unexpected<Problem> refuse(int status, const char* code, std::string detail, std::string remedy) {
  return tl::unexpected(
      Problem{.status = status, .code = code, .detail = std::move(detail), .remedy = std::move(remedy)});
}

tl::unexpected<Problem> malformed(std::string detail) {
  return refuse(400, "malformed_request", std::move(detail), "send a request as RFC 9112 has it");
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_token_char(char c) {
  const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return is_alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

bool is_host_char(char c) {
  return is_token_char(c) || std::string_view(":[]").find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

class HeadParser {
 public:
  explicit HeadParser(std::string_view bytes) : rest_(bytes) {}

  tl::expected<RequestHead, Problem> parse() {
    if (auto done = request_line(); !done) return tl::unexpected(done.error());
    for (;;) {
      const auto line = next_line();
      if (!line) return malformed("a line does not end with CR LF");
      if (line->empty()) break;
      if (auto done = field(*line); !done) return tl::unexpected(done.error());
    }
    if (!rest_.empty()) return malformed("there is something after the empty line");
    if (auto done = framing(); !done) return tl::unexpected(done.error());
    return std::move(head_);
  }

 private:
  using Done = tl::expected<void, Problem>;

  std::optional<std::string_view> next_line() {
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos || end == 0 || rest_[end - 1] != '\r') return std::nullopt;
    const auto line = rest_.substr(0, end - 1);
    rest_.remove_prefix(end + 1);
    return line;
  }

  Done request_line() {
    const auto line = next_line();
    if (!line) return malformed("the request line does not end with CR LF");
    const auto first = line->find(' ');
    const auto last = line->rfind(' ');
    if (first == std::string_view::npos || first == last) return malformed("the request line has not three parts");
    const auto method = line->substr(0, first);
    const auto target = line->substr(first + 1, last - first - 1);
    const auto version = line->substr(last + 1);
    if (!is_token(method) || method.size() > 32) return malformed("the method is no token");
    if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.')
      return malformed("the version does not read");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      return refuse(505, "http_version", "only HTTP/1.1 and HTTP/1.0 are spoken here", "use HTTP/1.1");
    }
    const bool is_visible = std::all_of(target.begin(), target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!is_visible || target.find('#') != std::string_view::npos)
      return malformed("the target has characters that need encoding");
    if (!target.starts_with('/') && !(target == "*" && method == "OPTIONS"))
      return malformed("the target is not a path");
    head_.method = method;
    head_.target = target;
    head_.is_http_1_1 = version == "HTTP/1.1";
    return {};
  }

  Done field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return malformed("a header is folded over two lines");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a header has no colon");
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (!is_token(name)) return malformed("a header's name is no token");
    if (!std::all_of(value.begin(), value.end(), is_value_char))
      return malformed("a header's value has control characters");
    if (head_.headers.size() == kMaxHeaderFields) {
      return refuse(431, "too_many_headers", "more than 100 headers", "send fewer headers");
    }
    head_.headers.emplace_back(lowered(name), value);
    return {};
  }

  std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(head_.headers.begin(), head_.headers.end(), [&](const NamedText& h) { return h.first == name; }));
  }

  Done framing() {
    const auto hosts = count("host");
    if (hosts > 1 || (hosts == 0 && head_.is_http_1_1)) return malformed("a request has exactly one Host");
    const auto host = head_.header("host");
    if (!std::all_of(host.begin(), host.end(), is_host_char)) return malformed("the Host does not read");
    const auto lengths = count("content-length");
    if (count("transfer-encoding") > 0) {
      if (lengths > 0 || !head_.is_http_1_1)
        return malformed("Transfer-Encoding beside Content-Length, or in HTTP/1.0");
      return refuse(411, "length_required", "bodies in chunks are not taken", "send the body with its Content-Length");
    }
    if (lengths > 1) return malformed("more than one Content-Length");
    if (lengths == 1) {
      if (auto done = content_length(head_.header("content-length")); !done) return done;
    }
    return connection();
  }

  Done content_length(std::string_view text) {
    const bool is_number = !text.empty() && text.size() <= 18 &&
                           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) return malformed("the Content-Length is not a number");
    for (const char c : text) head_.content_length = head_.content_length * 10 + static_cast<std::size_t>(c - '0');
    if (head_.content_length > kMaxBodyBytes) {
      return refuse(413, "too_large", "bodies may have 1 MiB", "send it in parts");
    }
    return {};
  }

  Done connection() {
    const auto options = head_.header("connection");
    head_.keep_alive = head_.is_http_1_1 ? !has_token(options, "close") : has_token(options, "keep-alive");
    if (const auto expect = head_.header("expect"); !expect.empty()) {
      if (lowered(expect) != "100-continue") {
        return refuse(417, "expectation", "only Expect: 100-continue is understood", "leave the header out");
      }
      head_.expects_continue = head_.is_http_1_1;
    }
    return {};
  }

  std::string_view rest_;
  RequestHead head_;
};

} // namespace

std::string_view RequestHead::header(std::string_view lower_case_name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const NamedText& h) { return h.first == lower_case_name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

tl::expected<RequestHead, Problem> parse_request_head(std::string_view bytes) { return HeadParser(bytes).parse(); }

tl::expected<Request, Problem> make_request(const RequestHead& head) {
  const std::string_view target = head.target;
  const auto mark = target.find('?');
  auto path = percent_decode(target.substr(0, mark), false);
  if (!path || path->find('\0') != std::string::npos) return malformed("the path has a bad percent sign");
  auto query = parse_query(mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1));
  if (!query) return malformed("the query has a bad percent sign");
  return Request{
      .method = head.method, .path = std::move(*path), .query = std::move(*query), .headers = head.headers, .body = {}};
}

bool has_token(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const auto item = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), item.size() + 1));
    if (lowered(trimmed(item)) == lowered(token)) return true;
  }
  return false;
}

} // namespace wardpulse::web
