// A feed as fast as it is told to be, now: what others are measured beside.
//   steady_load BROKERS TOPIC-PREFIX EVENTS-A-SECOND OPEN-VISITS
// Opens so many visits first, as fast as it can, and says `open`; then sends at the rate until standard input ends. Prints at the end
//   sent=N seconds=S
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "kafka/client.h"
#include "tests/bench/patients.h"

using namespace wardpulse;

namespace {

constexpr int kDepartments = 20;
constexpr const char* kLinger = "50"; // ms: many senders that come together in one, as a gateway's
constexpr auto kTick = std::chrono::milliseconds{5};
constexpr auto kPatience = std::chrono::seconds{30};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "steady_load: %s\n", why.c_str());
  std::_Exit(1);
}

Time now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

class Sender {
 public:
  Sender(const std::string& brokers, const std::string& prefix)
      : checkins_(prefix + ".checkins"), encounters_(prefix + ".encounters"), producer_(connect(brokers)) {}
  void send(const bench::Sent& sent) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto status = producer_.produce({.topic = sent.topic == Topic::kCheckins ? checkins_ : encounters_, .key = sent.key, .value = sent.value}, {});
      if (!status) give_up(status.error().message);
      if (*status == kafka::SendStatus::kAccepted) return;
      producer_.poll(kTick);
    }
    give_up("the broker takes nothing any more");
  }
  void flush() {
    if (const auto done = producer_.flush(kPatience); !done) give_up(done.error().message);
  }
  void poll() { producer_.poll(Duration{0}); }

 private:
  static kafka::Producer connect(const std::string& brokers) {
    auto producer = kafka::Producer::connect({brokers, "steady-load", {{"linger.ms", kLinger}, {"compression.type", "lz4"}}});
    if (!producer) give_up(producer.error().message);
    return std::move(*producer);
  }
  const std::string checkins_, encounters_;
  kafka::Producer producer_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: steady_load BROKERS TOPIC-PREFIX EVENTS-A-SECOND OPEN-VISITS");
  const std::int64_t rate = std::atoll(argv[3]), visits = std::atoll(argv[4]);
  if (rate < 1 || visits < 1) give_up("the rate and the number of visits must be 1 or more");
  Sender sender(argv[1], argv[2]);
  bench::Patients patients(visits, kDepartments);
  for (std::int64_t i = 0; i < visits; ++i) sender.send(patients.open(i, now()));
  sender.flush();
  std::printf("open\n");
  std::fflush(stdout);

  std::atomic<bool> ended = false;
  std::jthread watch([&] {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {}
    ended = true;
  });
  const auto began = std::chrono::steady_clock::now();
  std::int64_t sent = 0;
  while (!ended) {
    const std::chrono::duration<double> running = std::chrono::steady_clock::now() - began;
    for (const auto due = static_cast<std::int64_t>(running.count() * static_cast<double>(rate)); sent < due && !ended; ++sent) {
      sender.send(patients.next(now()));
    }
    sender.poll();
    std::this_thread::sleep_for(kTick);
  }
  sender.flush();
  const std::chrono::duration<double> running = std::chrono::steady_clock::now() - began;
  std::printf("sent=%lld seconds=%.1f\n", static_cast<long long>(sent), running.count());
  std::fflush(stdout);
}
