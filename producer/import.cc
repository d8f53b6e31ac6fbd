#include "producer/import.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "base/log.h"
#include "producer/csv_import.h"
#include "producer/json_import.h"
#include "producer/mapping.h"
#include "producer/synthea_import.h"
#include "proto/event_types.h"

namespace wardpulse::producer {
namespace {

// One way to read everything that is to be imported; called twice when times are to be shifted.
using ReadAll = std::function<Result<Imported>(Duration shift, Rejects* rejects)>;

struct Failure {
  Error error;
  int exit_code = kExitFailed;
};

int report(const Failure& failure) {
  std::string_view rest = failure.error.message;
  while (!rest.empty()) { // one line a problem
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    log_error(rest.empty() && !failure.error.hint.empty() ? fmt::format("{} ({})", line, failure.error.hint) : std::string(line));
  }
  return failure.exit_code;
}

tl::expected<Mapping, Failure> load_mapping(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return tl::unexpected(Failure{{"cannot read the mapping " + path, "is it there, a file, and readable?"}, kExitBadConfig});
  auto mapping = parse_mapping(text, path);
  if (!mapping) return tl::unexpected(Failure{mapping.error(), kExitBadConfig});
  return std::move(*mapping);
}

// The shift that brings the last event to now, then the data with it.
Result<Imported> read_shifted(const ImportOptions& options, const ReadAll& read_all, Rejects* rejects) {
  if (!options.rebase_to_now) return read_all(Duration{0}, rejects);
  Rejects only_counted("");
  const auto as_it_is = read_all(Duration{0}, &only_counted);
  if (!as_it_is || as_it_is->messages.empty()) return read_all(Duration{0}, rejects);
  const auto last = std::max_element(as_it_is->messages.begin(), as_it_is->messages.end(),
                                     [](const Message& a, const Message& b) { return a.event_time < b.event_time; });
  const Duration shift = wall_now() - last->event_time;
  log_info("times are shifted", {{"seconds", std::chrono::floor<std::chrono::seconds>(shift).count()}});
  return read_all(shift, rejects);
}

using TypeCounts = std::map<std::string, std::int64_t>;

TypeCounts count_types(const Messages& messages) {
  TypeCounts counts;
  for (const Message& message : messages) {
    const bool workflow = message.type == EventType::kWorkflow;
    ++counts[workflow ? "workflow" : std::string(event_type_spec(message.type).name)];
  }
  return counts;
}

void print_counts(const Imported& read, const TypeCounts& types, const Rejects& rejects, std::FILE* to) {
  for (const auto& [type, count] : types) fmt::print(to, "{} {}\n", type, count);
  fmt::print(to, "records {}\nrejected {}\nskipped events {}\nskipped local times {}\nrepeated local times {}\n", read.records,
             rejects.count(), read.skipped, read.local_times.skipped, read.local_times.repeated);
}

void log_read(const Imported& read, const Rejects& rejects) {
  log_info("read", {{"records", read.records}, {"events", read.messages.size()}, {"rejected", rejects.count()},
                    {"skipped_events", read.skipped}, {"skipped_local_times", read.local_times.skipped},
                    {"repeated_local_times", read.local_times.repeated}});
  if (rejects.count() > 0) log_warning("some records are not sent", {{"records", rejects.count()}, {"see", rejects.path()}});
}

int dry_run(const ImportOptions& options, Imported read, const Rejects& rejects) {
  const TypeCounts types = count_types(read.messages);
  if (options.print) {
    ImportFeed feed(std::move(read.messages));
    for (const Message& message : feed.messages()) std::fprintf(stdout, "%s\n", message.value.c_str());
  }
  print_counts(read, types, rejects, options.print ? stderr : stdout);
  if (std::fflush(stdout) == 0) return kExitDone;
  return report({{"standard output does not take more", {}}});
}

int deliver(const ImportOptions& options, const ReadAll& read_all) {
  Rejects rejects(options.rejects_path);
  auto read = read_shifted(options, read_all, &rejects);
  if (!read) return report({read.error()});
  if (auto finished = rejects.finish(); !finished) return report({finished.error()});
  if (options.dry_run) return dry_run(options, std::move(*read), rejects);
  log_read(*read, rejects);
  ImportFeed feed(std::move(read->messages));
  const Time first = feed.messages().empty() ? wall_now() : feed.messages().front().event_time;
  const auto counts = publish(&feed, options.target, {wall_now(), first, options.speed, options.catch_up_rate}, "import");
  if (!counts) return report({counts.error()});
  if (feed.left() > 0) {
    log_warning("stopped before the end: import again, what was sent already is found to be a duplicate",
                {{"not_sent", feed.left()}, {"of", feed.messages().size()}});
  }
  return counts->failed > 0 ? kExitFailed : kExitDone;
}

int import_csv(const ImportOptions& options) {
  const auto mapping = load_mapping(options.mapping_path);
  if (!mapping) return report(mapping.error());
  const auto paths = find_csv_files(*mapping, options.paths, options.mapping_path);
  if (!paths) return report({paths.error(), kExitBadConfig});
  InputFiles files;
  if (auto checked = CsvImport::open(*mapping, *paths, &files); !checked) return report({checked.error(), kExitBadConfig});
  return deliver(options, [&](Duration shift, Rejects* rejects) -> Result<Imported> {
    auto import = CsvImport::open(*mapping, *paths, &files);
    if (!import) return tl::unexpected(import.error());
    return import->read(shift, rejects);
  });
}

int import_json_lines(const ImportOptions& options) {
  InputFiles files;
  return deliver(options, [&](Duration shift, Rejects* rejects) {
    return read_json_lines(options.paths, options.zone, shift, &files, rejects);
  });
}

int import_synthea(const ImportOptions& options) {
  if (auto found = SyntheaImport::open(options.paths.front()); !found) return report({found.error(), kExitBadConfig});
  return deliver(options, [&](Duration shift, Rejects* rejects) -> Result<Imported> {
    auto import = SyntheaImport::open(options.paths.front());
    if (!import) return tl::unexpected(import.error());
    return import->read(shift, rejects);
  });
}

} // namespace

ImportFeed::ImportFeed(Messages messages) : messages_(std::move(messages)) {
  const auto earlier = [](const Message& a, const Message& b) { return a.event_time < b.event_time; };
  if (!std::is_sorted(messages_.begin(), messages_.end(), earlier)) std::stable_sort(messages_.begin(), messages_.end(), earlier);
}

std::optional<Outgoing> ImportFeed::next() {
  if (at_ == messages_.size()) return std::nullopt;
  Message& message = messages_[at_++];
  const Time time = message.event_time;
  return Outgoing{std::move(message), time};
}

std::optional<double> ImportFeed::done() const {
  return messages_.empty() ? 1.0 : static_cast<double>(at_) / static_cast<double>(messages_.size());
}

int run_import(const ImportOptions& options) {
  switch (options.format) {
    case ImportFormat::kCsv: return import_csv(options);
    case ImportFormat::kJsonLines: return import_json_lines(options);
    case ImportFormat::kSynthea: break;
  }
  return import_synthea(options);
}

} // namespace wardpulse::producer
