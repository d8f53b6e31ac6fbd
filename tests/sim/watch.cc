#include "tests/sim/watch.h"

#include <algorithm>

#include "consumer/checkpoint_format.h"
#include "consumer/publisher.h"

namespace wardpulse::sim {

std::string headers_text(const Stored& record) {
  std::string text;
  for (const auto& [name, value] : record.headers) text += name + "=" + value + "\n";
  return text;
}

void Watch::see(const std::string& topic, std::int32_t partition, const Stored& record) {
  // The entries of a checkpoint's part come in the order of hash tables; once loaded they are the same.
  const auto value = topic == names_.checkpoints ? "" : record.value.value_or("-");
  note(topic + "/" + std::to_string(partition) + "/" + std::to_string(record.offset) + "/" + record.key + "/" + value + "/" +
       headers_text(record));
  if (topic == names_.aggregates) see_cell(partition, record);
  if (topic == names_.rejected) see_rejected(record);
}

void Watch::note(std::string_view what) { trace_ = trace_ * 0x9E3779B97F4A7C15U + consumer::checksum(what); }

void Watch::violation(std::string text) {
  note(text);
  violations_.push_back(std::move(text));
}

void Watch::see_cell(std::int32_t partition, const Stored& record) {
  if (!record.value) return;
  const auto cell = decode_cell(*record.value);
  if (!cell) return violation("cell " + record.key + " cannot be read: " + cell.error().text());
  const auto epoch = std::stoll(record.headers.at("epoch"));
  if (cell->version / consumer::kVersionsPerEpoch != epoch) {
    return violation("cell " + record.key + ": version " + std::to_string(cell->version) + " is not of epoch " + std::to_string(epoch));
  }
  auto& shown = cells_[{partition, record.key}];
  auto& written = shown.written[epoch];
  if (cell->version <= written) {
    violation("cell " + record.key + ": version " + std::to_string(cell->version) + " written after " + std::to_string(written));
  }
  written = std::max(written, cell->version);
  shown.newest = std::max(shown.newest, cell->version);
  if (!cell->window) return;
  auto& most = most_shown_[{partition, cell->window->size, cell->window->start}];
  for (const auto& [name, value] : cell->values) {
    const auto at = std::find(kBounded.begin(), kBounded.end(), name);
    const auto* count = std::get_if<std::int64_t>(&value);
    if (at == kBounded.end() || count == nullptr) continue;
    if (*count < 0) violation("cell " + record.key + ": " + name + " is below zero");
    auto& shown_most = most[static_cast<std::size_t>(at - kBounded.begin())];
    shown_most = std::max(shown_most, *count);
  }
}

void Watch::see_rejected(const Stored& record) {
  const auto text = headers_text(record) + record.value.value_or("-");
  const auto [at, first] = rejected_.try_emplace(record.key, text);
  if (!first && at->second != text) violation("rejected record " + record.key + " was written again with other bytes");
}

} // namespace wardpulse::sim
