// How long it takes from an event's acknowledgement by Kafka to a WebSocket client.
//   event_to_frame PORT INGEST-KEY READ-KEY EVENTS
// Posts check-ins one after the other; the answer 202 says that Kafka has acknowledged; the moment that counts is the one at
// which the department's cell of the day has been read that counts it. Prints: events=N p50_ms=.. p99_ms=.. p999_ms=.. max_ms=..
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
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "tests/bench/percentile.h"

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds{30};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "event_to_frame: %s\n", why.c_str());
  std::_Exit(1);
}

// When each count of check-ins was first seen.
class Watcher {
 public:
  Watcher(const net::ip::tcp::endpoint& server, const std::string& key, std::string department)
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

  Clock::time_point seen(std::uint64_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return count_ >= count; })) give_up("the event did not come to the client");
    return at_;
  }

 private:
  void read() {
    beast::flat_buffer buffer;
    ws_.read(buffer);
    const auto now = Clock::now();
    const simdjson::padded_string text(static_cast<const char*>(buffer.data().data()), buffer.size());
    simdjson::dom::element message = parser_.parse(text);
    simdjson::dom::array cells;
    if (message["cells"].get(cells) != simdjson::SUCCESS) return;
    for (simdjson::dom::element cell : cells) {
      if (std::string_view(cell["dims"]["department"]) != department_) continue;
      const std::lock_guard lock(mutex_);
      count_ = cell["values"]["checkins"];
      at_ = now;
      changed_.notify_all();
    }
  }

  const std::string department_;
  net::io_context io_;
  websocket::stream<net::ip::tcp::socket, false> ws_;
  simdjson::dom::parser parser_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  Clock::time_point at_;
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

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: event_to_frame PORT INGEST-KEY READ-KEY EVENTS");
  const net::ip::tcp::endpoint server{net::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))};
  std::mt19937_64 random(std::random_device{}());
  const std::string name = "Probe " + std::to_string(random());
  Watcher watcher(server, argv[3], name);
  Poster poster(server, argv[2]);
  std::vector<double> ms;
  for (std::uint64_t number = 1; number <= std::strtoull(argv[4], nullptr, 10); ++number) {
    const auto acknowledged = poster.post(name + "-" + std::to_string(number), name);
    const auto seen = watcher.seen(number);
    ms.push_back(std::max(0.0, std::chrono::duration<double, std::milli>(seen - acknowledged).count()));
    // At a moment of its own in the ticks of publisher and pusher.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
  }
  std::sort(ms.begin(), ms.end());
  using wardpulse::bench::percentile;
  std::printf("events=%zu p50_ms=%.1f p99_ms=%.1f p999_ms=%.1f max_ms=%.1f\n", ms.size(), percentile(ms, 0.5), percentile(ms, 0.99),
              percentile(ms, 0.999), ms.back());
  std::_Exit(std::fflush(stdout));
}
