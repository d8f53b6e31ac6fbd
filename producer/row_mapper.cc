#include "producer/row_mapper.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "proto/codec.h"
#include "proto/incoming.h"

namespace wardpulse::producer {

// Finds columns in a header and notes what is not there.
class RowMapper::Binder {
 public:
  Binder(std::string file, const std::vector<std::string>& header) : file_(std::move(file)), header_(header) {}

  std::size_t column(const ColumnRef& ref, const EventRule& event) {
    const auto found = std::find(header_.begin(), header_.end(), ref.name);
    if (found == header_.end()) {
      if (!ref.optional) note(fmt::format("{}: there is no column '{}', which event {} needs", file_, ref.name, event.name));
      return kMissing;
    }
    if (std::find(found + 1, header_.end(), ref.name) != header_.end()) {
      note(fmt::format("{}: the header names column '{}' twice, and event {} needs it", file_, ref.name, event.name));
    }
    return static_cast<std::size_t>(found - header_.begin());
  }

  std::vector<std::size_t> columns(const ValueRule& value, const EventRule& event) {
    if (const auto* ref = std::get_if<ColumnRef>(&value.origin)) return {column(*ref, event)};
    std::vector<std::size_t> result;
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
                           std::vector<Message>* out, LocalTimeCounts* counts) {
  if (cells.size() != columns_) return fmt::format("it has {} cells, the header has {}", cells.size(), columns_);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!simdjson::validate_utf8(cells[i])) return fmt::format("cell {} is not UTF-8 (encoding = \"latin1\"?)", i + 1);
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
    const bool listed = std::find(condition.texts.begin(), condition.texts.end(), text) != condition.texts.end();
    return listed == condition.wanted;
  });
}

std::string RowMapper::make(const BoundEvent& bound, Duration shift, std::vector<Message>* out, LocalTimeCounts* counts) {
  texts_.clear();
  Event event;
  event.type = bound.rule->spec->type;
  for (const BoundField& field : bound.fields) {
    std::string& text = texts_.emplace_back();
    std::string reason = value_of(field, &text);
    if (reason.empty() && !text.empty()) {
      reason = set_field(*field.rule, text, counts, &event);
    } else if (reason.empty() && field.rule->required) {
      reason = "it is empty, and the event needs it";
    }
    if (!reason.empty()) return fmt::format("event {}, {}: {}", bound.rule->name, field.rule->field->name, reason);
  }
  std::string value;
  if (!bound.has_id) { // before the shift, so that an import with --rebase repeats itself too
    event.event_id = "";
    encode_event(event, &value);
    event.event_id = texts_.emplace_back(content_id(value));
    value.clear();
  }
  if (shift != Duration{0}) shift_event(shift, &event);
  encode_event(event, &value);
  out->push_back({event_topic(event.type), event.type, event.event_time, std::string(event_key(event)), std::move(value)});
  return {};
}

std::string RowMapper::origin_of(const BoundField& field) const {
  const ValueRule& rule = field.rule->value;
  if (std::holds_alternative<ColumnRef>(rule.origin)) return std::string(cell(field.columns.front()));
  if (const auto* constant = std::get_if<std::string>(&rule.origin)) return *constant;
  std::string text;
  std::size_t column = 0;
  for (const TemplatePart& part : std::get<std::vector<TemplatePart>>(rule.origin)) {
    switch (part.kind) {
      case TemplatePart::Kind::kText: text += part.text; break;
      case TemplatePart::Kind::kLine: text += std::to_string(line_); break;
      case TemplatePart::Kind::kFile: text += file_name_; break;
      case TemplatePart::Kind::kColumn: {
        const std::string_view piece = rule.trim ? trimmed(cell(field.columns[column])) : cell(field.columns[column]);
        ++column;
        // "adm-" without its number would be one id for many.
        if (piece.empty() || std::find(rule.empty.begin(), rule.empty.end(), piece) != rule.empty.end()) return {};
        text += piece;
        break;
      }
    }
  }
  return text;
}

std::string RowMapper::value_of(const BoundField& field, std::string* out) const {
  const ValueRule& rule = field.rule->value;
  std::string text = origin_of(field);
  const bool is_text = field.rule->field->kind == FieldKind::kText; // blanks mean something in texts alone
  if (rule.trim || !is_text) text = std::string(trimmed(text));
  if (std::find(rule.empty.begin(), rule.empty.end(), text) != rule.empty.end()) text.clear();
  if (text.empty() && rule.fallback) text = *rule.fallback;
  if (!rule.values.empty()) {
    if (const auto found = rule.values.find(text); found != rule.values.end()) text = found->second;
    else if (!text.empty() && rule.otherwise) text = *rule.otherwise;
    else if (!text.empty()) return fmt::format("'{}' is not in its map, and there is no otherwise", text);
  }
  *out = std::move(text);
  return {};
}

} // namespace wardpulse::producer
