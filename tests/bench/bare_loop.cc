// The least that a consumer of these topics can do: read every record, parse it, count and sum by department and minute.
// No rules, no state, no output to Kafka: what is left of its speed is what the rest of the product costs.
//   bare_loop BROKERS TOPIC-PREFIX THREADS
// Reads what is there and prints: events=N seconds=S cpu=S sum=N cells=N, from the first record on. The jobs in peers/ do the
// same work; `sum` weighs each cell with its minute and its department, so equal sums are equal cells.
#include <librdkafka/rdkafka.h>
#include <simdjson.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "tests/bench/cpu_time.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Cell {
  std::int64_t count = 0, sum = 0;
};

// "2026-11-21T13:41" as minutes since 1970, as long as all times are in UTC.
std::int64_t minute_of(std::string_view time) {
  if (time.size() < 16) return 0;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (time[i] - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  return std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{1440} + number(11, 2) * 60 + number(14, 2);
}

std::int64_t byte_sum(std::string_view text) {
  return std::accumulate(text.begin(), text.end(), std::int64_t{0}, [](std::int64_t sum, char c) { return sum + static_cast<unsigned char>(c); });
}

using Cells = std::map<std::string, std::unordered_map<std::int64_t, Cell>, std::less<>>;

class Loop {
 public:
  Cells cells;
  std::int64_t events = 0;

  void take(const rd_kafka_message_t& message) {
    ++events;
    const std::size_t room = message.len + simdjson::SIMDJSON_PADDING;
    if (buffer_.size() < room) buffer_.resize(room * 2);
    std::memcpy(buffer_.data(), message.payload, message.len);
    simdjson::ondemand::document document;
    std::string_view event_id, type, time, patient, visit, department = "none";
    if (parser_.iterate(buffer_.data(), message.len, buffer_.size()).get(document)) return;
    simdjson::ondemand::object event;
    if (document.get_object().get(event)) return;
    for (auto field : event) {
      std::string_view name, text;
      if (field.unescaped_key().get(name)) return;
      if (field.value().get_string().get(text)) continue;
      if (name == "event_id") event_id = text;
      else if (name == "event_type") type = text;
      else if (name == "event_time") time = text;
      else if (name == "patient_id") patient = text;
      else if (name == "visit_id") visit = text;
      else if (name == "department") department = text;
    }
    auto of_department = cells.find(department);
    if (of_department == cells.end()) of_department = cells.emplace(department, 0).first;
    Cell& cell = of_department->second[minute_of(time)];
    ++cell.count;
    cell.sum += static_cast<std::int64_t>(event_id.size() + type.size() + patient.size() + visit.size());
  }

 private:
  simdjson::ondemand::parser parser_;
  std::vector<char> buffer_;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bare_loop: %s\n", what.c_str());
  std::exit(1);
}

struct Position {
  std::string topic;
  std::int32_t partition;
  std::int64_t low, high;
};

rd_kafka_t* make_client(const std::string& brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, std::string> settings[] = {
      {"bootstrap.servers", brokers},         {"group.id", "bare-loop"},
      {"enable.auto.commit", "false"},        {"queued.min.messages", "1000000"},
      {"fetch.message.max.bytes", "8388608"}, {"queued.max.messages.kbytes", "262144"},
      {"check.crcs", "true"}};
  char error[512];
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) die(error);
  }
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (client == nullptr) die(error);
  return client;
}

std::vector<Position> positions_of(const std::string& brokers, const std::string& prefix) {
  rd_kafka_t* client = make_client(brokers);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 1, nullptr, &metadata, 10'000)) die("the broker does not answer");
  std::vector<Position> positions;
  for (const char* name : {"checkins", "encounters", "billing", "workflow"}) {
    const std::string topic = prefix + "." + name;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      if (metadata->topics[i].topic != topic) continue;
      for (std::int32_t partition = 0; partition < metadata->topics[i].partition_cnt; ++partition) {
        Position at{topic, partition, 0, 0};
        if (rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &at.low, &at.high, 10'000)) die("no offsets of " + topic);
        positions.push_back(at);
      }
    }
  }
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_destroy(client);
  return positions;
}

std::once_flag first_record;
Clock::time_point started;
double cpu_before = 0;

// Equal partition numbers go to one thread, as with the product.
void run(const std::string& brokers, const std::vector<Position>& positions, int thread, int threads, Loop* loop) {
  rd_kafka_t* client = make_client(brokers);
  rd_kafka_poll_set_consumer(client);
  rd_kafka_topic_partition_list_t* mine = rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()));
  std::int64_t wanted = 0;
  for (const Position& at : positions) {
    if (at.partition % threads != thread || at.low == at.high) continue;
    rd_kafka_topic_partition_list_add(mine, at.topic.c_str(), at.partition)->offset = at.low;
    wanted += at.high - at.low;
  }
  rd_kafka_assign(client, mine);
  rd_kafka_topic_partition_list_destroy(mine);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client);
  std::vector<rd_kafka_message_t*> batch(4096);
  while (loop->events < wanted) {
    const auto count = rd_kafka_consume_batch_queue(queue, 100, batch.data(), batch.size());
    if (count > 0) {
      std::call_once(first_record, [] {
        started = Clock::now();
        cpu_before = cpu_seconds();
      });
    }
    for (ssize_t i = 0; i < count; ++i) {
      if (batch[static_cast<std::size_t>(i)]->err == 0) loop->take(*batch[static_cast<std::size_t>(i)]);
      rd_kafka_message_destroy(batch[static_cast<std::size_t>(i)]);
    }
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) die("give BROKERS TOPIC-PREFIX THREADS");
  const int threads = std::atoi(argv[3]);
  if (threads < 1) die("THREADS must be 1 or more");
  const auto positions = positions_of(argv[1], argv[2]);
  if (positions.empty()) die(std::string("there are no topics ") + argv[2] + ".*");
  std::vector<Loop> loops(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(run, argv[1], positions, i, threads, &loops[static_cast<std::size_t>(i)]);
  for (std::thread& thread : running) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  std::int64_t events = 0, sum = 0;
  std::size_t count = 0;
  Cells merged;
  for (const Loop& loop : loops) {
    events += loop.events;
    for (const auto& [department, minutes] : loop.cells) {
      for (const auto& [minute, cell] : minutes) {
        merged[department][minute].count += cell.count;
        merged[department][minute].sum += cell.sum;
      }
    }
  }
  for (const auto& [department, minutes] : merged) {
    count += minutes.size();
    for (const auto& [minute, cell] : minutes) sum += (cell.count + cell.sum) * (minute + byte_sum(department));
  }
  std::printf("events=%lld seconds=%.3f cpu=%.2f sum=%lld cells=%zu\n", static_cast<long long>(events), seconds, cpu_seconds() - cpu_before,
              static_cast<long long>(sum), count);
}
