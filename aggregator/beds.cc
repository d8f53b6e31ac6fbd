// beds.toml: how many beds there are, and since when.
#include <algorithm>

#include "aggregator/definition.h"
#include "base/toml.h"

namespace wardpulse::aggregator {
namespace {

class Reader {
 public:
  Reader(std::string file, const TimeZone& zone) : file_(std::move(file)), zone_(zone) {}

  void problem(const toml::source_region& at, const std::string& what) {
    problems_ += (problems_.empty() ? "" : "\n") + file_ + ":" + std::to_string(at.begin.line) + ": " + what;
  }
  const std::string& problems() const { return problems_; }

  Beds entry(const toml::table& table) {
    for (const auto& [key, node] : table) {
      if (key != "from" && key != "emergency" && key != "hospital") {
        problem(node.source(), "unknown key `" + std::string(key.str()) + "` (known: from, emergency, hospital)");
      }
    }
    return {moment(table), count(table, "emergency"), count(table, "hospital")};
  }

 private:
  Time moment(const toml::table& table) {
    const auto date = table["from"].value<toml::date>();
    if (date) {
      const std::chrono::year_month_day day{std::chrono::year{date->year}, std::chrono::month{date->month}, std::chrono::day{date->day}};
      return zone_.from_local(day, Duration{0}).time;
    }
    problem(table.source(), "beds need `from`, a date such as 2026-01-01");
    return kNever;
  }
  std::int64_t count(const toml::table& table, std::string_view key) {
    const auto value = table[key].value_exact<std::int64_t>();
    if (value && *value > 0 && *value <= 1'000'000) return *value;
    problem(table.source(), "beds need `" + std::string(key) + "`, a whole number from 1 to 1000000");
    return 0;
  }

  std::string file_;
  const TimeZone& zone_;
  std::string problems_;
};

} // namespace

Result<std::vector<Beds>> parse_beds(const std::string& toml, const std::string& file_name, const TimeZone& zone) {
  Reader reader(file_name, zone);
  const toml::parse_result parsed = toml::parse(toml, file_name);
  std::vector<Beds> beds;
  if (!parsed) {
    reader.problem(parsed.error().source(), std::string(parsed.error().description()));
  } else {
    const toml::array* list = parsed.table()["beds"].as_array();
    if (list == nullptr || parsed.table().size() != 1) reader.problem(parsed.table().source(), "the file holds [[beds]] and nothing else");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      const toml::table* table = list->get(i)->as_table();
      if (table == nullptr) {
        reader.problem(list->get(i)->source(), "beds are written as [[beds]]");
        continue;
      }
      const Beds entry = reader.entry(*table);
      const bool again = std::any_of(beds.begin(), beds.end(), [&](const Beds& one) { return one.from == entry.from; });
      if (again && entry.from != kNever) reader.problem(table->source(), "beds from this date are given twice");
      beds.push_back(entry);
    }
  }
  if (!reader.problems().empty()) return fail(reader.problems());
  std::sort(beds.begin(), beds.end(), [](const Beds& a, const Beds& b) { return a.from < b.from; });
  return beds;
}

} // namespace wardpulse::aggregator
