// Checkpoints as former versions wrote them must load, and going on from them must end as a straight fold of the log.
//
// tests/sim/golden/checkpoints-N.bin holds one for format N: the topics at the moment of writing, and input records that came
// later. A change of the format adds a file and leaves the old ones:
//     WARDPULSE_WRITE_GOLDEN=tests/sim/golden/checkpoints-4.bin build/bin/test_golden
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "consumer/checkpoint_format.h"
#include "tests/aggregator/ward.h"
#include "tests/sim/instance.h"
#include "tests/sim/oracle.h"

namespace wardpulse::sim {
namespace {

constexpr std::uint64_t kEnd = 0, kRecord = 1, kLater = 2;

class Site {
 public:
  Site() { log_setup("golden", false, LogLevel::kError); }

  // A consumer from the last checkpoint to the logs' ends.
  void work(const std::string& name) {
    Instance instance(network_, settings_, {.name = name});
    const auto assigned = instance.assign({0});
    ASSERT_TRUE(assigned) << assigned.error().text();
    const auto& task = *instance.member().tasks().at(0);
    ASSERT_EQ(task.state().snapshot(), fold(task.next_offsets()).state().snapshot()) << "what was loaded is not the fold of its offsets";
    for (int i = 0; i < 50; ++i) {
      const auto worked = instance.work_to_end();
      ASSERT_TRUE(worked) << worked.error().text();
      world.pass(std::chrono::milliseconds{200});
    }
    ASSERT_EQ(task.next_offsets(), Oracle::ends(world, settings_.names, 0));
    ASSERT_TRUE(instance.release(consumer::Member::Parting::kAll));
    EXPECT_EQ(difference(published_cells(world, settings_.names, 0), fold(task_ends()).cells()), "");
    EXPECT_EQ(difference(published_rejected(world, settings_.names, 0), fold(task_ends()).rejected()), "");
  }
  bool has_checkpoint() {
    const auto content = world.content(settings_.names.checkpoints, 0);
    return std::any_of(content.begin(), content.end(), [](const auto& entry) { return entry.first.ends_with("/m"); });
  }
  const consumer::TopicNames& names() const { return settings_.names; }

  World world;

 private:
  consumer::TopicOffsets task_ends() { return Oracle::ends(world, settings_.names, 0); }
  Oracle fold(const consumer::TopicOffsets& until) { return Oracle(world, settings_, 0, until, random_); }

  const consumer::TaskSettings settings_ = task_settings();
  Random random_{1};
  Network network_{world, random_, [](const auto&, std::int32_t, const auto&) {}};
};

void put(std::uint64_t kind, const std::string& topic, const Stored& record, std::string* bytes) {
  ByteWriter out(bytes);
  out.u64(kind);
  out.text(topic);
  out.i64(record.offset);
  out.i64(to_ms(record.timestamp));
  out.text(record.key);
  out.u8(record.value.has_value());
  out.text(record.value.value_or(""));
  out.u64(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    out.text(name);
    out.text(value);
  }
}

struct Read {
  std::uint64_t kind = kEnd;
  std::string topic;
  Stored record;
};
Read get(ByteReader& in) {
  Read read;
  read.kind = in.u64();
  if (read.kind == kEnd) return read;
  read.topic = in.text();
  read.record.offset = in.i64();
  read.record.timestamp = from_ms(in.i64());
  read.record.key = in.text();
  const bool has_value = in.u8() != 0;
  std::string value(in.text());
  if (has_value) read.record.value = std::move(value);
  for (auto headers = in.u64(); headers > 0; --headers) {
    const std::string name(in.text());
    read.record.headers[name] = in.text();
  }
  WP_CHECK(in.ok());
  return read;
}

void load_and_go_on(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string packed((std::istreambuf_iterator<char>(stream)), {});
  std::string bytes;
  ASSERT_TRUE(consumer::append_part(packed, &bytes));
  Site site;
  std::vector<Read> later;
  ByteReader in(bytes);
  for (auto read = get(in); read.kind != kEnd; read = get(in)) {
    if (read.kind == kLater) {
      later.push_back(std::move(read));
      continue;
    }
    while (site.world.range(read.topic, 0).high < read.record.offset) site.world.skip_offset(read.topic, 0);
    site.world.append(read.topic, 0, std::move(read.record));
  }
  ASSERT_TRUE(site.has_checkpoint());
  ASSERT_GT(later.size(), 0U);
  for (auto& read : later) site.world.append(read.topic, 0, std::move(read.record));
  site.work("successor");
}

TEST(GoldenCheckpoint, EveryReleasedFormatLoadsAndIsGoneOnFrom) {
  int found = 0;
  for (const auto& file : std::filesystem::directory_iterator(WARDPULSE_GOLDEN)) {
    SCOPED_TRACE(file.path().filename().string());
    ++found;
    load_and_go_on(file.path());
  }
  EXPECT_EQ(found, consumer::kCheckpointFormat - 1) << "formats from 2 on; 1 was never released";
}

TEST(GoldenCheckpoint, OneWrittenNowLoadsToo) {
  const char* asked = std::getenv("WARDPULSE_WRITE_GOLDEN");
  const auto path = asked != nullptr ? std::string(asked) : testing::TempDir() + "checkpoints-" + std::to_string(getpid()) + ".bin";
  Site site;
  const auto log = aggregator::random_log(2026, 160);
  std::string later, bytes;
  for (std::size_t t = 0; t < kTopicCount; ++t) {
    for (std::size_t i = 0; i < log[t].size(); ++i) {
      Stored record{.key = "key", .value = log[t][i].value, .headers = {}, .timestamp = log[t][i].broker_time};
      if (2 * i < log[t].size()) {
        site.world.append(site.names().inputs[t], 0, std::move(record));
      } else {
        put(kLater, site.names().inputs[t], record, &later);
      }
    }
  }
  site.work("writer");
  site.world.compact(site.names().aggregates, 0);
  site.world.compact(site.names().checkpoints, 0);
  auto topics = site.names().inputs_in_use({true, true, true, true});
  for (const auto& topic : {site.names().aggregates, site.names().checkpoints, site.names().rejected}) topics.push_back(topic);
  for (const auto& topic : topics) {
    for (const auto& record : site.world.log(topic, 0)) put(kRecord, topic, record, &bytes);
  }
  bytes += later;
  ByteWriter(&bytes).u64(kEnd);
  ASSERT_LT(bytes.size(), consumer::kPartRawBytes) << "fewer events make a smaller file";
  std::ofstream(path, std::ios::binary) << consumer::encode_part(bytes, 0);
  load_and_go_on(path);
  if (asked == nullptr) std::filesystem::remove(path);
}

} // namespace
} // namespace wardpulse::sim
