#include "web/marts_api.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/json_writer.h"
#include "web/csv.h"
#include "web/etag.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

namespace dom = simdjson::dom;

struct MartQuery {
  std::string from, to; // dates; empty: none
  bool as_csv = false;
  std::int64_t limit = kDefaultCells;
  std::string after; // key of the last row given

  bool selects(std::string_view date) const { return (from.empty() || date >= from) && (to.empty() || date < to); }
};

tl::unexpected<Problem> bad(std::string detail, std::string remedy) {
  return tl::unexpected(
      Problem{.status = 400, .code = "bad_parameter", .detail = std::move(detail), .remedy = std::move(remedy)});
}

// A date, or a time, of which the date counts as it is written.
std::optional<std::string> date_of(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '+');
  if (text.size() > 10 && !parse_rfc3339(text)) return std::nullopt;
  text.resize(std::min<std::size_t>(text.size(), 10));
  return parse_date(text) ? std::optional(text) : std::nullopt;
}

tl::expected<MartQuery, Problem> read_query(const Request& request) {
  MartQuery query;
  std::set<std::string> seen;
  for (const auto& [name, value] : request.query) {
    if (!seen.insert(name).second) return bad(name + " is given twice", "give it once");
    if (name == "from" || name == "to") {
      const auto date = date_of(value);
      if (!date) return bad(name + " is not a date", "write it as 2026-11-21");
      (name == "from" ? query.from : query.to) = *date;
    } else if (name == "format") {
      if (value != "json" && value != "csv") return bad("format is json or csv", "leave it out for json");
      query.as_csv = value == "csv";
    } else if (name == "limit") {
      const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), query.limit);
      const bool is_number = error == std::errc{} && stop == value.data() + value.size();
      if (!is_number || query.limit < 1 || query.limit > kMaxCells)
        return bad("limit is a whole number from 1 to 10000", "leave it out for 1000");
    } else if (name == "cursor") {
      query.after = value;
    } else {
      return bad("'" + name + "' is no parameter", "the parameters are from, to, format, limit and cursor");
    }
  }
  return query;
}

struct Row {
  std::string key; // rows are in its order
  std::vector<MartValue> values;
};

struct Rows {
  std::vector<Row> rows;
  std::string next; // key of the last one, when there are more
};

bool add(Row row, const MartQuery& query, Rows* to) {
  if (static_cast<std::int64_t>(to->rows.size()) == query.limit) {
    to->next = to->rows.back().key;
    return false;
  }
  to->rows.push_back(std::move(row));
  return true;
}

Rows rows_of_cells(const MartSpec& mart, const MartQuery& query, const CellStore& store) {
  Rows found;
  const Series* series = store.find_series(std::string(mart.family) + ":1d");
  for (const auto& [key, stored] : series->cells) {
    const Cell cell = store.merged(*series, key, stored);
    // A writer of another version may know fewer values.
    if (cell.values.size() != series->family->fields.size()) continue;
    Row row{.key = {}, .values = mart_row(mart, cell)};
    row.key = row.values.front().text + "|" + key.dims->text; // in the order of the walk, whatever the names have in them
    if (row.key <= query.after || !query.selects(row.values.front().text)) continue;
    if (!add(std::move(row), query, &found)) break;
  }
  return found;
}

MartValue value_of(dom::element element) {
  using Kind = MartValue::Kind;
  if (element.is_null()) return {};
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) return {Kind::kText, std::string(text)};
  return {element.is_bool() ? Kind::kFlag : Kind::kNumber, simdjson::minify(element)};
}

Rows rows_of_patients(const MartSpec& mart, const MartQuery& query, const PatientRows& patients) {
  Rows found;
  dom::parser parser;
  const auto last_visit = static_cast<std::size_t>(std::find(mart.columns.begin(), mart.columns.end(), "last_visit_date") - mart.columns.begin());
  patients.each_behind(query.after, [&](std::string_view id, const std::string& text) {
    dom::element json;
    if (parser.parse(text).get(json) != simdjson::SUCCESS) return true;
    Row row{std::string(id), {}};
    for (const auto column : mart.columns) {
      dom::element value;
      row.values.push_back(json[column].get(value) == simdjson::SUCCESS ? value_of(value) : MartValue{});
    }
    return !query.selects(row.values[last_visit].text) || add(std::move(row), query, &found);
  });
  return found;
}

std::string rows_csv(const MartSpec& mart, const Rows& found) {
  std::string text;
  CsvWriter out(&text);
  for (const auto column : mart.columns) out.field(column);
  out.end_row();
  for (const Row& row : found.rows) {
    for (const MartValue& value : row.values) out.field(value.text);
    out.end_row();
  }
  return text;
}

std::string rows_json(const MartSpec& mart, const Rows& found, const CellStore& store, const Served& served) {
  std::string text;
  JsonWriter out(&text);
  out.begin_object();
  out.key("mart").text(mart.name);
  out.key("generation").text(served.generation);
  out.key("watermark");
  if (store.watermark() == kNever) out.null();
  else out.time(store.watermark());
  out.key("rows").begin_array();
  for (const Row& row : found.rows) out.raw(mart_json(mart, row.values));
  out.end_array();
  out.key("next");
  if (found.next.empty()) out.null();
  else out.text(found.next);
  out.end_object();
  return text;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
    if (is_plain) out += c;
    else fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

} // namespace

bool is_of_patients(const MartSpec& mart) { return mart.columns.front() == "patient_id"; }

Reply answer_mart(const MartSpec& mart, const Request& request, const CellStore& store, const PatientRows& patients,
                  const Served& served) {
  const auto query = read_query(request);
  if (!query) return problem_reply(query.error());
  const Rows found = is_of_patients(mart) ? rows_of_patients(mart, *query, patients) : rows_of_cells(mart, *query, store);
  auto text = query->as_csv ? rows_csv(mart, found) : rows_json(mart, found, store, served);
  auto reply = with_etag(request, Reply::of(200, query->as_csv ? std::string(kCsvType) : "application/json", std::move(text)));
  if (!found.next.empty()) {
    std::string link = "</api/v1/marts/" + std::string(mart.name) + "?cursor=" + encoded(found.next);
    for (const auto& [name, value] : request.query) {
      if (name != "cursor") link += "&" + name + "=" + encoded(value);
    }
    reply.with("Link", link + ">; rel=\"next\"");
  }
  return reply;
}

std::vector<Parameter> mart_parameters(const MartSpec& mart) {
  const std::string column = mart.columns.front() == "patient_id" ? "last_visit_date" : "date";
  return {{.name = "from", .meaning = "First " + column + ", inclusive.", .schema = R"({"type":"string","format":"date"})"},
          {.name = "to", .meaning = "Last " + column + ", exclusive.", .schema = R"({"type":"string","format":"date"})"},
          {.name = "format", .meaning = "json or csv.", .schema = R"({"type":"string","enum":["json","csv"],"default":"json"})"},
          {.name = "limit", .meaning = "Rows in an answer.", .schema = R"({"type":"integer","minimum":1,"maximum":10000,"default":1000})"},
          {.name = "cursor", .meaning = "next of the answer before; for CSV: in its header Link.", .schema = R"({"type":"string"})"}};
}

std::vector<Answer> mart_answers(const MartSpec& mart) {
  std::string columns, properties;
  for (const auto column : mart.columns) {
    columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ",", column);
    properties += fmt::format("{}\"{}\":{{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]}}", properties.empty() ? "" : ",", column);
  }
  return {{200, "The rows, in the order of their key.", "application/json",
           R"({"type":"object","required":["mart","generation","watermark","rows","next"],"properties":{"mart":{"type":"string"},)"
           R"("generation":{"type":"string"},"watermark":{"type":["string","null"]},"next":{"type":["string","null"]},)"
           R"("rows":{"type":"array","items":{"type":"object","required":[)" + columns + R"(],"properties":{)" + properties + "}}}}}",
           std::string(kCsvType)},
          {304, "The rows are those of the tag in If-None-Match."}};
}

} // namespace wardpulse::web
