// The vectors of proto/vectors, on a client written from the protocol's description: the same files that the dashboard's
// client is tested with.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace wardpulse::web {
namespace {

namespace dom = simdjson::dom;
namespace fs = std::filesystem;

constexpr int kPatientHeartbeats = 10; // without the snapshot that was asked for

std::string text_of(dom::element element) { return simdjson::minify(element); }

// Family, dims in whatever order, window.
std::string identity_of(dom::element cell) {
  std::map<std::string, std::string> dims;
  for (const auto dim : cell["dims"].get_object()) dims.emplace(dim.key, text_of(dim.value));
  std::string identity = text_of(cell["family"]) + text_of(cell["window"]);
  for (const auto& [name, value] : dims) identity += "," + name + "=" + value;
  return identity;
}

class VectorClient {
 public:
  explicit VectorClient(std::vector<std::string> topics) : names_(std::move(topics)) {
    for (const auto& name : names_) topics_[name];
  }

  // What the client sends.
  std::vector<std::string> connect() {
    std::string resume;
    for (const auto& name : names_) {
      Topic& topic = topics_[name];
      if (topic.is_whole) {
        resume += (resume.empty() ? "" : ",") + ("\"" + name + "\":{\"epoch\":" + std::to_string(topic.epoch)) +
                  ",\"seq\":" + std::to_string(topic.seq) + "}";
      }
      topic.pieces.reset();
      topic.heartbeats = 0;
    }
    return {"{\"op\":\"subscribe\",\"topics\":" + list_of(names_) + (resume.empty() ? "" : ",\"resume\":{" + resume + "}") + "}"};
  }

  std::vector<std::string> receive(dom::element message) {
    std::string_view type, topic;
    if (message["type"].get(type) != simdjson::SUCCESS) return {};
    if (type == "heartbeat") return heartbeat(message);
    if (message["topic"].get(topic) != simdjson::SUCCESS || !topics_.contains(std::string(topic))) return {};
    if (type == "snapshot") snapshot(message, &topics_[std::string(topic)]);
    if (type == "delta" && !delta(message, &topics_[std::string(topic)])) return ask({std::string(topic)});
    return {};
  }

  const std::optional<std::map<std::string, std::string>>& cells(const std::string& topic) { return topics_[topic].cells; }

 private:
  using Cells = std::map<std::string, std::string>;
  struct Topic {
    std::optional<Cells> cells; // nullopt: nothing is known
    bool is_whole = false;      // and at this point:
    std::uint64_t epoch = 0, seq = 0;
    struct Pieces {
      std::uint64_t epoch, seq;
      Cells cells;
    };
    std::optional<Pieces> pieces; // of a snapshot under way
    int heartbeats = 0;           // since a snapshot is waited for
  };

  static std::string list_of(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "\"" : ",\"") + name + "\"";
    return "[" + list + "]";
  }

  std::vector<std::string> ask(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      topics_[name].is_whole = false;
      topics_[name].heartbeats = 0;
    }
    return {"{\"op\":\"snapshot\",\"topics\":" + list_of(names) + "}"};
  }

  static void put(dom::element message, Cells* cells) {
    for (const auto cell : message["cells"].get_array()) (*cells)[identity_of(cell)] = text_of(cell);
  }

  static void snapshot(dom::element message, Topic* topic) {
    const std::uint64_t epoch = message["epoch"], seq = message["seq"];
    if (!topic->pieces || topic->pieces->epoch != epoch || topic->pieces->seq != seq) topic->pieces = Topic::Pieces{epoch, seq, {}};
    put(message, &topic->pieces->cells);
    topic->heartbeats = 0;
    bool more = false;
    if (message["more"].get(more) == simdjson::SUCCESS && more) return;
    topic->cells = std::move(topic->pieces->cells);
    topic->pieces.reset();
    topic->is_whole = true;
    topic->epoch = epoch;
    topic->seq = seq;
  }

  // False: it does not follow what is held.
  static bool delta(dom::element message, Topic* topic) {
    if (!topic->is_whole) return true;
    const std::uint64_t epoch = message["epoch"], seq = message["seq"], prev = message["prev"];
    if (epoch == topic->epoch && seq <= topic->seq) return true;
    if (epoch != topic->epoch || prev != topic->seq) return false;
    topic->seq = seq;
    put(message, &*topic->cells);
    dom::array removed;
    if (message["removed"].get(removed) != simdjson::SUCCESS) return true;
    for (const auto identity : removed) topic->cells->erase(identity_of(identity));
    return true;
  }

  std::vector<std::string> heartbeat(dom::element message) {
    std::vector<std::string> missed;
    for (const auto& name : names_) {
      Topic& topic = topics_[name];
      dom::element point;
      if (!topic.is_whole) {
        if (++topic.heartbeats == kPatientHeartbeats) missed.push_back(name);
      } else if (message["topics"][name].get(point) == simdjson::SUCCESS) {
        const std::uint64_t epoch = point["epoch"], seq = point["seq"];
        if (epoch != topic.epoch || seq > topic.seq) missed.push_back(name);
      }
    }
    return missed.empty() ? std::vector<std::string>() : ask(missed);
  }

  std::vector<std::string> names_;
  std::map<std::string, Topic> topics_;
};

void check_cells(dom::object expected, VectorClient* client) {
  for (const auto [topic, cells] : expected) {
    const auto& held = client->cells(std::string(topic));
    ASSERT_EQ(held.has_value(), !cells.is_null()) << topic;
    if (!held) continue;
    std::multiset<std::string> wanted, have;
    for (const auto cell : cells.get_array()) wanted.insert(text_of(cell));
    for (const auto& [identity, cell] : *held) have.insert(cell);
    EXPECT_EQ(have, wanted) << topic;
  }
}

void run_vector(dom::element vector) {
  std::vector<std::string> topics;
  for (const auto topic : vector["topics"].get_array()) topics.emplace_back(std::string_view(topic));
  VectorClient client(topics);
  int number = 0;
  for (const auto step : vector["steps"].get_array()) {
    SCOPED_TRACE("step " + std::to_string(number++));
    dom::element message;
    const auto sent = step["receive"].get(message) == simdjson::SUCCESS ? client.receive(message) : client.connect();
    std::vector<std::string> wanted;
    for (const auto request : step["requests"].get_array()) wanted.push_back(text_of(request));
    EXPECT_EQ(sent, wanted);
    dom::object cells;
    if (step["cells"].get(cells) == simdjson::SUCCESS) check_cells(cells, &client);
  }
}

TEST(WsVectors, AClientThatFollowsThemIsRight) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(WARDPULSE_VECTORS)) {
    if (!entry.path().filename().string().starts_with("ws_") || entry.path().extension() != ".json") continue;
    SCOPED_TRACE(entry.path().filename().string());
    dom::parser parser;
    dom::element vector;
    ASSERT_EQ(parser.load(entry.path().string()).get(vector), simdjson::SUCCESS);
    run_vector(vector);
    ++count;
  }
  EXPECT_GE(count, 10);
}

} // namespace
} // namespace wardpulse::web
