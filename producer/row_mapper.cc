#include "producer/row_mapper.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "producer/csv_reader.h"
#include "proto/codec.h"
#include "proto/incoming.h"

namespace wardpulse::producer {

namespace {

bool is_listed(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

void strip(const ValueRule& rule, std::string* text) {
  for (const std::string& one : rule.strip) {
    for (std::size_t at = text->find(one); at != std::string::npos; at = text->find(one, at)) text->erase(at, one.size());
  }
}

void trim(std::string* text) {
  if (const std::string_view rest = trimmed(*text); rest.size() < text->size()) *text = std::string(rest);
}

} // namespace

// Finds columns in a header and notes what is not there.
class RowMapper::Binder {
 public:
  Binder(std::string file, const std::vector<std::string>& header) : file_(std::move(file)), header_(header) {}

  std::size_t column(const ColumnRef& ref, const EventRule& event) {
    const auto is_it = named(ref.name);
    const auto found = std::find_if(header_.begin(), header_.end(), is_it);
    if (found == header_.end()) {
      if (!ref.optional) note(fmt::format("{}: there is no column '{}', which event {} needs", file_, ref.name, event.name));
      return kMissing;
    }
    if (std::find_if(found + 1, header_.end(), is_it) != header_.end()) {
      note(fmt::format("{}: the header names column '{}' twice, and event {} needs it", file_, ref.name, event.name));
    }
    return static_cast<std::size_t>(found - header_.begin());
  }

  std::size_t column_of(const std::variant<ColumnRef, std::string>& amount, const EventRule& event) {
    const auto* ref = std::get_if<ColumnRef>(&amount);
    return ref == nullptr ? kMissing : column(*ref, event);
  }

  std::vector<std::size_t> columns(const ValueRule& value, const EventRule& event) {
    if (const auto* ref = std::get_if<ColumnRef>(&value.origin)) return {column(*ref, event)};
    std::vector<std::size_t> result;
    if (const auto* parts = std::get_if<std::vector<SumPart>>(&value.origin)) {
      for (const SumPart& part : *parts) result.push_back(column(part.column, event));
    }
    if (const auto* parts = std::get_if<std::vector<TemplatePart>>(&value.origin)) {
      for (const TemplatePart& part : *parts) {
        if (part.kind == TemplatePart::Kind::kColumn) result.push_back(column({part.text, false}, event));
      }
    }
    return result;
  }

  std::string problems() const {
    std::string text;
    for (const std::string& one : problems_) text.append(one).push_back('\n');
    if (problems_.empty()) return text;
    std::string header;
    for (const std::string& name : header_) header.append(header.empty() ? "" : ", ").append(name);
    return text + file_ + ": its columns are: " + header;
  }

 private:
  // As it is written or, when no column is, without the blanks around it.
  std::function<bool(const std::string&)> named(const std::string& name) const {
    const bool exactly = std::find(header_.begin(), header_.end(), name) != header_.end();
    return [=](const std::string& one) { return exactly ? one == name : trimmed(one) == name; };
  }
  void note(std::string problem) {
    if (std::find(problems_.begin(), problems_.end(), problem) == problems_.end()) problems_.push_back(std::move(problem));
  }
  const std::string file_;
  const std::vector<std::string>& header_;
  std::vector<std::string> problems_;
};

Result<RowMapper> RowMapper::bind(const Mapping& mapping, const std::string& file, const std::vector<std::string>& header) {
  RowMapper mapper;
  mapper.columns_ = header.size();
  mapper.file_name_ = std::filesystem::path(file).filename().string();
  Binder binder(file, header);
  for (const EventRule& rule : mapping.events) {
    if (fnmatch(rule.files.c_str(), mapper.file_name_.c_str(), 0) != 0) continue;
    BoundEvent event{&rule, {}, {}, false};
    for (const Condition& condition : rule.when) event.when.push_back({&condition, binder.column(condition.column, rule)});
    for (const FieldRule& field : rule.fields) {
      event.fields.push_back({&field, binder.columns(field.value, rule)});
      if (field.value.move) event.fields.back().move_column = binder.column_of(field.value.move->amount, rule);
      if (field.field->name == "event_id") event.has_id = true;
    }
    mapper.events_.push_back(std::move(event));
  }
  if (std::string problems = binder.problems(); !problems.empty()) {
    return fail(std::move(problems), "a column that some files lack can be marked optional = true");
  }
  return mapper;
}

std::string RowMapper::map(const std::vector<std::string>& cells, std::int64_t line, Duration shift,
                           Messages* out, LocalTimeCounts* counts) {
  const bool only_blanks_more = cells.size() > columns_ && std::all_of(cells.begin() + static_cast<std::ptrdiff_t>(columns_), cells.end(),
                                                                      [](const std::string& one) { return one.empty(); });
  if (cells.size() != columns_ && !only_blanks_more) return fmt::format("it has {} cells, the header has {}", cells.size(), columns_);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!is_utf8(cells[i])) return fmt::format("cell {} is not UTF-8 (encoding = \"latin1\"?)", i + 1);
  }
  cells_ = &cells;
  line_ = line;
  const std::size_t before = out->size();
  LocalTimeCounts row_counts;
  std::int64_t row_skipped = 0;
  for (const BoundEvent& event : events_) {
    if (!wanted(event)) {
      ++row_skipped;
      continue;
    }
    if (std::string reason = make(event, shift, out, &row_counts); !reason.empty()) {
      out->resize(before);
      return reason;
    }
  }
  skipped_ += row_skipped;
  counts->skipped += row_counts.skipped;
  counts->repeated += row_counts.repeated;
  return {};
}

bool RowMapper::wanted(const BoundEvent& event) const {
  return std::all_of(event.when.begin(), event.when.end(), [&](const BoundCondition& bound) {
    const Condition& condition = *bound.condition;
    const std::string_view text = condition.trim ? trimmed(cell(bound.column)) : cell(bound.column);
    return is_listed(condition.texts, text) == condition.wanted;
  });
}

std::string RowMapper::make(const BoundEvent& bound, Duration shift, Messages* out, LocalTimeCounts* counts) {
  if (texts_.size() <= bound.fields.size()) texts_.resize(bound.fields.size() + 1); // the last is for an id
  Event event;
  event.type = bound.rule->spec->type;
  for (std::size_t i = 0; i < bound.fields.size(); ++i) {
    const BoundField& field = bound.fields[i];
    std::string& text = texts_[i];
    std::string reason = value_of(field, &text);
    if (reason.empty()) reason = set(field, text, counts, &event);
    if (!reason.empty()) return fmt::format("event {}, {}: {}", bound.rule->name, field.rule->field->name, reason);
  }
  json_.clear();
  if (!bound.has_id) { // before the shift, so that an import with --rebase repeats itself too
    event.event_id = "";
    encode_event(event, &json_);
    event.event_id = texts_.back() = content_id(json_);
    json_.clear();
  }
  if (shift != Duration{0}) shift_event(shift, &event);
  encode_event(event, &json_);
  out->push_back({event_topic(event.type), event.type, event.event_time, std::string(event_key(event)), json_}); // a copy has its size alone
  return {};
}

std::string RowMapper::origin_of(const BoundField& field, std::string* out) const {
  const ValueRule& rule = field.rule->value;
  if (std::holds_alternative<ColumnRef>(rule.origin)) return out->assign(cell(field.columns.front())), std::string();
  if (const auto* constant = std::get_if<std::string>(&rule.origin)) return out->assign(*constant), std::string();
  if (const auto* parts = std::get_if<std::vector<TemplatePart>>(&rule.origin)) return fill_in(field, *parts, out), std::string();
  std::vector<std::string> stripped;
  for (const std::size_t column : field.columns) {
    stripped.emplace_back(cell(column));
    strip(rule, &stripped.back());
    if (is_listed(rule.empty, trimmed(stripped.back()))) stripped.back().clear();
  }
  std::vector<std::string_view> texts;
  for (const std::string& text : stripped) texts.push_back(trimmed(text));
  const auto sum = add_up(rule, texts);
  if (!sum) return sum.error().message;
  *out = *sum;
  return {};
}

void RowMapper::fill_in(const BoundField& field, const std::vector<TemplatePart>& parts, std::string* out) const {
  const ValueRule& rule = field.rule->value;
  out->clear();
  std::size_t column = 0;
  for (const TemplatePart& part : parts) {
    switch (part.kind) {
      case TemplatePart::Kind::kText: *out += part.text; break;
      case TemplatePart::Kind::kLine: *out += std::to_string(line_); break;
      case TemplatePart::Kind::kFile: *out += file_name_; break;
      case TemplatePart::Kind::kColumn: {
        const std::string_view piece = rule.trim ? trimmed(cell(field.columns[column])) : cell(field.columns[column]);
        ++column;
        // "adm-" without its number would be one id for many.
        if (piece.empty() || is_listed(rule.empty, piece)) return out->clear();
        *out += piece;
        break;
      }
    }
  }
}

std::string RowMapper::value_of(const BoundField& field, std::string* out) const {
  const ValueRule& rule = field.rule->value;
  std::string& text = *out;
  if (std::string reason = origin_of(field, out); !reason.empty()) return reason;
  strip(rule, &text);
  const bool is_text = field.rule->field->kind == FieldKind::kText; // blanks mean something in texts alone
  if (rule.trim || !is_text) trim(&text);
  if (is_listed(rule.empty, text)) text.clear();
  if (text.empty() && rule.fallback) text = *rule.fallback;
  if (!rule.values.empty()) {
    if (const auto found = rule.values.find(text); found != rule.values.end()) text = found->second;
    else if (!text.empty() && rule.otherwise) text = *rule.otherwise;
    else if (!text.empty()) return fmt::format("'{}' is not in its map, and there is no otherwise", text);
  }
  if (rule.digest && !text.empty()) text = content_id(text);
  return {};
}

std::string_view RowMapper::move_of(const BoundField& field) const {
  const auto& amount = field.rule->value.move->amount;
  if (const auto* constant = std::get_if<std::string>(&amount)) return *constant;
  return trimmed(cell(field.move_column));
}

// REQUIRES: `text` outlives the event.
std::string RowMapper::set(const BoundField& field, const std::string& text, LocalTimeCounts* counts, Event* event) const {
  const FieldRule& rule = *field.rule;
  const bool is_moved = rule.value.move.has_value();
  const std::string_view move = is_moved ? move_of(field) : std::string_view{};
  if (text.empty() || (is_moved && move.empty())) return rule.required ? "it is empty, and the event needs it" : "";
  if (std::string reason = set_field(rule, text, counts, event); !reason.empty()) return reason;
  return is_moved ? move_time(rule, move, event) : std::string();
}

} // namespace wardpulse::producer
