// A crowd of WebSocket clients in one thread, to measure wardpulse-web from outside.
//   ws_crowd PORT KEY CLIENTS STALLED TOPIC,TOPIC,...
// All connect and subscribe; STALLED further ones subscribe and never read again. Prints, a line each:
//   connected=N seconds=S                        when all others have every snapshot
//   messages=N cells_age_p50_ms=.. _p99_ms=..    after each line on standard input: what came since the line before, or since `connected`
//   equal=N different=N behind=N                 after the end of standard input: do clients hold what the server holds?
// The age of cells is the moment of reading minus `updated_at` of a message's last cell: from the consumer's publication to
// the client. The last line compares with a newcomer's snapshot: the numbers of all, the cells of every hundredth.
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket.hpp>
#include <simdjson.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "tests/bench/percentile.h"

namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using wardpulse::bench::percentile;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kInHandshake = 64;    // at a time, well below the backlog of a listening socket
constexpr std::size_t kWithCells = 100;     // each so many keep their cells
constexpr auto kUntilEqual = std::chrono::seconds{10};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "ws_crowd: %s\n", why.c_str());
  std::_Exit(1);
}

struct Numbers {
  std::uint64_t epoch = 0, seq = 0;
  friend bool operator==(const Numbers&, const Numbers&) = default;
};
using Cells = std::map<std::string, std::string>; // identity -> values

// What one client holds of the topics.
class Holdings {
 public:
  explicit Holdings(bool with_cells) : with_cells_(with_cells) {}

  bool take(std::string_view text) {
    simdjson::padded_string padded(text);
    simdjson::dom::element message = parser().parse(padded);
    const std::string_view type = message["type"];
    if (type == "heartbeat") return false;
    if (type != "snapshot" && type != "delta") give_up("unexpected: " + std::string(text.substr(0, 200)));
    const std::string topic{std::string_view(message["topic"])};
    const Numbers now{message["epoch"], message["seq"]};
    if (type == "delta" && numbers_[topic] != Numbers{now.epoch, message["prev"]}) give_up("a delta that does not fit: " + topic);
    const bool more = type == "snapshot" && !message["more"].error();
    if (with_cells_) take_cells(topic, message);
    if (!more) numbers_[topic] = now;
    return type == "snapshot" && !more;
  }
  const std::map<std::string, Numbers>& numbers() const { return numbers_; }
  const std::map<std::string, Cells>& cells() const { return cells_; }
  bool with_cells() const { return with_cells_; }

 private:
  static simdjson::dom::parser& parser() {
    static simdjson::dom::parser shared;
    return shared;
  }
  static std::string identity(simdjson::dom::element cell) {
    return simdjson::minify(cell["family"]) + simdjson::minify(cell["dims"]) + simdjson::minify(cell["window"]);
  }
  void take_cells(const std::string& topic, simdjson::dom::element message) {
    Cells& cells = cells_[topic];
    for (simdjson::dom::element cell : message["cells"].get_array()) cells[identity(cell)] = simdjson::minify(cell["values"]);
    simdjson::dom::array removed;
    if (message["removed"].get(removed) == simdjson::SUCCESS) {
      for (simdjson::dom::element cell : removed) cells.erase(identity(cell));
    }
  }

  const bool with_cells_;
  std::map<std::string, Numbers> numbers_;
  std::map<std::string, Cells> cells_;
};

struct Target {
  net::ip::tcp::endpoint server;
  std::string key;
  std::string subscription;
  std::size_t topics = 0;
};

class Client {
 public:
  std::function<void()> is_open = [] {};
  std::function<void()> has_snapshots = [] {};
  std::function<void(double)> has_age = [](double) {};

  Client(net::io_context& io, const Target& target, bool reads, bool with_cells)
      : target_(target), reads_(reads), ws_(io), holdings_(with_cells) {}

  void start() {
    error_code error;
    beast::get_lowest_layer(ws_).open(target_.server.protocol(), error);
    if (error) give_up("no socket: " + error.message());
    if (!reads_) beast::get_lowest_layer(ws_).set_option(net::socket_base::receive_buffer_size(4096));
    beast::get_lowest_layer(ws_).async_connect(target_.server, [this](error_code problem) {
      check(problem, "connect");
      ws_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
        request.set("X-API-Key", target_.key);
        request.set(beast::http::field::sec_websocket_protocol, "wardpulse.v1");
      }));
      ws_.read_message_max(64 << 20);
      ws_.async_handshake("127.0.0.1", "/ws", [this](error_code failed) {
        check(failed, "handshake");
        is_open();
        ws_.async_write(net::buffer(target_.subscription), [this](error_code not_sent, std::size_t) {
          check(not_sent, "subscribe");
          if (reads_) read();
        });
      });
    });
  }
  const Holdings& holdings() const { return holdings_; }

 private:
  static void check(error_code error, const char* what) {
    if (error) give_up(std::string(what) + ": " + error.message());
  }
  void read() {
    ws_.async_read(buffer_, [this](error_code error, std::size_t) {
      check(error, "read");
      const std::string_view text(static_cast<const char*>(buffer_.data().data()), buffer_.size());
      note_age(text);
      if (holdings_.take(text) && ++snapshots_ == target_.topics) has_snapshots();
      buffer_.clear();
      if (buffer_.capacity() > 65536) buffer_ = {};
      read();
    });
  }
  void note_age(std::string_view text) {
    constexpr std::string_view kField = "\"updated_at\":\"";
    const auto at = text.rfind(kField);
    if (snapshots_ < target_.topics || at == text.npos) return;
    const auto from = at + kField.size();
    const auto updated = wardpulse::parse_rfc3339(text.substr(from, text.find('"', from) - from));
    if (updated) has_age(std::chrono::duration<double, std::milli>(std::chrono::system_clock::now() - *updated).count());
  }

  const Target& target_;
  const bool reads_;
  websocket::stream<net::ip::tcp::socket, false> ws_;
  beast::flat_buffer buffer_;
  Holdings holdings_;
  std::size_t snapshots_ = 0;
};

class Crowd {
 public:
  Crowd(net::io_context& io, const Target& target, std::size_t readers, std::size_t stalled)
      : io_(io), target_(target), input_(io, ::dup(STDIN_FILENO)), timer_(io), readers_(readers) {
    for (std::size_t i = 0; i < readers + stalled; ++i) {
      Client& client = clients_.emplace_back(io, target, i < readers, i % kWithCells == 0);
      client.is_open = [this] { start_next(); };
      client.has_snapshots = [this] {
        if (++whole_ == readers_) connected();
      };
      client.has_age = [this](double age) { ages_.push_back(age); };
    }
  }
  void start() {
    for (std::size_t i = 0; i < kInHandshake; ++i) start_next();
  }

 private:
  void start_next() {
    if (started_ < clients_.size()) clients_[started_++].start();
  }
  void connected() {
    std::printf("connected=%zu seconds=%.3f\n", readers_, std::chrono::duration<double>(Clock::now() - began_).count());
    std::fflush(stdout);
    ages_.clear();
    wait_for_line();
  }
  void wait_for_line() {
    net::async_read_until(input_, net::dynamic_buffer(line_), '\n', [this](error_code end, std::size_t) {
      if (end) return welcome_newcomer();
      report_ages();
      line_.clear();
      wait_for_line();
    });
  }
  void report_ages() {
    std::sort(ages_.begin(), ages_.end());
    std::printf("messages=%zu cells_age_p50_ms=%.1f cells_age_p99_ms=%.1f\n", ages_.size(), percentile(ages_, 0.5), percentile(ages_, 0.99));
    std::fflush(stdout);
    ages_.clear();
  }
  void welcome_newcomer() {
    newcomer_.emplace(io_, target_, true, true);
    newcomer_->has_snapshots = [this, deadline = Clock::now() + kUntilEqual] { compare(deadline); };
    newcomer_->start();
  }
  // Again and again until nobody is behind: the last change may be on its way.
  void compare(Clock::time_point deadline) {
    const Holdings& server = newcomer_->holdings();
    std::size_t equal = 0, different = 0, behind = 0;
    for (std::size_t i = 0; i < readers_; ++i) {
      const Holdings& held = clients_[i].holdings();
      if (held.numbers() != server.numbers()) ++behind;
      else if (held.with_cells() && held.cells() != server.cells()) ++different;
      else ++equal;
    }
    if (behind > 0 && Clock::now() < deadline) {
      timer_.expires_after(std::chrono::milliseconds{200});
      timer_.async_wait([this, deadline](error_code) { compare(deadline); });
      return;
    }
    std::printf("equal=%zu different=%zu behind=%zu\n", equal, different, behind);
    std::fflush(stdout);
    std::_Exit(different + behind == 0 ? 0 : 1);
  }

  net::io_context& io_;
  const Target& target_;
  net::posix::stream_descriptor input_;
  net::steady_timer timer_;
  const std::size_t readers_;
  std::deque<Client> clients_;
  std::optional<Client> newcomer_;
  std::vector<double> ages_;
  std::string line_;
  std::size_t started_ = 0, whole_ = 0;
  const Clock::time_point began_ = Clock::now();
};

std::string subscription_to(const std::string& topics) {
  std::string quoted = "\"" + topics + "\"";
  for (std::size_t at = 0; (at = quoted.find(',', at)) != quoted.npos; at += 3) quoted.replace(at, 1, "\",\"");
  return R"({"op":"subscribe","topics":[)" + quoted + "]}";
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) give_up("usage: ws_crowd PORT KEY CLIENTS STALLED TOPIC,TOPIC,...");
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const std::string topics = argv[5];
  const Target target{{net::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))}, argv[2], subscription_to(topics),
                      static_cast<std::size_t>(std::count(topics.begin(), topics.end(), ',')) + 1};
  net::io_context io(1);
  Crowd crowd(io, target, std::strtoul(argv[3], nullptr, 10), std::strtoul(argv[4], nullptr, 10));
  crowd.start();
  io.run();
}
