// How long it takes from an event's acknowledgement by Kafka to topic `aggregates` and to a WebSocket client.
//   event_to_frame PORT INGEST-KEY READ-KEY EVENTS BROKERS TOPIC-PREFIX
// Posts check-ins one after the other; the answer 202 says that Kafka has acknowledged; the moments that count are those at which
// the department's cell of the day has been read that counts it, from the topic and by the client. Prints
//   events=N topic_p50_ms=.. topic_p99_ms=.. topic_p999_ms=.. topic_max_ms=.. p50_ms=.. p99_ms=.. p999_ms=.. max_ms=..
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <simdjson.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "kafka/client.h"
#include "tests/bench/percentile.h"

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
namespace kafka = wardpulse::kafka;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds{30};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "event_to_frame: %s\n", why.c_str());
  std::_Exit(1);
}

// When each count of check-ins was first seen.
class Seen {
 public:
  void count(std::uint64_t checkins) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (checkins <= count_) return;
    count_ = checkins;
    at_ = now;
    changed_.notify_all();
  }
  Clock::time_point wait_for(std::uint64_t checkins, const char* where) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return count_ >= checkins; })) give_up(std::string("the event did not come to ") + where);
    return at_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  Clock::time_point at_;
};

class FrameWatcher {
 public:
  FrameWatcher(const net::ip::tcp::endpoint& server, const std::string& key, std::string department)
      : department_(std::move(department)), ws_(io_) {
    beast::get_lowest_layer(ws_).connect(server);
    ws_.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) { request.set("X-API-Key", key); }));
    ws_.read_message_max(64 << 20);
    ws_.handshake("127.0.0.1", "/ws");
    ws_.write(net::buffer(std::string(R"({"op":"subscribe","topics":["department:1d"]})")));
    read();
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) read();
    });
  }
  Seen seen;

 private:
  void read() {
    beast::flat_buffer buffer;
    ws_.read(buffer);
    const simdjson::padded_string text(static_cast<const char*>(buffer.data().data()), buffer.size());
    simdjson::dom::element message = parser_.parse(text);
    simdjson::dom::array cells;
    if (message["cells"].get(cells) != simdjson::SUCCESS) return;
    for (simdjson::dom::element cell : cells) {
      if (std::string_view(cell["dims"]["department"]) == department_) seen.count(cell["values"]["checkins"]);
    }
  }

  const std::string department_;
  net::io_context io_;
  websocket::stream<net::ip::tcp::socket, false> ws_;
  simdjson::dom::parser parser_;
  std::jthread thread_;
};

// Reads topic `aggregates` from now on. A partition's cell counts the patients of that partition.
class TopicWatcher {
 public:
  TopicWatcher(const std::string& brokers, std::string topic, std::string department)
      : department_(std::move(department)), topic_(std::move(topic)), consumer_(read_from_now(brokers)) {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const auto polled = consumer_.poll(std::chrono::milliseconds{100});
        if (polled && polled->kind == kafka::PollResult::Kind::kRecord) take(polled->record);
      }
    });
  }
  Seen seen;

 private:
  kafka::Consumer read_from_now(const std::string& brokers) const {
    const kafka::ClientOptions options{brokers, "event-to-frame", {}};
    auto admin = kafka::Admin::connect(options);
    if (!admin) give_up(admin.error().message);
    const auto partitions = admin->partitions(topic_, kPatience);
    if (!partitions) give_up(partitions.error().message);
    std::vector<kafka::TopicPartition> positions;
    for (std::int32_t partition = 0; partition < *partitions; ++partition) {
      const auto ends = admin->watermarks(topic_, partition, kPatience);
      if (!ends) give_up(ends.error().message);
      positions.push_back({topic_, partition, ends->high});
    }
    auto consumer = kafka::Consumer::read(options, positions);
    if (!consumer) give_up(consumer.error().message);
    return std::move(*consumer);
  }
  void take(const kafka::Record& record) {
    if (!record.has_value() || !record.key().starts_with("department|") || record.key().find(department_) == std::string_view::npos) return;
    simdjson::dom::element cell = parser_.parse(simdjson::padded_string(record.value()));
    if (std::string_view(cell["window"]["size"]) != "1d") return;
    counts_[record.partition()] = cell["values"]["checkins"];
    std::uint64_t all = 0;
    for (const auto& [partition, count] : counts_) all += count;
    seen.count(all);
  }

  const std::string department_, topic_;
  kafka::Consumer consumer_;
  simdjson::dom::parser parser_;
  std::map<std::int32_t, std::uint64_t> counts_;
  std::jthread thread_;
};

class Poster {
 public:
  Poster(const net::ip::tcp::endpoint& server, std::string key) : stream_(io_), key_(std::move(key)) { stream_.connect(server); }

  // The moment of the acknowledgement.
  Clock::time_point post(const std::string& patient, const std::string& department) {
    http::request<http::string_body> request(http::verb::post, "/events", 11);
    request.set(http::field::host, "127.0.0.1");
    request.set(http::field::content_type, "application/json");
    request.set("X-API-Key", key_);
    const auto now = std::chrono::time_point_cast<wardpulse::Duration>(std::chrono::system_clock::now());
    request.body() = R"({"patient_id":")" + patient + R"(","check_in_time":")" + wardpulse::format_rfc3339(now) +
                     R"(","department":")" + department + "\"}";
    request.prepare_payload();
    http::write(stream_, request);
    http::response<http::string_body> answer;
    http::read(stream_, buffer_, answer);
    if (answer.result() != http::status::accepted) give_up("not accepted: " + answer.body());
    return Clock::now();
  }

 private:
  net::io_context io_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  const std::string key_;
};

double milliseconds_between(Clock::time_point from, Clock::time_point to) {
  return std::max(0.0, std::chrono::duration<double, std::milli>(to - from).count());
}

void print(const char* what, std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  using wardpulse::bench::percentile;
  std::printf(" %sp50_ms=%.1f %sp99_ms=%.1f %sp999_ms=%.1f %smax_ms=%.1f", what, percentile(ms, 0.5), what, percentile(ms, 0.99), what,
              percentile(ms, 0.999), what, ms.back());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 7) give_up("usage: event_to_frame PORT INGEST-KEY READ-KEY EVENTS BROKERS TOPIC-PREFIX");
  const net::ip::tcp::endpoint server{net::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))};
  std::mt19937_64 random(std::random_device{}());
  const std::string name = "Probe " + std::to_string(random());
  TopicWatcher topic(argv[5], std::string(argv[6]) + ".aggregates", name);
  FrameWatcher frame(server, argv[3], name);
  Poster poster(server, argv[2]);
  std::vector<double> to_topic, to_frame;
  for (std::uint64_t number = 1; number <= std::strtoull(argv[4], nullptr, 10); ++number) {
    const auto acknowledged = poster.post(name + "-" + std::to_string(number), name);
    to_frame.push_back(milliseconds_between(acknowledged, frame.seen.wait_for(number, "the client")));
    to_topic.push_back(milliseconds_between(acknowledged, topic.seen.wait_for(number, "topic aggregates")));
    // At a moment of its own in the ticks of publisher and pusher.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
  }
  if (to_frame.empty()) give_up("EVENTS must be 1 or more");
  std::printf("events=%zu", to_frame.size());
  print("topic_", to_topic);
  print("", to_frame);
  std::printf("\n");
  std::_Exit(std::fflush(stdout));
}
