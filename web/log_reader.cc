#include "web/log_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tl/expected.hpp>
#include <vector>

#include "base/json_writer.h"
#include "proto/event.h"
#include "proto/json_scanner.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr Duration kAskTimeout = seconds{3};
constexpr auto kReadTimeout = seconds{5};
constexpr Duration kPollTimeout = milliseconds{50};

Problem bad_parameter(std::string detail, std::string remedy) {
  return {.status = 400, .code = "bad_parameter", .detail = std::move(detail), .remedy = std::move(remedy)};
}

Problem unavailable(const std::string& why) {
  return {.status = 503, .code = "unavailable", .detail = "the log cannot be read for now: " + why,
          .remedy = "try again after the time in Retry-After"};
}

Reply refusal(const Problem& problem) {
  auto reply = problem_reply(problem);
  if (problem.status == 503) reply.with("Retry-After", "1");
  return reply;
}

template <class Integer>
bool read_integer(std::string_view text, Integer* to) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), *to);
  return error == std::errc{} && stop == text.data() + text.size();
}

// The topic of refused records: read as the inputs are, and each with why it was refused.
constexpr std::string_view kRejected = "rejected";
constexpr const char* kRejectedHeaders[] = {"reason", "detail", "rule", "topic", "partition", "offset"};

std::string shown_json(const kafka::Record& record, bool is_rejected);

// A record as it will be shown, with what it is ordered by.
struct Shown {
  Time timestamp;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string json;
};

// The newest records of one partition, as many as fit into its part of an answer, and one at least.
class Newest {
 public:
  void add(const kafka::Record& record, bool is_rejected, std::size_t most_bytes) {
    // Clocks of senders differ: within a partition the log's order counts, so that pages neither overlap nor skip.
    newest_time_ = std::max(newest_time_, record.timestamp());
    records_.push_back({newest_time_, record.partition(), record.offset(), shown_json(record, is_rejected)});
    bytes_ += records_.back().json.size();
    for (; bytes_ > most_bytes && records_.size() > 1; records_.pop_front()) bytes_ -= records_.front().json.size();
  }
  std::deque<Shown>& records() { return records_; }

 private:
  std::deque<Shown> records_;
  std::size_t bytes_ = 0;
  Time newest_time_ = kNever;
};

std::string shown_json(const kafka::Record& record, bool is_rejected) {
  static thread_local JsonScanner scanner;
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("partition").integer(record.partition());
  out.key("offset").integer(record.offset());
  out.key("timestamp");
  if (record.timestamp() == kNever) out.null();
  else out.time(record.timestamp());
  out.key("key");
  if (record.has_key()) out.text(record.key());
  else out.null();
  // What is not JSON is shown as text.
  const bool is_json = record.has_value() && !scanner.scan(record.value());
  out.key("event");
  if (is_json) out.raw(record.value());
  else out.null();
  if (!is_json && record.has_value()) out.key("text").text(record.value());
  if (is_rejected) {
    out.key("headers").begin_object();
    for (const auto name : kRejectedHeaders) {
      if (const auto value = record.header(name)) out.key(name).text(*value);
    }
    out.end_object();
  }
  out.end_object();
  return json;
}

} // namespace

std::optional<LogPositions> parse_positions(std::string_view text) {
  LogPositions positions;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const auto colon = item.find(':');
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    if (colon == std::string_view::npos || !read_integer(item.substr(0, colon), &partition) ||
        !read_integer(item.substr(colon + 1), &offset) || partition < 0 || offset < 0) {
      return std::nullopt;
    }
    const auto known = positions.emplace(partition, offset).first;
    known->second = std::min(known->second, offset);
  }
  return positions;
}

std::string positions_text(const LogPositions& positions) {
  std::string text;
  for (const auto& [partition, offset] : positions) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", partition, offset);
  return text;
}

struct LogReader::Query {
  std::string topic;
  std::int64_t limit = kDefaultEvents;
  LogPositions before;

  static tl::expected<Query, Problem> of(const Request& request, const std::string& prefix);
};

tl::expected<LogReader::Query, Problem> LogReader::Query::of(const Request& request, const std::string& prefix) {
  Query query;
  std::set<std::string> seen;
  for (const auto& [name, value] : request.query) {
    if (!seen.insert(name).second) return tl::unexpected(bad_parameter(name + " is given twice", "give it once"));
    if (name == "topic") {
      if (!topic_from_name(value) && value != kRejected) {
        return tl::unexpected(bad_parameter("there is no such topic", "topic is checkins, encounters, billing, workflow or rejected"));
      }
      query.topic = prefix + "." + value;
    } else if (name == "limit") {
      if (!read_integer(value, &query.limit) || query.limit < 1 || query.limit > kMaxEvents) {
        return tl::unexpected(bad_parameter("limit is a whole number from 1 to 500", "leave it out for 50"));
      }
    } else if (name == "before") {
      const auto positions = parse_positions(value);
      if (!positions) return tl::unexpected(bad_parameter("before does not read", "use next of the answer before, unchanged"));
      query.before = *positions;
    } else {
      return tl::unexpected(bad_parameter("'" + name + "' is no parameter", "the parameters are topic, limit and before"));
    }
  }
  if (query.topic.empty()) {
    return tl::unexpected(bad_parameter("topic is missing", "topic is checkins, encounters, billing, workflow or rejected"));
  }
  return query;
}

LogReader::LogReader(kafka::ClientOptions client, std::string topic_prefix)
    : client_(std::move(client)), topic_prefix_(std::move(topic_prefix)), thread_([this] { run(); }) {}

LogReader::~LogReader() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  thread_.join();
}

void LogReader::read(const Request& request, ReplyLater done) {
  auto query = Query::of(request, topic_prefix_);
  if (!query) return done(refusal(query.error()));
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMaxWaitingReads) {
      waiting_.push_back([this, query = std::move(*query), done = std::move(done)] { done(answer(query)); });
      wake_.notify_one();
      return;
    }
  }
  done(refusal(unavailable("too many ask at once")));
}

void LogReader::run() {
  for (;;) {
    std::function<void()> next;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return is_stopping_ || !waiting_.empty(); });
      if (is_stopping_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next();
  }
}

// The newest `limit` of all partitions are among the newest `limit` of each.
Reply LogReader::answer(const Query& query) {
  auto admin = kafka::Admin::connect(client_);
  if (!admin) return refusal(unavailable(admin.error().message));
  const auto partitions = admin->partitions(query.topic, kAskTimeout);
  if (!partitions) return refusal(unavailable(partitions.error().message));

  std::map<std::int32_t, kafka::Watermarks> unread; // low: where reading begins, high: where it ends
  LogPositions rest;                                // what is left for the next answer ends here
  LogPositions lowest;
  LogPositions looked_from;
  std::vector<kafka::TopicPartition> positions;
  for (std::int32_t p = 0; p < *partitions; ++p) {
    const auto marks = admin->watermarks(query.topic, p, kAskTimeout);
    if (!marks) return refusal(unavailable(marks.error().message));
    const auto limit = query.before.find(p);
    const auto end = limit == query.before.end() ? marks->high : std::min(marks->high, limit->second);
    const auto begin = std::max(marks->low, end - query.limit);
    rest[p] = std::max(end, marks->low);
    lowest[p] = marks->low;
    if (begin >= end) continue;
    unread[p] = {begin, end};
    looked_from[p] = begin;
    positions.push_back({query.topic, p, begin});
  }

  const bool is_rejected = query.topic == topic_prefix_ + '.' + std::string(kRejected);
  std::map<std::int32_t, Newest> found;
  if (!positions.empty()) {
    const auto most_bytes = kMaxAnswerBytes / positions.size();
    auto consumer = kafka::Consumer::read(client_, positions);
    if (!consumer) return refusal(unavailable(consumer.error().message));
    const auto deadline = Steady::now() + kReadTimeout;
    while (!unread.empty()) {
      if (Steady::now() > deadline) return refusal(unavailable("the broker is slow"));
      auto polled = consumer->poll(kPollTimeout);
      if (!polled && !polled.error().retriable) return refusal(unavailable(polled.error().message));
      if (!polled) continue;
      if (polled->kind == kafka::PollResult::Kind::kPartitionEnd) unread.erase(polled->at.partition);
      if (polled->kind != kafka::PollResult::Kind::kRecord) continue;
      const auto& record = polled->record;
      const auto wanted = unread.find(record.partition());
      if (wanted == unread.end() || record.offset() >= wanted->second.high) {
        unread.erase(record.partition());
        continue;
      }
      found[record.partition()].add(record, is_rejected, most_bytes);
      if (record.offset() + 1 >= wanted->second.high) unread.erase(wanted);
    }
  }
  std::vector<Shown> records;
  for (auto& [partition, newest] : found) std::move(newest.records().begin(), newest.records().end(), std::back_inserter(records));
  std::sort(records.begin(), records.end(), [](const Shown& a, const Shown& b) {
    return std::tuple(b.timestamp, b.offset, b.partition) < std::tuple(a.timestamp, a.offset, a.partition);
  });
  if (records.size() > static_cast<std::size_t>(query.limit)) records.resize(static_cast<std::size_t>(query.limit));
  // Where nothing is left in what was looked at (it was compacted), older records come next.
  for (const auto& [partition, from] : looked_from) {
    if (!found.contains(partition)) rest[partition] = from;
  }
  for (const Shown& record : records) rest[record.partition] = std::min(rest[record.partition], record.offset);
  const bool has_more = std::any_of(rest.begin(), rest.end(), [&](const auto& end) { return end.second > lowest.at(end.first); });

  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("topic").text(query.topic.substr(topic_prefix_.size() + 1));
  out.key("records").begin_array();
  for (const Shown& record : records) out.raw(record.json);
  out.end_array();
  out.key("next");
  if (has_more) out.text(positions_text(rest));
  else out.null();
  out.end_object();
  return Reply::json(200, std::move(json));
}

std::vector<Parameter> log_reader_parameters() {
  return {{.name = "topic", .meaning = "Which records.",
           .schema = R"({"type":"string","enum":["checkins","encounters","billing","workflow","rejected"]})", .required = true},
          {.name = "limit", .meaning = "Records in an answer; large ones are fewer, 16 MiB in all.",
           .schema = R"({"type":"integer","minimum":1,"maximum":500,"default":50})"},
          {.name = "before", .meaning = "next of the answer before: goes on to older records.",
           .schema = R"({"type":"string","pattern":"^([0-9]{1,4}:[0-9]{1,18}(,[0-9]{1,4}:[0-9]{1,18})*)?$"})"}};
}

std::vector<Answer> log_reader_answers() {
  return {{200, "The newest records first, by the time of sending.", "application/json",
           R"({"type":"object","required":["topic","records","next"],"properties":{"topic":{"type":"string"},)"
           R"("records":{"type":"array","items":{"type":"object","required":["partition","offset","timestamp","key","event"],)"
           R"("properties":{"partition":{"type":"integer"},"offset":{"type":"integer"},"timestamp":{"type":["string","null"]},)"
           R"("key":{"type":["string","null"]},"event":{},"text":{"type":"string"},"headers":{"type":"object"}}}},)"
           R"("next":{"type":["string","null"]}}})"},
          {503, "The log cannot be read for now.", "application/problem+json", R"({"$ref":"#/components/schemas/Problem"})"}};
}

} // namespace wardpulse::web
