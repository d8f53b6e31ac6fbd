#include "base/log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <string>
#include <type_traits>

#include <fmt/format.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/time.h"

namespace wardpulse {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warning", "error"};

struct Settings {
  std::string program;
  bool json = false;
  LogLevel least = LogLevel::kInfo;
};

Settings& settings() {
  static Settings instance;
  return instance;
}

Time now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

// A value that could be mistaken for more than one word is quoted: no input can forge a second line or field.
void append_word(std::string_view value, std::string* out) {
  bool plain = !value.empty();
  for (const char c : value) plain &= c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  if (plain) {
    out->append(value);
  } else {
    append_json_text(value, out);
  }
}

// The message is ours and stays readable; only what would break the line is escaped.
void append_message(std::string_view message, std::string* out) {
  for (const char c : message) out->push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
}

std::string scalar(std::int64_t value) { return fmt::format_int(value).str(); }
std::string scalar(double value) { return fmt::format("{:.6g}", value); }
std::string scalar(bool value) { return value ? "true" : "false"; }

void append_text_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
                      std::string* out) {
  out->append(format_rfc3339(now())).append(" ").append(kLevelNames[static_cast<std::size_t>(level)]).append(" ");
  if (!settings().program.empty()) out->append(settings().program).append(": ");
  append_message(message, out);
  for (const LogField& field : fields) {
    out->append(" ").append(field.name).append("=");
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) append_word(value, out);
          else out->append(scalar(value));
        },
        field.value);
  }
}

void append_json_line(LogLevel level, std::string_view message, std::initializer_list<LogField> fields,
                      std::string* out) {
  JsonWriter json(out);
  json.begin_object().key("time").time(now());
  json.key("level").text(kLevelNames[static_cast<std::size_t>(level)]);
  json.key("program").text(settings().program).key("message").text(message);
  for (const LogField& field : fields) {
    json.key(field.name);
    if (const auto* text = std::get_if<std::string_view>(&field.value)) json.text(*text);
    if (const auto* integer = std::get_if<std::int64_t>(&field.value)) json.integer(*integer);
    if (const auto* number = std::get_if<double>(&field.value)) json.decimal(*number, 6);
    if (const auto* flag = std::get_if<bool>(&field.value)) json.boolean(*flag);
  }
  json.end_object();
}

// Whole lines, also when several threads log or a pipe takes them in pieces.
void write_line(std::string_view line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  while (!line.empty()) {
    const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno != EINTR) return; // nobody reads: nothing sensible is left to do
    if (written > 0) line.remove_prefix(static_cast<std::size_t>(written));
  }
}

} // namespace

LogLevel log_level_from_name(std::string_view name) {
  const auto found = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  return found == kLevelNames.end() ? LogLevel::kInfo : static_cast<LogLevel>(found - kLevelNames.begin());
}

void log_setup(std::string_view program, bool json, LogLevel least) { settings() = {std::string(program), json, least}; }

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level < settings().least) return;
  std::string line;
  if (settings().json) {
    append_json_line(level, message, fields, &line);
  } else {
    append_text_line(level, message, fields, &line);
  }
  line.push_back('\n');
  write_line(line);
}

} // namespace wardpulse
