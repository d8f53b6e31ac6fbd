// GET /events: the newest records of an input topic, or of the refused ones, read from the log when they are asked for. Nothing is kept.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "kafka/client.h"
#include "web/http_types.h"
#include "web/router.h"

namespace wardpulse::web {

// Requests that wait; further ones are told to come again.
inline constexpr std::size_t kMaxWaitingReads = 16;
inline constexpr std::int64_t kDefaultEvents = 50;
inline constexpr std::int64_t kMaxEvents = 500;
inline constexpr std::size_t kMaxAnswerBytes = 16 << 20; // and one record of each partition, however large

// Where the records to be given end, by partition: `before` of a request, `next` of an answer. "0:120,1:98"
using LogPositions = std::map<std::int32_t, std::int64_t>;
std::optional<LogPositions> parse_positions(std::string_view text);
std::string positions_text(const LogPositions& positions);

class LogReader {
 public:
  LogReader(kafka::ClientOptions client, std::string topic_prefix);
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // `done` is called on the service's thread at once, or later on this object's own.
  void read(const Request& request, ReplyLater done);

 private:
  struct Query;
  Reply answer(const Query& query);
  void run();

  const kafka::ClientOptions client_;
  const std::string topic_prefix_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool is_stopping_ = false;
  std::thread thread_;
};

std::vector<Parameter> log_reader_parameters();
std::vector<Answer> log_reader_answers();

} // namespace wardpulse::web
