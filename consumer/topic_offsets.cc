#include "consumer/topic_offsets.h"

#include <algorithm>
#include <charconv>

namespace wardpulse::consumer {

std::string encode_offsets(const TopicOffsets& offsets) {
  std::string text;
  for (int i = 0; i < kTopicCount; ++i) {
    if (offsets[i] == kNotInUse) continue;
    if (!text.empty()) text += ',';
    text += topic_name(static_cast<Topic>(i));
    text += '=';
    text += std::to_string(offsets[i]);
  }
  return text;
}

std::optional<TopicOffsets> parse_offsets(std::string_view text) {
  auto offsets = no_offsets();
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const auto equals = item.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto topic = topic_from_name(item.substr(0, equals));
    const auto digits = item.substr(equals + 1);
    std::int64_t offset = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (!topic || error != std::errc{} || end != digits.data() + digits.size() || offset < 0) return std::nullopt;
    offsets[static_cast<int>(*topic)] = offset;
  }
  return offsets;
}

bool reached(const TopicOffsets& next, const TopicOffsets& needed) {
  for (int i = 0; i < kTopicCount; ++i) {
    if (next[i] != kNotInUse && next[i] < needed[i]) return false;
  }
  return true;
}

TopicOffsets furthest(const TopicOffsets& a, const TopicOffsets& b) {
  TopicOffsets result;
  for (int i = 0; i < kTopicCount; ++i) result[i] = std::max(a[i], b[i]);
  return result;
}

} // namespace wardpulse::consumer
