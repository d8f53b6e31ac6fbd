#include "tests/sim/watch.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "consumer/checkpoint_format.h"
#include "consumer/publisher.h"

namespace wardpulse::sim {

namespace {

// Cells are read by the letter: there are many thousands of them in a run. Those that stay are decoded in the end.
std::string_view after(std::string_view json, std::string_view mark) {
  const auto* at = static_cast<const char*>(memmem(json.data(), json.size(), mark.data(), mark.size()));
  return at == nullptr ? std::string_view{} : json.substr(static_cast<std::size_t>(at - json.data()) + mark.size());
}
std::optional<std::int64_t> number_after(std::string_view json, std::string_view mark) {
  const auto text = after(json, mark);
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? std::optional(number) : std::nullopt;
}
std::string_view text_after(std::string_view json, std::string_view mark) {
  const auto text = after(json, mark);
  return text.empty() ? text : text.substr(1, text.find('"', 1) - 1);
}

} // namespace

std::string headers_text(const Stored& record) {
  std::string text;
  for (const auto& [name, value] : record.headers) text += name + "=" + value + "\n";
  return text;
}

void Watch::see(const std::string& topic, std::int32_t partition, const Stored& record) {
  // The entries of a checkpoint's part come in the order of hash tables; once loaded they are the same.
  note(topic);
  note(static_cast<std::uint64_t>(partition));
  note(static_cast<std::uint64_t>(record.offset));
  note(record.key);
  if (topic != names_.checkpoints) note(record.value ? std::string_view(*record.value) : "-");
  for (const auto& [name, value] : record.headers) {
    note(name);
    note(value);
  }
  if (topic == names_.aggregates) see_cell(partition, record);
  if (topic == names_.rejected) see_rejected(record);
}

void Watch::note(std::string_view what) { note(consumer::checksum(what)); }
void Watch::note(std::uint64_t number) { trace_ = (trace_ ^ number) * 0x9E3779B97F4A7C15U + 1; }

void Watch::violation(std::string text) {
  note(text);
  violations_.push_back(std::move(text));
}

void Watch::see_cell(std::int32_t partition, const Stored& record) {
  if (!record.value) return;
  const auto version = number_after(*record.value, R"("version":)");
  if (!version) return violation("cell " + record.key + " has no version: " + *record.value);
  const auto epoch = std::stoll(record.headers.at("epoch"));
  if (*version / consumer::kVersionsPerEpoch != epoch) {
    return violation("cell " + record.key + ": version " + std::to_string(*version) + " is not of epoch " + std::to_string(epoch));
  }
  auto& shown = cells_[record.key];
  auto& written = shown.written[epoch];
  if (*version <= written) {
    violation("cell " + record.key + ": version " + std::to_string(*version) + " written after " + std::to_string(written));
  }
  written = std::max(written, *version);
  shown.newest = std::max(shown.newest, *version);
  see_counts(partition, record);
}

void Watch::see_counts(std::int32_t partition, const Stored& record) {
  const std::string_view json = *record.value;
  const auto size = window_size_from_name(text_after(json, R"("window":{"size":)"));
  if (!size) return; // a cell of no window
  const auto start = parse_rfc3339(text_after(json, R"("start":)"));
  if (!start) return violation("cell " + record.key + " has no start: " + *record.value);
  auto& most = most_shown_[{partition, *size, *start}];
  static constexpr std::array<std::string_view, kBounded.size()> kMarks = {R"("checkins":)", R"("treatments":)", R"("discharges":)"};
  for (std::size_t i = 0; i < kBounded.size(); ++i) {
    const auto count = number_after(json, kMarks[i]);
    if (!count) continue;
    if (*count < 0) violation("cell " + record.key + ": " + std::string(kBounded[i]) + " is below zero");
    most[i] = std::max(most[i], *count);
  }
}

void Watch::see_rejected(const Stored& record) {
  const auto text = headers_text(record) + record.value.value_or("-");
  const auto [at, first] = rejected_.try_emplace(record.key, text);
  if (!first && at->second != text) violation("rejected record " + record.key + " was written again with other bytes");
}

} // namespace wardpulse::sim
