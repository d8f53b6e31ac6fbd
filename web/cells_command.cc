#include "web/cells_command.h"

#include <algorithm>

namespace wardpulse::web {
namespace {

class StoreSink : public CellSink {
 public:
  void started(const std::string&) override {
    store.clear();
    store.start_loading();
  }
  void batch(std::vector<CellUpdate> updates) override {
    for (auto& update : updates) store.apply(std::move(update));
  }
  void malformed_record() override {}
  void ready() override { store.start_expiring(); }
  void trouble(std::optional<std::string>) override {}

  CellStore store;
};

} // namespace

std::optional<std::string> cells_usage_problem(const std::string& family) {
  if (family.empty() || find_family(family) != nullptr) return std::nullopt;
  std::string known;
  for (const FamilySpec& spec : families()) known.append(known.empty() ? "" : ", ").append(spec.name);
  return "family: there is no family '" + family + "' (leave it out for all, or take one of " + known + ")";
}

Result<std::string> cells_as_lines(const ReaderOptions& options, const std::string& family) {
  StoreSink sink;
  const auto done = AggregatesReader(options, sink).read_to_end();
  if (!done) return tl::unexpected(done.error());
  return canonical_lines(sink.store, family);
}

std::string canonical_lines(const CellStore& store, const std::string& family) {
  std::vector<Cell> cells;
  for (const auto& [name, series] : store.series()) {
    if (!family.empty() && series.family->name != family) continue;
    for (const auto& [key, stored] : series.cells) cells.push_back(store.merged(series, key, stored));
  }
  std::sort(cells.begin(), cells.end(), cell_less);
  std::string lines;
  for (const Cell& cell : cells) {
    encode_cell(cell, {.minutes = true, .volatile_fields = false}, &lines);
    lines += '\n';
  }
  return lines;
}

} // namespace wardpulse::web
