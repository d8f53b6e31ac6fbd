// What a mapping file says: which events a row of a CSV file becomes. docs/import.md is the manual.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time_zone.h"
#include "base/time_format.h"
#include "proto/event_types.h"

namespace wardpulse::producer {

// A piece of a template: text as it is, a column's cell, the number of the row's line, the file's name.
struct TemplatePart {
  enum class Kind : std::uint8_t { kText, kColumn, kLine, kFile } kind = Kind::kText;
  std::string text; // or the column's name
};

struct ColumnRef {
  std::string name;
  bool optional = false; // a file without this column is fine: every cell is empty
};

// One summand of an amount: a column, added or taken off.
struct SumPart {
  ColumnRef column;
  bool taken_off = false;
};

// A time is moved by so many units, as a column or the mapping itself says.
struct TimeMove {
  std::variant<ColumnRef, std::string> amount;
  Duration unit{0}; // negative: back
};

enum class Encoding : std::uint8_t { kUtf8, kLatin1, kWindows1252 };

// Where a value comes from, and what is done with it on the way.
struct ValueRule {
  std::variant<ColumnRef, std::string, std::vector<TemplatePart>, std::vector<SumPart>> origin; // column, constant, template, sum
  bool trim = false;
  std::vector<std::string> strip;             // texts cut out wherever they stand
  bool digest = false;                        // texts: the content's digest instead of it
  bool round = false;                         // numbers: to what the field holds, half away from zero
  bool is_age = false;                        // dates: so many years before the event
  std::optional<TimeMove> move;               // times
  std::vector<std::string> empty;             // texts that mean: no value
  std::optional<std::string> fallback;        // for an empty cell
  std::map<std::string, std::string> values;  // when not empty: only these are known
  std::optional<std::string> otherwise;       // for those that are not
  std::vector<TimeFormat> formats;            // times and dates, tried in order
  std::optional<TimeZone> zone;               // of times without offset
  char decimal = '.';
  char thousands = 0;                         // 0: none
};

struct FieldRule {
  const EventField* field = nullptr;
  bool required = false; // by the event type
  ValueRule value;
  int line = 0; // in the mapping
};

struct Condition {
  ColumnRef column;
  bool trim = false;
  bool wanted = true;             // the cell is one of `texts`; false: it is none of them
  std::vector<std::string> texts;
};

struct EventRule {
  const EventTypeSpec* spec = nullptr;
  std::string name;              // for messages: the type, and the line
  std::string files = "*";       // which files' rows: a pattern for the file's name
  std::vector<Condition> when;   // all must hold, else the event is skipped
  std::vector<FieldRule> fields; // event_type among them; event_id where the mapping gives one
  int line = 0;
};

struct Mapping {
  char delimiter = ',';
  Encoding encoding = Encoding::kUtf8;
  int skip_lines = 0;               // records before the header
  std::vector<std::string> header;  // for files without one; empty: they have one
  std::vector<EventRule> events; // in the order of the file
};

// Error: every problem of the file, one a line, each with its place.
Result<Mapping> parse_mapping(const std::string& toml, const std::string& file_name);

} // namespace wardpulse::producer
