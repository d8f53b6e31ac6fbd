#include "web/cells_command.h"

#include <algorithm>

namespace wardpulse::web {
namespace {

class StoreSink : public CellSink {
 public:
  void started(const std::string&) override {}
  void loaded(std::unique_ptr<CellStore> cells, const ApplyCounts&) override { store = std::move(cells); }
  void batch(std::vector<CellUpdate>) override {}
  void malformed_record() override {}
  void trouble(std::optional<std::string>) override {}

  std::unique_ptr<CellStore> store;
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
  return canonical_lines(*sink.store, family);
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
