#include "kafka/client.h"
#include "kafka/handles.h"

#include <utility>

#include "base/check.h"

namespace wardpulse::kafka {
namespace {

rd_kafka_message_t* get(void* message) {
  WP_CHECK(message != nullptr);
  return static_cast<rd_kafka_message_t*>(message);
}

std::string_view view(const void* data, std::size_t size) { return {static_cast<const char*>(data), size}; }

} // namespace

Record::Record(Record&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}

Record& Record::operator=(Record&& other) noexcept {
  std::swap(message_, other.message_);
  return *this;
}

Record::~Record() {
  if (message_ != nullptr) rd_kafka_message_destroy(get(message_));
}

std::string_view Record::topic() const { return rd_kafka_topic_name(get(message_)->rkt); }
std::int32_t Record::partition() const { return get(message_)->partition; }
std::int64_t Record::offset() const { return get(message_)->offset; }
std::string_view Record::key() const { return view(get(message_)->key, get(message_)->key_len); }
bool Record::has_key() const { return get(message_)->key != nullptr; }
std::string_view Record::value() const { return view(get(message_)->payload, get(message_)->len); }
bool Record::has_value() const { return get(message_)->payload != nullptr; }

Time Record::timestamp() const {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t ms = rd_kafka_message_timestamp(get(message_), &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? kNever : from_ms(ms);
}

std::vector<Header> Record::headers() const {
  std::vector<Header> result;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(get(message_), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    result.push_back({name, view(value, size)});
  }
  return result;
}

std::optional<std::string_view> Record::header(const char* name) const {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(get(message_), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  return view(value, size);
}

} // namespace wardpulse::kafka
