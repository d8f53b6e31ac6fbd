#include "web/cells_api.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/json_writer.h"
#include "web/cells_csv.h"
#include "web/csv.h"
#include "web/etag.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

struct CellsQuery {
  const Series* series = nullptr;
  Time from = kNever;
  Time to = kForever;
  std::map<std::string, std::set<std::string>> dims; // a name's values: either
  bool histogram = false;
  bool merge_time = false;
  bool as_csv = false;
  std::int64_t limit = kDefaultCells;
  std::optional<std::pair<Time, std::string>> after; // cursor: start and dims of the last cell given
};

using Known = std::vector<std::string>;

std::string joined(const Known& names) { return fmt::format("{}", fmt::join(names, ", ")); }

tl::unexpected<Problem> bad(const char* code, std::string detail, std::string remedy,
                            std::vector<std::pair<std::string, Known>> known = {}) {
  return tl::unexpected(Problem{.status = 400, .code = code, .detail = std::move(detail), .remedy = std::move(remedy),
                                .known = std::move(known)});
}

Known family_names() {
  Known names;
  for (const FamilySpec& family : families()) names.emplace_back(family.name);
  return names;
}

Known size_names(const FamilySpec& family) {
  Known names;
  for (const WindowSize size : family.sizes) names.emplace_back(window_size_name(size));
  return names;
}

std::string cursor_text(const CellKey& key) {
  std::string text = fmt::format("{}.", to_ms(key.start));
  for (const char c : key.dims->text) fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::optional<std::pair<Time, std::string>> parse_cursor(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || (text.size() - dot) % 2 == 0) return std::nullopt;
  std::int64_t start_ms = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + dot, start_ms);
  if (error != std::errc{} || stop != text.data() + dot) return std::nullopt;
  std::string dims;
  for (std::size_t i = dot + 1; i < text.size(); i += 2) {
    unsigned byte = 0;
    const auto [end, problem] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (problem != std::errc{} || end != text.data() + i + 2) return std::nullopt;
    dims += static_cast<char>(byte);
  }
  return std::pair{from_ms(start_ms), std::move(dims)};
}

class QueryReader {
 public:
  QueryReader(const Request& request, const CellStore& store) : request_(request), store_(store) {}

  tl::expected<CellsQuery, Problem> read() {
    if (auto done = read_series(); !done) return tl::unexpected(done.error());
    std::set<std::string> seen;
    for (const auto& [name, value] : request_.query) {
      const bool is_dim = std::find(dims().begin(), dims().end(), name) != dims().end();
      if (!is_dim && !seen.insert(name).second)
        return bad("repeated_parameter", name + " is given twice", "give it once");
      if (is_dim) {
        query_.dims[name].insert(value);
      } else if (auto done = read_parameter(name, value); !done) {
        return tl::unexpected(done.error());
      }
    }
    if (query_.merge_time) query_.after.reset(); // it is not paged
    return std::move(query_);
  }

 private:
  using Done = tl::expected<void, Problem>;

  std::span<const std::string_view> dims() const { return query_.series->family->dims; }

  std::optional<std::string_view> value_of(std::string_view name) const {
    const auto found =
        std::find_if(request_.query.begin(), request_.query.end(), [&](const auto& q) { return q.first == name; });
    return found == request_.query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }

  Done read_series() {
    const auto name = value_of("family");
    const FamilySpec* family = name ? find_family(*name) : nullptr;
    if (family == nullptr) {
      return bad(name ? "unknown_family" : "family_needed",
                 name ? "there is no such family of cells" : "family is missing",
                 "family is one of " + joined(family_names()), {{"known_families", family_names()}});
    }
    const auto size = value_of("window");
    const auto sizes = size_names(*family);
    if (sizes.empty() && size) return bad("unknown_window", std::string(*name) + " has no windows", "leave window out");
    if (!sizes.empty() && (!size || std::find(sizes.begin(), sizes.end(), *size) == sizes.end())) {
      return bad(size ? "unknown_window" : "window_needed",
                 size ? std::string(*name) + " has no windows of that size" : "window is missing",
                 "window is one of " + joined(sizes), {{"known_windows", sizes}});
    }
    query_.series = store_.find_series(std::string(*name) + (size ? ":" + std::string(*size) : ""));
    return {};
  }

  Done read_parameter(const std::string& name, const std::string& value) {
    if (name == "family" || name == "window") return {};
    if (name == "from") return read_time(name, value, &query_.from);
    if (name == "to") return read_time(name, value, &query_.to);
    if (name == "limit") return read_limit(value);
    if (name == "histogram") {
      if (value != "0" && value != "1")
        return bad("bad_parameter", "histogram is 0 or 1", "histogram=1 adds minutes to distributions");
      query_.histogram = value == "1";
      return {};
    }
    if (name == "merge") {
      if (value != "time") return bad("bad_parameter", "merge is time", "merge=time merges the selected windows");
      query_.merge_time = true;
      return {};
    }
    if (name == "format") {
      if (value != "json" && value != "csv") return bad("bad_parameter", "format is json or csv", "leave it out for json");
      query_.as_csv = value == "csv";
      return {};
    }
    if (name == "cursor") {
      query_.after = parse_cursor(value);
      if (!query_.after)
        return bad("bad_parameter", "the cursor does not read", "use next of the answer before, unchanged");
      return {};
    }
    const Known known(dims().begin(), dims().end());
    return bad("unknown_parameter",
               "'" + name + "' is neither a parameter nor a dimension of " + std::string(query_.series->family->name),
               known.empty() ? "this family has no dimensions" : "its dimensions are " + joined(known),
               {{"known_dims", known}});
  }

  // A plus sign that was not encoded has become a space.
  Done read_time(const std::string& name, std::string value, Time* to) {
    std::replace(value.begin(), value.end(), ' ', '+');
    if (!query_.series->size) return bad("bad_parameter", "this family has no windows", "leave " + name + " out");
    const auto time = parse_rfc3339(value);
    if (!time) return bad("bad_parameter", name + " is not a time", "write it as 2026-11-21T13:00:00Z");
    *to = *time;
    return {};
  }

  Done read_limit(const std::string& value) {
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), query_.limit);
    const bool is_number = error == std::errc{} && stop == value.data() + value.size();
    if (!is_number || query_.limit < 1 || query_.limit > kMaxCells) {
      return bad("bad_parameter", "limit is a whole number from 1 to 10000", "leave it out for 1000");
    }
    return {};
  }

  const Request& request_;
  const CellStore& store_;
  CellsQuery query_;
};

bool is_selected(const CellsQuery& query, const CellKey& key) {
  return std::all_of(query.dims.begin(), query.dims.end(), [&](const auto& wanted) {
    return std::any_of(key.dims->values.begin(), key.dims->values.end(), [&](const auto& dim) {
      return dim.first == wanted.first && wanted.second.contains(dim.second);
    });
  });
}

auto first_cell(const CellsQuery& query) {
  const DimSet dims{query.after ? query.after->second : std::string(), {}};
  const auto& cells = query.series->cells;
  if (!query.after) return query.series->size ? cells.lower_bound(CellKey{query.from, &dims}) : cells.begin();
  return cells.upper_bound(CellKey{std::max(query.after->first, query.from), &dims});
}

struct Selection {
  std::vector<Cell> cells;
  std::optional<std::string> next;
};

Selection select_page(const CellsQuery& query, const CellStore& store) {
  Selection selection;
  const auto& cells = query.series->cells;
  const CellKey* last = nullptr;
  for (auto at = first_cell(query); at != cells.end() && at->first.start < query.to; ++at) {
    if (!is_selected(query, at->first)) continue;
    if (static_cast<std::int64_t>(selection.cells.size()) == query.limit) {
      selection.next = cursor_text(*last);
      break;
    }
    selection.cells.push_back(store.merged(*query.series, at->first, at->second));
    last = &at->first;
  }
  return selection;
}

// One cell for each combination of dimensions, however many windows go into it.
Selection select_over_time(const CellsQuery& query, const CellStore& store) {
  std::map<std::string_view, Cell> by_dims;
  const auto& cells = query.series->cells;
  for (auto at = first_cell(query); at != cells.end() && at->first.start < query.to; ++at) {
    if (!is_selected(query, at->first)) continue;
    const Cell cell = store.merged(*query.series, at->first, at->second);
    const auto before = by_dims.find(at->first.dims->text);
    std::vector<const Cell*> parts = {&cell};
    if (before != by_dims.end()) parts.push_back(&before->second);
    by_dims.insert_or_assign(at->first.dims->text, merge_time(parts));
  }
  Selection selection;
  for (auto& [dims, cell] : by_dims) selection.cells.push_back(std::move(cell));
  return selection;
}

void write_time(const char* name, Time time, JsonWriter* out) {
  out->key(name);
  if (time == kNever) out->null();
  else out->time(time);
}

} // namespace

Reply answer_cells(const Request& request, const CellStore& store, const Served& served) {
  const auto query = QueryReader(request, store).read();
  if (!query) return problem_reply(query.error());
  const auto selection = query->merge_time ? select_over_time(*query, store) : select_page(*query, store);
  if (query->as_csv) {
    auto reply = with_etag(request, Reply::of(200, std::string(kCsvType), cells_csv(*query->series->family, selection.cells)));
    if (selection.next) reply.with("X-Next-Cursor", *selection.next);
    return reply;
  }
  // The tag speaks of the cells: a poll for a day that is over answers 304 although time goes on.
  std::string tail = "\"cells\":[";
  for (std::size_t i = 0; i < selection.cells.size(); ++i) {
    if (i > 0) tail += ',';
    encode_cell(selection.cells[i], {.minutes = query->histogram}, &tail);
  }
  tail += "],\"next\":" + (selection.next ? "\"" + *selection.next + "\"" : std::string("null")) + "}";
  const auto digest =
      XXH3_64bits_withSeed(tail.data(), tail.size(), XXH3_64bits(served.generation.data(), served.generation.size()));
  const auto etag = fmt::format("W/\"{:016x}\"", digest);
  if (none_match_names(request.header("if-none-match"), etag)) return Reply::empty(304).with("ETag", etag);
  std::string body;
  JsonWriter out(&body);
  out.begin_object();
  out.key("generation").text(served.generation);
  write_time("as_of", served.as_of, &out);
  write_time("watermark", store.watermark(), &out);
  return Reply::json(200, body + "," + tail).with("ETag", etag);
}

// A choice for each family: its own window sizes and dimensions go with it, and with no other.
std::vector<Parameter> cells_parameters() {
  constexpr std::string_view kTime = R"({"type":"string","format":"date-time"})";
  constexpr std::string_view kForAll =
      R"("histogram":{"enum":["0","1"],"description":"1: distributions carry minutes, a list of [minute, count]"},)"
      R"("merge":{"const":"time","description":"the selected windows merged, one cell for each combination of dimensions"},)"
      R"("format":{"enum":["json","csv"],"description":"csv: the next cursor is in the header X-Next-Cursor"},)"
      R"("limit":{"type":"integer","minimum":1,"maximum":10000,"description":"cells in an answer, 1000 when left out"},)"
      R"("cursor":{"type":"string","pattern":"^-?[0-9]{1,15}\\.([0-9a-f]{2}){0,64}$","description":"next of the answer before"})";
  std::string schema = R"({"type":"object","oneOf":[)";
  for (const FamilySpec& family : families()) {
    if (!schema.ends_with('[')) schema += ',';
    schema += fmt::format(R"({{"title":"{}","description":"{}","type":"object","required":["family"{}],"properties":{{"family":{{"const":"{}"}},)",
                          family.name, family.meaning, family.sizes.empty() ? "" : ",\"window\"", family.name);
    if (!family.sizes.empty()) {
      std::string sizes;
      for (const auto& size : size_names(family)) sizes += fmt::format("{}\"{}\"", sizes.empty() ? "" : ",", size);
      schema += fmt::format(R"("window":{{"enum":[{}]}},"from":{},"to":{},)", sizes, kTime, kTime);
    }
    for (const auto dim : family.dims) {
      schema += fmt::format(R"("{}":{{"type":"string","description":"only cells with this value; given twice: either"}},)", dim);
    }
    schema.append(kForAll).append(R"(},"additionalProperties":false})");
  }
  return {{.name = "selection",
           .meaning = "family, and window where the family has windows, are needed; from is inclusive, to exclusive.",
           .schema = schema + "]}",
           .required = true}};
}

std::vector<Answer> cells_answers() {
  return {{200, "The cells, oldest window first.", "application/json", R"({"$ref":"#/components/schemas/Cells"})", std::string(kCsvType)},
          {304, "The cells are those of the tag in If-None-Match."},
          {400, "A parameter does not read, or names something that there is not: the known ones are listed.",
           "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})"}};
}

} // namespace wardpulse::web
