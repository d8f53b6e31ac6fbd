#include "consumer/publisher.h"

#include <gtest/gtest.h>

#include "tests/consumer/world.h"

namespace wardpulse::consumer {
namespace {

const TopicNames kNames = TopicNames::of("t", "live");
const TopicOffsets kOffsets = {10, 20, 0, 0};

Cell department(const std::string& name, std::int64_t checkins) {
  Cell cell;
  cell.family = "department";
  cell.dims = {{"department", name}};
  cell.window = Window{WindowSize::k1h, from_ms(0), from_ms(3'600'000)};
  cell.values = {{"checkins", checkins}};
  cell.watermark = from_ms(1000);
  return cell;
}

Cell windowless(const std::string& family, Time watermark) {
  Cell cell;
  cell.family = family;
  if (family == "task") {
    cell.dims = {{"partition", "2"}};
  } else {
    cell.dims = {{"department", "Emergency"}};
  }
  cell.values = {{family == "task" ? "consumed" : "waiting", std::int64_t{4}}};
  cell.watermark = watermark;
  return cell;
}

class PublisherTest : public testing::Test {
 protected:
  // One publication of these cells; the number of records it wrote.
  std::size_t publish(Publisher& publisher, const std::vector<Cell>& cells,
                      const std::vector<std::string>& removed = {}) {
    const auto before = log().size();
    publisher.begin(world_.now, kOffsets);
    for (const auto& cell : cells) publisher.changed(cell);
    for (const auto& id : removed) publisher.removed(id);
    publisher.end();
    outbox_.pump(Duration{0});
    return log().size() - before;
  }
  void read_back(Publisher& publisher) {
    TestSideLog side(world_);
    ASSERT_TRUE(side.open({{kNames.aggregates, 2, 0}}));
    for (;;) {
      const auto polled = side.poll(Duration{0});
      if (polled->kind != SidePoll::Kind::kRecord) break;
      publisher.observe(polled->record);
    }
  }
  const std::vector<Stored>& log() { return world_.log(kNames.aggregates, 2); }
  Cell stored(const Cell& cell) {
    return decode_cell(world_.content(kNames.aggregates, 2).at(cell_id(cell) + "|2")).value();
  }
  Publisher publisher(std::int64_t epoch) {
    Publisher result(2, kNames, outbox_);
    result.set_epoch(epoch);
    return result;
  }

  World world_;
  TestOutbox outbox_{world_};
};

TEST_F(PublisherTest, CellCarriesVersionTimeEpochAndOffsets) {
  auto first = publisher(7);
  publish(first, {department("Surgery", 1)});
  publish(first, {department("Surgery", 2)});
  const auto cell = stored(department("Surgery", 0));
  EXPECT_EQ(cell.version, 7 * kVersionsPerEpoch + 2);
  EXPECT_EQ(cell.updated_at, world_.now.wall);
  EXPECT_EQ(cell.partition, 2);
  EXPECT_EQ(log().back().headers.at("epoch"), "7");
  EXPECT_EQ(log().back().headers.at("offsets"), encode_offsets(kOffsets));
}

TEST_F(PublisherTest, CellsOfOnePublicationHaveWatermarksOfTheirOwn) {
  auto first = publisher(7);
  std::vector<Cell> cells;
  for (const auto watermark : {from_ms(1000), from_ms(2000), kNever, from_ms(1000)}) {
    cells.push_back(department("Department " + std::to_string(cells.size()), 1));
    cells.back().watermark = watermark;
  }
  for (int publication = 0; publication < 2; ++publication) {
    EXPECT_EQ(publish(first, cells), cells.size());
    for (Cell& cell : cells) {
      EXPECT_EQ(stored(cell).watermark, cell.watermark);
      cell.values = {{"checkins", std::int64_t{2}}};
      cell.watermark = cell.watermark == kNever ? from_ms(3000) : cell.watermark + Duration{500};
    }
  }
}

// Taken over from another generation: they stand there under no epoch, and stay when this generation writes all it has.
TEST_F(PublisherTest, CellsOfWindowsThatAreNotItsOwnStay) {
  auto giver = publisher(4);
  publish(giver, {department("Surgery", 1), department("Trauma", 1)});
  auto later = department("Surgery", 2);
  later.window = Window{WindowSize::k1h, from_ms(3'600'000), from_ms(7'200'000)};
  for (const bool owns_all : {false, true}) {
    Publisher next(2, kNames, outbox_, owns_all ? OwnWindows{} : OwnWindows{from_ms(3'600'000)});
    read_back(next);
    next.set_epoch(5);
    publish(next, {later}, {cell_id(department("Trauma", 1))});
    EXPECT_EQ(world_.content(kNames.aggregates, 2).size(), owns_all ? 1U : 3U);
  }
}

TEST(OwnWindows, AreToldByCellAndByKey) {
  const OwnWindows own{from_ms(3'600'000)}, all;
  auto cell = department("A|B:1970", 1); // percent-encoded in the id
  for (const auto start : {0, 3'599'999, 3'600'000}) {
    cell.window = Window{WindowSize::k1h, from_ms(start), from_ms(start + 3'600'000)};
    cell.partition = 2;
    const bool is_own = start == 3'600'000;
    EXPECT_EQ(own.has(cell), is_own) << start;
    EXPECT_EQ(own.has(cell_id(cell)), is_own) << start;
    EXPECT_EQ(own.has(cell_key(cell)), is_own) << start;
    EXPECT_TRUE(all.has(cell) && all.has(cell_key(cell))) << start;
  }
  EXPECT_TRUE(own.has(windowless("census", kNever)));
  EXPECT_TRUE(own.has(cell_id(windowless("census", kNever))));
}

TEST_F(PublisherTest, EqualContentIsNotWrittenAgain) {
  auto first = publisher(1);
  auto cell = department("Surgery", 1);
  EXPECT_EQ(publish(first, {cell}), 1U);
  cell.watermark = from_ms(99'000);
  EXPECT_EQ(publish(first, {cell}), 0U);
  cell.status = CellStatus::kClosed;
  EXPECT_EQ(publish(first, {cell}), 1U);
}

TEST_F(PublisherTest, WindowlessCellFollowsTheWatermarkEachSecond) {
  auto first = publisher(1);
  EXPECT_EQ(publish(first, {windowless("census", from_ms(1000))}), 1U);
  EXPECT_EQ(publish(first, {windowless("census", from_ms(1100))}), 0U);
  world_.pass(kWatermarkHeartbeat);
  EXPECT_EQ(publish(first, {windowless("census", from_ms(2000))}), 1U);
}

TEST_F(PublisherTest, TaskCellIsASignOfLife) {
  auto first = publisher(1);
  EXPECT_EQ(publish(first, {windowless("task", from_ms(1000))}), 1U);
  EXPECT_EQ(publish(first, {}), 0U);
  world_.pass(kWatermarkHeartbeat);
  EXPECT_EQ(publish(first, {}), 1U);
  EXPECT_EQ(stored(windowless("task", {})).updated_at, world_.now.wall);
}

TEST_F(PublisherTest, RemovedCellBecomesATombstoneOnce) {
  auto first = publisher(1);
  const auto cell = department("Surgery", 1);
  publish(first, {cell});
  EXPECT_EQ(publish(first, {}, {cell_id(cell)}), 1U);
  EXPECT_FALSE(log().back().value);
  EXPECT_EQ(publish(first, {}, {cell_id(cell)}), 0U);
}

TEST_F(PublisherTest, SuccessorWritesOnlyWhatDiffersAndRemovesWhatIsGone) {
  auto first = publisher(1);
  publish(first, {department("Surgery", 1), department("Oncology", 2), department("Gone", 3)});
  auto second = publisher(2);
  read_back(second);
  EXPECT_EQ(publish(second, {department("Surgery", 1), department("Oncology", 5)}), 2U);
  const auto content = world_.content(kNames.aggregates, 2);
  EXPECT_EQ(content.size(), 2U) << "the cell that is gone was tombstoned";
  EXPECT_EQ(stored(department("Oncology", 0)).version / kVersionsPerEpoch, 2);
  EXPECT_EQ(stored(department("Surgery", 0)).version / kVersionsPerEpoch, 1);
}

TEST_F(PublisherTest, NothingIsPublishedBelowTheOffsetsThatReadersHaveSeen) {
  auto first = publisher(1);
  publish(first, {department("Surgery", 1)});
  auto second = publisher(2);
  read_back(second);
  EXPECT_FALSE(second.may_publish({9, 20, 0, 0}));
  EXPECT_FALSE(second.may_publish({10, 19, 0, 0}));
  EXPECT_TRUE(second.may_publish({10, 20, 0, 0}));
}

TEST_F(PublisherTest, LateFlushOfAFormerOwnerIsPutRight) {
  auto zombie = publisher(1);
  auto owner = publisher(2);
  publish(owner, {department("Surgery", 5)});
  publish(zombie, {department("Surgery", 4), department("Zombie", 1)});
  world_.compact(kNames.aggregates, 2);
  read_back(owner);
  EXPECT_TRUE(owner.begin(world_.now, kOffsets)) << "all cells must be given";
  owner.changed(department("Surgery", 5));
  owner.end();
  outbox_.pump(Duration{0});
  const auto content = world_.content(kNames.aggregates, 2);
  EXPECT_EQ(content.size(), 1U);
  EXPECT_EQ(stored(department("Surgery", 0)).version / kVersionsPerEpoch, 2);
}

TEST_F(PublisherTest, GivenUpWriteIsMadeGood) {
  auto first = publisher(1);
  outbox_.give_up = 1;
  publish(first, {department("Surgery", 1)});
  EXPECT_TRUE(log().empty());
  EXPECT_TRUE(first.begin(world_.now, kOffsets)) << "all cells must be given";
  first.changed(department("Surgery", 1));
  first.end();
  outbox_.pump(Duration{0});
  EXPECT_EQ(log().size(), 1U);
}

TEST_F(PublisherTest, GivenUpRemovalIsMadeGood) {
  auto first = publisher(1);
  publish(first, {department("Surgery", 1), department("Emergency", 1), department("Maternity", 1)});
  const auto content = [&] { return world_.content(kNames.aggregates, 2); };
  outbox_.give_up = 2;
  publish(first, {}, {cell_id(department("Surgery", 1)), cell_id(department("Emergency", 1))});
  EXPECT_EQ(content().size(), 3U);
  publish(first, {department("Maternity", 1), department("Emergency", 2)}); // which came back meanwhile
  EXPECT_EQ(content().size(), 2U);
  EXPECT_FALSE(content().contains(cell_id(department("Surgery", 1)) + "|2"));
  EXPECT_EQ(stored(department("Emergency", 2)).values, department("Emergency", 2).values);
}

} // namespace
} // namespace wardpulse::consumer
