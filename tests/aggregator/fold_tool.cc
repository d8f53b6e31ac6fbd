// Folds a JSON-lines dump of the input topics without Kafka and prints the merged cells, one JSON object a line, as
// `wardpulse-web cells` does; with --outcomes, what became of each record instead.
//   fold_tool [--timezone ZONE] [--grace SIZE=DURATION,...] [--max-future DURATION|off] [--funnels FILE] [--beds FILE] [--outcomes] DUMP|-
// A line of the dump: {"topic","partition","offset","timestamp","key","value"} or with "value_b64" or neither (tombstone).
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <simdjson.h>

#include "aggregator/partition_state.h"
#include "base/json_writer.h"

using namespace wardpulse;
using namespace wardpulse::aggregator;

namespace {

std::string base64_decode(std::string_view text) {
  static const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned buffer = 0, bits = 0;
  for (const char c : text) {
    const auto place = alphabet.find(c);
    if (place == std::string_view::npos) break;
    buffer = buffer << 6 | static_cast<unsigned>(place);
    if ((bits += 6) >= 8) bytes.push_back(static_cast<char>(buffer >> (bits -= 8)));
  }
  return bytes;
}

void die(const std::string& message) {
  std::cerr << "fold_tool: " << message << "\n";
  std::exit(2);
}

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  if (!file) die("cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void set_grace(Definition* definition, std::string_view list) {
  while (!list.empty()) {
    const auto one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    const auto size = window_size_from_name(one.substr(0, one.find('=')));
    const auto text = one.substr(one.find('=') + 1);
    const auto duration = text == "none" ? std::optional(kNoGrace) : parse_duration(text);
    if (!size || !duration) die("--grace takes SIZE=DURATION,..., not " + std::string(one));
    definition->grace[static_cast<int>(*size)] = *duration;
  }
}

void print_outcome(const LogRecord& record, int partition, Outcome outcome) {
  static constexpr std::string_view kNames[] = {"applied", "duplicate", "held", "rejected"};
  std::cout << topic_name(record.topic) << ' ' << partition << ' ' << record.offset << ' ' << kNames[static_cast<int>(outcome)] << '\n';
}

void print_rejected(const RejectedRecord& record, int partition) {
  std::cout << topic_name(record.topic) << ' ' << partition << ' ' << record.offset << " rejected " << reject_reason_name(record.rejection.reason);
  for (const Rule rule : record.rejection.rules) std::cout << ' ' << rule_name(rule);
  std::cout << '\n';
}

void print_cells(std::map<int, PartitionState>& states) {
  std::map<std::string, std::vector<Cell>> by_id;
  Time least = kForever;
  for (auto& [partition, state] : states) {
    Progress idle;
    for (TopicProgress& topic : idle) topic.idle = true;
    state.publish(idle, {[](const Cell&) {}, [](const std::string&) {}});
    for (Cell& cell : state.all_cells()) by_id[cell_id(cell)].push_back(std::move(cell));
    if (state.counters().consumed > 0) least = std::min(least, state.shown_watermark());
  }
  std::vector<Cell> merged;
  for (const auto& [id, cells] : by_id) {
    std::vector<const Cell*> parts;
    for (const Cell& cell : cells) parts.push_back(&cell);
    merged.push_back(merge_partitions(parts));
    if (merged.back().window && least < merged.back().window->end) merged.back().status = CellStatus::kOpen;
  }
  std::sort(merged.begin(), merged.end(), cell_less);
  for (const Cell& cell : merged) {
    std::string line;
    encode_cell(cell, {.minutes = true, .volatile_fields = false}, &line);
    std::cout << line << '\n';
  }
}

} // namespace

int main(int argc, char** argv) {
  Definition definition;
  bool outcomes = false;
  std::string dump;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string { return ++i < argc ? argv[i] : (die(flag + " needs a value"), ""); };
    if (flag == "--timezone") {
      auto zone = TimeZone::load(value());
      if (!zone) die(zone.error().text());
      definition.zone = *zone;
    } else if (flag == "--grace") {
      set_grace(&definition, value());
    } else if (flag == "--max-future") {
      const auto text = value();
      definition.max_future = text == "off" ? std::nullopt : parse_duration(text);
    } else if (flag == "--funnels") {
      const auto path = value();
      auto funnels = parse_funnels(slurp(path), path);
      if (!funnels) die(funnels.error().text());
      definition.funnels = *funnels;
    } else if (flag == "--beds") {
      const auto path = value();
      auto beds = parse_beds(slurp(path), path, definition.zone);
      if (!beds) die(beds.error().text());
      definition.beds = *beds;
    } else if (flag == "--outcomes") {
      outcomes = true;
    } else {
      dump = flag;
    }
  }
  if (dump.empty()) die("which dump? (a file, or - for standard input)");
  std::ifstream file(dump);
  std::istream& in = dump == "-" ? std::cin : file;
  std::map<int, PartitionState> states;
  std::vector<RejectedRecord> rejected;
  simdjson::dom::parser parser;
  for (std::string line; std::getline(in, line);) {
    const auto object = parser.parse(line);
    if (object.error()) die("a line of the dump does not read: " + line.substr(0, 100));
    const int partition = static_cast<int>(std::int64_t(object["partition"]));
    const auto state = states.try_emplace(partition, definition, partition).first;
    std::string_view text, key;
    std::string decoded;
    const bool plain = !object["value"].get(text), encoded = !plain && !object["value_b64"].get(text);
    if (encoded) text = decoded = base64_decode(text);
    if (object["key"].get(key) != simdjson::SUCCESS) key = {};
    const auto topic = topic_from_name(std::string_view(object["topic"]));
    if (!topic) die("unknown topic in the dump");
    const LogRecord record{*topic, std::int64_t(object["offset"]), from_ms(std::int64_t(object["timestamp"])), key, text, !plain && !encoded};
    rejected.clear();
    const Outcome outcome = state->second.apply(record, &rejected);
    if (!outcomes) continue;
    if (outcome != Outcome::kRejected) print_outcome(record, partition, outcome);
    for (const RejectedRecord& one : rejected) print_rejected(one, partition);
  }
  if (!outcomes) print_cells(states);
}
