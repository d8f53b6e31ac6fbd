#include "web/dim_set.h"

#include <memory>
#include <mutex>
#include <unordered_map>

#include "web/http_types.h"

namespace wardpulse::web {
namespace {

std::vector<std::pair<std::string, std::string>> values_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> dims;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const auto equals = item.find('=');
    auto name = percent_decode(item.substr(0, equals), false);
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1), false);
    if (name && value) dims.emplace_back(std::move(*name), std::move(*value));
  }
  return dims;
}

struct Table {
  std::mutex mutex;
  std::unordered_map<std::string_view, std::unique_ptr<const DimSet>> sets; // by their own text
};

Table& table() {
  static Table* const shared = new Table(); // never destroyed: threads may end after main()
  return *shared;
}

} // namespace

const DimSet* find_dims(std::string_view text) {
  const std::lock_guard lock(table().mutex);
  const auto known = table().sets.find(text);
  return known == table().sets.end() ? nullptr : known->second.get();
}

const DimSet* intern_dims(std::string_view text) {
  thread_local std::unordered_map<std::string_view, const DimSet*> met; // so that reading millions of records takes no lock
  if (const auto known = met.find(text); known != met.end()) return known->second;
  const std::lock_guard lock(table().mutex);
  auto known = table().sets.find(text);
  if (known == table().sets.end()) {
    auto made = std::make_unique<const DimSet>(DimSet{std::string(text), values_of(text)});
    const std::string_view name = made->text;
    known = table().sets.emplace(name, std::move(made)).first;
  }
  met.emplace(known->first, known->second.get());
  return known->second.get();
}

} // namespace wardpulse::web
