#include "proto/json_scanner.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "base/check.h"
#include "proto/json_text.h"

namespace wardpulse {
namespace {

constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;
constexpr std::size_t kFirstCapacity = 4096;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

} // namespace

std::string_view json_kind_phrase(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull: return "null";
    case JsonKind::kFalse:
    case JsonKind::kTrue: return "true or false";
    case JsonKind::kNumber: return "a number";
    case JsonKind::kText: return "a string";
    case JsonKind::kArray: return "an array";
    case JsonKind::kObject: return "an object";
  }
  return "?";
}

std::uint64_t json_name_hash(std::string_view name) {
  std::uint64_t head;
  std::memcpy(&head, name.data(), sizeof head);
  std::uint64_t tail = 0;
  if (name.size() >= 8) {
    std::memcpy(&tail, name.data() + name.size() - 8, sizeof tail);
  } else {
    head = name.empty() ? 0 : head << (8 * (8 - name.size()));
  }
  const std::uint64_t mixed = (head ^ (tail << 29 | tail >> 35) ^ name.size()) * 0x9E3779B97F4A7C15u;
  return mixed ^ (mixed >> 32) * 0xD6E8FEB86659FD93u;
}

struct JsonScanner::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;
  std::string bytes;     // the record, then kPadding NULs
  std::string unescaped; // texts that held escapes, one after the other
  std::size_t capacity = 0;
  std::size_t unescaped_used = 0;
  bool has_escapes = false;
  JsonKind kind = JsonKind::kNull;
  std::vector<JsonMember> members;
  std::vector<std::string_view> names; // for sorting

  const std::uint32_t* next = nullptr; // position of the next token in `bytes`; the last one is the record's length
  JsonProblem problem;

  void reserve(std::size_t wanted) {
    if (stage1 != nullptr && wanted <= capacity) return;
    capacity = std::max({wanted, 2 * capacity, kFirstCapacity});
    bytes.resize(capacity + kPadding);
    unescaped.resize(capacity + kPadding);
    WP_CHECK(simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, stage1) ==
             simdjson::SUCCESS);
  }

  bool refuse_whole(std::string_view what) {
    problem = {what, std::nullopt};
    return false;
  }
  bool refuse(std::string_view what) { // at the next token
    problem = {what, *next};
    return false;
  }

  char at_next() const { return bytes[*next]; }

  // The token that starts at *next, without the white space behind it.
  std::string_view token() const {
    const char* begin = bytes.data() + next[0];
    const char* end = bytes.data() + next[1];
    while (is_space(end[-1])) --end;
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  bool text(std::string_view* out) {
    const char* begin = bytes.data() + next[0];
    const char* end = bytes.data() + next[1];
    while (end[-1] != '"' && is_space(end[-1])) --end; // not one nearly always
    if (end - begin < 2 || end[-1] != '"') return refuse("text without its closing quote");
    *out = {begin + 1, static_cast<std::size_t>(end - begin - 2)};
    if (!has_escapes || std::memchr(out->data(), '\\', out->size()) == nullptr) {
      ++next;
      return true;
    }
    char* to = unescaped.data() + unescaped_used;
    const std::optional<std::size_t> size = unescape_json(*out, to);
    if (!size) return refuse("text with an escape that does not exist or is half of a surrogate pair");
    unescaped_used += *size;
    *out = {to, *size};
    ++next;
    return true;
  }

  bool literal(std::string_view word, JsonKind word_kind, JsonValue* out) {
    if (token() != word) return refuse("a word that is not true, false or null");
    out->kind = word_kind;
    ++next;
    return true;
  }

  bool number(JsonValue* out) {
    *out = {JsonKind::kNumber, token()};
    if (!is_json_number(out->text)) return refuse("not a JSON number");
    ++next;
    return true;
  }

  bool value(int depth, JsonValue* out) {
    switch (at_next()) {
      case '"': out->kind = JsonKind::kText; return text(&out->text);
      case '{': out->kind = JsonKind::kObject; return object(depth + 1);
      case '[': out->kind = JsonKind::kArray; return array(depth + 1);
      case 't': return literal("true", JsonKind::kTrue, out);
      case 'f': return literal("false", JsonKind::kFalse, out);
      case 'n': return literal("null", JsonKind::kNull, out);
      case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return number(out);
      default: return refuse("expected a value");
    }
  }

  bool object(int depth) {
    if (depth > kMaxJsonDepth) return refuse("nested too deeply");
    ++next;
    if (at_next() == '}') return ++next, true;
    for (;;) {
      JsonMember member;
      if (at_next() != '"') return refuse("expected a member's name in quotes");
      if (!text(&member.name)) return false;
      if (at_next() != ':') return refuse("expected ':' after a member's name");
      ++next;
      if (!value(depth, &member.value)) return false;
      if (depth == 1) members.push_back(member);
      const char c = at_next();
      if (c != ',' && c != '}') return refuse("expected ',' or '}'");
      ++next;
      if (c == '}') return true;
    }
  }

  bool array(int depth) {
    if (depth > kMaxJsonDepth) return refuse("nested too deeply");
    ++next;
    if (at_next() == ']') return ++next, true;
    for (;;) {
      JsonValue ignored;
      if (!value(depth, &ignored)) return false;
      const char c = at_next();
      if (c != ',' && c != ']') return refuse("expected ',' or ']'");
      ++next;
      if (c == ']') return true;
    }
  }

  // A set of 64 hash bits says "new" for nearly every name of an ordinary record; only when a bit repeats are names
  // compared.
  bool repeats_a_name() {
    constexpr std::size_t kFewNames = 32;
    if (members.size() > kFewNames) return repeats_one_of_many_names();
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      JsonMember& member = members[i];
      member.hash = json_name_hash(member.name);
      const std::uint64_t bit = std::uint64_t{1} << (member.hash & 63);
      if ((seen & bit) != 0 && std::any_of(members.begin(), members.begin() + static_cast<std::ptrdiff_t>(i),
                                           [&](const JsonMember& other) { return other.name == member.name; })) {
        return true;
      }
      seen |= bit;
    }
    return false;
  }

  bool repeats_one_of_many_names() {
    names.clear();
    for (JsonMember& member : members) {
      member.hash = json_name_hash(member.name);
      names.push_back(member.name);
    }
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) != names.end();
  }

  bool run(std::string_view record) {
    if (record.empty()) return refuse_whole("the record is empty");
    if (record.starts_with("\xEF\xBB\xBF")) {
      return refuse_whole("starts with a byte order mark, which JSON does not allow");
    }
    reserve(record.size());
    std::memcpy(bytes.data(), record.data(), record.size());
    std::memset(bytes.data() + record.size(), 0, kPadding);
    members.clear();
    unescaped_used = 0;
    has_escapes = std::memchr(record.data(), '\\', record.size()) != nullptr;

    const auto error = stage1->stage1(reinterpret_cast<const std::uint8_t*>(bytes.data()), record.size(),
                                      simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) return refuse_whole(stage1_phrase(error));
    // A NUL, which no token starts with, ends the walk. (simdjson's array has room for it.)
    stage1->structural_indexes[stage1->n_structural_indexes] = static_cast<std::uint32_t>(record.size());
    next = stage1->structural_indexes.get();
    const std::uint32_t* const end = next + stage1->n_structural_indexes;

    JsonValue whole;
    if (!value(0, &whole)) return false;
    if (next != end) return refuse("something follows the end of the value");
    kind = whole.kind;
    if (repeats_a_name()) return refuse_whole("a member's name is given twice");
    return true;
  }

  static std::string_view stage1_phrase(simdjson::error_code error) {
    switch (error) {
      case simdjson::UTF8_ERROR: return "not valid UTF-8";
      case simdjson::UNCLOSED_STRING: return "text without its closing quote";
      case simdjson::UNESCAPED_CHARS: return "a control character within text";
      case simdjson::EMPTY: return "the record holds white space only";
      default: return "not JSON";
    }
  }
};

JsonScanner::JsonScanner() : impl_(std::make_unique<Impl>()) {}
JsonScanner::~JsonScanner() = default;
JsonScanner::JsonScanner(JsonScanner&&) noexcept = default;
JsonScanner& JsonScanner::operator=(JsonScanner&&) noexcept = default;

std::optional<JsonProblem> JsonScanner::scan(std::string_view bytes) {
  if (impl_->run(bytes)) return std::nullopt;
  return impl_->problem;
}

JsonKind JsonScanner::kind() const { return impl_->kind; }
std::span<const JsonMember> JsonScanner::members() const { return impl_->members; }

} // namespace wardpulse
