#include "web/hub.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <random>

#include "tests/web/cells.h"

namespace wardpulse::web {
namespace {

using namespace test;
using std::chrono::minutes;
namespace dom = simdjson::dom;

// A client as the protocol describes it: applies a delta only when it follows what it holds.
class ModelClient {
 public:
  explicit ModelClient(Hub& hub) : hub_(hub) { connect(); }

  void connect() { viewer_ = std::make_unique<Viewer>(hub_, [] {}); }
  void say(const std::string& text) { viewer_->receive(text); }
  void subscribe(const std::string& topic) { say(R"({"op":"subscribe","topics":[")" + topic + "\"]}"); }
  void resume(const std::string& topic) {
    say(R"({"op":"subscribe","topics":[")" + topic + R"("],"resume":{")" + topic + R"(":{"epoch":)" +
        std::to_string(epoch_) + R"(,"seq":)" + std::to_string(seq_) + "}}}");
  }

  // False: there was nothing to read. A message that is lost is read from the socket and not applied.
  bool read(bool is_lost = false) {
    const auto text = viewer_->next_message();
    if (!text) return false;
    if (!is_lost) take(parser_.parse(*text));
    return true;
  }
  void read_all() { while (read()) {} }
  // The second message overtakes the first; pieces of a snapshot stay together.
  void read_swapped() {
    const auto first = viewer_->next_message();
    if (!first) return;
    const bool has_more = in_pieces_ || first->find(R"("more":true)") != std::string::npos;
    const auto second = has_more ? nullptr : viewer_->next_message();
    if (second) take(parser_.parse(*second));
    take(parser_.parse(*first));
  }

  const std::map<std::string, std::string>& cells() const { return cells_; }
  static void put_cell(dom::element cell, std::map<std::string, std::string>* cells) {
    (*cells)[key_of(cell)] = simdjson::minify(cell["values"]) + simdjson::minify(cell["status"]);
  }
  std::map<std::string, int> types;      // messages by type
  std::size_t most_cells = 0;            // in one message
  bool noticed_gap = false;

 private:
  void take(dom::element message) {
    const std::string type(message["type"].get_string().value());
    ++types[type];
    if (type == "heartbeat") return take_heartbeat(message);
    if (type == "snapshot") take_snapshot(message);
    if (type == "delta") take_delta(message);
  }

  void take_snapshot(dom::element message) {
    if (!in_pieces_) cells_.clear();
    put_cells(message);
    bool more = false;
    in_pieces_ = message["more"].get(more) == simdjson::SUCCESS && more;
    epoch_ = message["epoch"];
    seq_ = message["seq"];
    topic_ = std::string(message["topic"].get_string().value());
  }

  void take_delta(dom::element message) {
    if (std::uint64_t(message["epoch"]) != epoch_ || std::uint64_t(message["prev"]) != seq_) return ask_again();
    seq_ = message["seq"];
    put_cells(message);
    dom::array removed;
    if (message["removed"].get(removed) != simdjson::SUCCESS) return;
    for (const auto identity : removed) cells_.erase(key_of(identity));
  }

  void take_heartbeat(dom::element message) {
    dom::element point;
    if (in_pieces_ || message["topics"][topic_].get(point) != simdjson::SUCCESS) return;
    if (std::uint64_t(point["epoch"]) != epoch_ || std::uint64_t(point["seq"]) != seq_) ask_again();
  }

  void ask_again() {
    noticed_gap = true;
    in_pieces_ = false;
    say(R"({"op":"snapshot","topics":[")" + topic_ + "\"]}");
  }

  static std::string key_of(dom::element cell) {
    return simdjson::minify(cell["dims"]) + simdjson::minify(cell["window"]);
  }

  void put_cells(dom::element message) {
    std::size_t count = 0;
    for (const auto cell : message["cells"].get_array()) {
      put_cell(cell, &cells_);
      ++count;
    }
    most_cells = std::max(most_cells, count);
  }

  Hub& hub_;
  std::unique_ptr<Viewer> viewer_;
  dom::parser parser_;
  std::map<std::string, std::string> cells_;
  std::string topic_;
  std::uint64_t epoch_ = 0, seq_ = 0;
  bool in_pieces_ = false;
};

struct World {
  CellStore store;
  Hub hub{store};
  std::int64_t version = 0;

  World() { hub.open(77); }
  void say(Said said) {
    said.version = ++version;
    store.apply(update_of(department_cell(said)));
  }
  void tick() { hub.tick(store.take_changes()); }

  std::map<std::string, std::string> fresh_snapshot(const std::string& topic) {
    ModelClient fresh(hub);
    fresh.subscribe(topic);
    fresh.read_all();
    return fresh.cells();
  }
  // What the store itself says, past all that is kept of it for clients.
  std::map<std::string, std::string> stored(const std::string& topic) {
    const auto* series = store.find_series(topic);
    dom::parser parser;
    std::map<std::string, std::string> cells;
    for (const auto& [key, cell] : series->cells) {
      std::string json;
      encode_cell(store.merged(*series, key, cell), {}, &json);
      ModelClient::put_cell(parser.parse(json), &cells);
    }
    return cells;
  }
};

TEST(Hub, SendsASnapshotAndThenWhatChanged) {
  World world;
  world.say({.checkins = 1});
  world.say({.department = "Surgery", .checkins = 2});
  world.tick();
  ModelClient client(world.hub);
  client.subscribe("department:1m");
  client.read_all();
  EXPECT_EQ(client.types, (std::map<std::string, int>{{"snapshot", 1}}));
  EXPECT_EQ(client.cells().size(), 2U);
  world.say({.checkins = 5});
  EXPECT_FALSE(client.read()) << "only a tick makes a delta";
  world.tick();
  client.read_all();
  EXPECT_EQ(client.types["delta"], 1);
  EXPECT_EQ(client.cells(), world.fresh_snapshot("department:1m"));
}

TEST(Hub, AnEmptyTopicHasASnapshotToo) {
  World world;
  ModelClient client(world.hub);
  client.subscribe("crowding");
  client.read_all();
  EXPECT_EQ(client.types["snapshot"], 1);
  EXPECT_TRUE(client.cells().empty());
}

TEST(Hub, SharesADeltaBetweenClients) {
  World world;
  const auto* series = world.store.find_series("department:1m");
  Feed feed(*series, world.store, 1);
  FeedPosition a, b;
  feed.next_message(&a);
  feed.next_message(&b);
  world.say({});
  feed.note(world.store.take_changes()[0].key);
  ASSERT_TRUE(feed.tick());
  EXPECT_EQ(feed.next_message(&a).text.get(), feed.next_message(&b).text.get());
}

TEST(Hub, ASlowClientGetsTheNewestValuesInOneDelta) {
  World world;
  ModelClient client(world.hub);
  client.subscribe("department:1m");
  client.read_all();
  for (int i = 1; i <= 50; ++i) {
    world.say({.checkins = i});
    world.say({.department = "Surgery", .checkins = 2 * i});
    world.tick();
  }
  EXPECT_TRUE(client.read());
  EXPECT_FALSE(client.read());
  EXPECT_EQ(client.types["delta"], 1);
  EXPECT_FALSE(client.noticed_gap);
  EXPECT_EQ(client.cells(), world.fresh_snapshot("department:1m"));
  EXPECT_EQ(world.hub.counts().conflated, 1U);
}

TEST(Hub, TellsOfRemovedCells) {
  World world;
  world.say({});
  world.say({.department = "Surgery"});
  world.tick();
  ModelClient client(world.hub);
  client.subscribe("department:1m");
  client.read_all();
  world.store.apply(removal_of(department_cell({.department = "Surgery"})));
  world.tick();
  client.read_all();
  EXPECT_EQ(client.cells().size(), 1U);
}

TEST(Hub, CellsLeaveTheViewWhenNewerWindowsCome) {
  World world;
  world.say({.start = kStart});
  world.say({.start = kStart + minutes{1}});
  world.tick();
  ModelClient client(world.hub);
  client.subscribe("department:1m");
  client.read_all();
  world.say({.start = kStart + minutes{1440}});
  world.tick();
  client.read_all();
  EXPECT_EQ(client.cells().size(), 2U) << "1440 windows are in view";
  world.say({.start = kStart, .checkins = 100});
  world.tick();
  client.read_all();
  EXPECT_EQ(client.cells(), world.fresh_snapshot("department:1m"));
}

TEST(Hub, MessagesAreBounded) {
  World world;
  ModelClient early(world.hub);
  early.subscribe("department:1m");
  early.read_all();
  for (int i = 0; i < 1000; ++i) world.say({.start = kStart + minutes{i}});
  world.tick();
  ModelClient late(world.hub);
  late.subscribe("department:1m");
  late.read_all();
  early.read_all();
  EXPECT_EQ(late.types["snapshot"], 4);
  EXPECT_EQ(early.types["delta"], 4);
  EXPECT_LE(early.most_cells, kMaxCellsInMessage);
  EXPECT_EQ(early.cells(), late.cells());
}

TEST(Hub, ResumesFromTheNumberHeld) {
  World world;
  world.say({});
  world.tick();
  ModelClient client(world.hub);
  client.subscribe("department:1m");
  client.read_all();
  client.connect();
  world.say({.department = "Surgery"});
  world.tick();
  client.types.clear();
  client.resume("department:1m");
  client.read_all();
  EXPECT_EQ(client.types, (std::map<std::string, int>{{"delta", 1}}));
  EXPECT_EQ(client.cells(), world.fresh_snapshot("department:1m"));
}

TEST(Hub, AnotherEpochOrTooLongAgoIsASnapshot) {
  World world;
  world.say({});
  world.tick();
  ModelClient client(world.hub);
  client.subscribe("department:1m");
  client.read_all();
  client.types.clear();
  for (std::size_t i = 0; i <= kMaxRemovals; ++i) {
    const auto cell = Said{.department = "Ward " + std::to_string(i)};
    world.say(cell);
    world.tick();
    world.store.apply(removal_of(department_cell(cell)));
    world.tick();
  }
  client.read_all();
  EXPECT_EQ(client.types["snapshot"], 1) << "the removals it lacks are no longer known";
  EXPECT_EQ(world.hub.counts().resyncs, 1U);

  world.hub.open(78);
  client.read_all();
  EXPECT_EQ(client.types["snapshot"], 2);
  EXPECT_EQ(client.cells(), world.fresh_snapshot("department:1m"));
}

TEST(Hub, SaysWhatIsWrong) {
  World world;
  Viewer viewer(world.hub, [] {});
  const auto answer = [&](const std::string& text) {
    viewer.receive(text);
    const auto message = viewer.next_message();
    return message ? *message : std::string();
  };
  EXPECT_NE(answer("{").find("\"bad_json\""), std::string::npos);
  EXPECT_NE(answer(R"({"op":"dance"})").find("\"bad_op\""), std::string::npos);
  EXPECT_NE(answer(R"({"op":"snapshot","topics":["census"]})").find("\"bad_op\""), std::string::npos)
      << "not subscribed";
  const auto unknown = answer(R"({"op":"subscribe","topics":["department"]})");
  EXPECT_NE(unknown.find("\"unknown_topic\""), std::string::npos);
  EXPECT_NE(unknown.find("\"department:1m\""), std::string::npos) << "the known ones are listed";
  EXPECT_EQ(answer(R"({"op":"unsubscribe","topics":["census"]})"), "");
}

TEST(Hub, MistakesAreNotQueuedWithoutEnd) {
  World world;
  Viewer viewer(world.hub, [] {});
  for (int i = 0; i < 100; ++i) viewer.receive("x");
  EXPECT_FALSE(viewer.is_patient());
  int replies = 0;
  while (viewer.next_message()) ++replies;
  EXPECT_EQ(replies, 16);
}

TEST(Hub, HeartbeatSaysWhereTheClientStands) {
  World world;
  world.store.apply(update_of(task_cell(0, kStart, 1)));
  world.say({});
  world.tick();
  Viewer viewer(world.hub, [] {});
  viewer.receive(R"({"op":"subscribe","topics":["department:1m"]})");
  world.hub.heartbeat();
  const auto before = *viewer.next_message();
  EXPECT_NE(before.find(R"("topics":{},)"), std::string::npos) << before;
  viewer.next_message(); // snapshot
  world.hub.heartbeat();
  const auto after = *viewer.next_message();
  EXPECT_NE(after.find(R"("topics":{"department:1m":{"epoch":77,"seq":1}},"watermark":"2026-11-21T)"),
            std::string::npos)
      << after;
}

// Whatever is lost or overtaken, however slowly a client reads, and however often it reconnects: it notices, and ends equal
// to the snapshot that a new client gets.
TEST(Hub, EveryClientEndsEqualToTheSnapshot) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
    World world;
    ModelClient client(world.hub);
    client.subscribe("department:1m");
    for (int step = 0; step < 600; ++step) {
      const Said said{.partition = static_cast<std::int32_t>(random() % 3),
                      .department = "D" + std::to_string(random() % 5),
                      .start = kStart + minutes{step * 5 + static_cast<int>(random() % 400)},
                      .checkins = static_cast<std::int64_t>(random() % 50)};
      if (chance(80)) world.say(said);
      else world.store.apply(removal_of(department_cell(said)));
      if (chance(30)) world.tick();
      if (chance(5)) world.hub.heartbeat();
      if (chance(40)) client.read(chance(10));
      if (chance(10)) client.read_swapped();
      if (chance(1)) {
        client.connect();
        if (chance(50)) client.resume("department:1m");
        else client.subscribe("department:1m");
      }
    }
    EXPECT_TRUE(client.noticed_gap);
    world.tick();
    // Loss is noticed by the next delta or heartbeat.
    for (int i = 0; i < 3; ++i) {
      world.hub.heartbeat();
      client.read_all();
    }
    ASSERT_EQ(client.cells(), world.fresh_snapshot("department:1m"));
    const auto stored = world.stored("department:1m");
    for (const auto& [key, text] : client.cells()) { // the view holds the newest windows only
      ASSERT_TRUE(stored.contains(key)) << key;
      ASSERT_EQ(text, stored.at(key)) << key;
    }
  }
}

} // namespace
} // namespace wardpulse::web
