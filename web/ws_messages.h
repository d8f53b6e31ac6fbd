// What WebSocket clients say, and the small messages they are told. Snapshots and deltas are written by Feed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/time.h"

namespace wardpulse::web {

inline constexpr std::string_view kSubProtocol = "wardpulse.v1";
inline constexpr std::size_t kMaxClientMessageBytes = 4096;

enum class ClientOp : std::uint8_t { kSubscribe, kUnsubscribe, kSnapshot };

struct TopicPoint {
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
};

struct ClientMessage {
  ClientOp op{};
  std::vector<std::string> topics;
  std::map<std::string, TopicPoint, std::less<>> resume; // what the client still holds; kSubscribe only
};

struct ProtocolError {
  std::string code; // bad_json, bad_op, unknown_topic, forbidden, too_large
  std::string detail;
  std::string topic = {};                // empty: not about one topic
  std::vector<std::string> known = {};   // topics there are
};

tl::expected<ClientMessage, ProtocolError> parse_client_message(std::string_view text);

std::string error_message(const ProtocolError& error);
// `topics`: where the client stands in each.
std::string heartbeat_message(const std::vector<std::pair<std::string, TopicPoint>>& topics, Time watermark, Time now);

} // namespace wardpulse::web
