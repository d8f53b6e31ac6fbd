#include "kafka/errors.h"

namespace wardpulse::kafka {
namespace {

constexpr std::string_view kSlowOrAway = "is the broker up, and does --brokers name it?";

std::string_view hint_for(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT: return kSlowOrAway;
    case RD_KAFKA_RESP_ERR__SSL: return "check -X ssl.ca.location and the other ssl settings";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return "check the sasl settings: security.protocol, sasl.mechanism, sasl.username and sasl.password, in table [librdkafka] of the file of --config";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return "grant this user the right, or change --topic-prefix";
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return "create the topic, or check --topic-prefix";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return "raise max.message.bytes of the topic, and -X message.max.bytes if the record is above it";
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return "a compacted topic takes no record without a key";
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return "the log does not hold this offset (any more): raise retention.ms, or start from another offset";
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: return "another process runs with this --instance-id: give each its own";
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED: return "raise -X max.poll.interval.ms, or give this process more CPU";
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      return "members of the group use another assignment strategy: use another --group, or stop them";
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return "set default.replication.factor of the broker to at most its number of brokers";
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION: return "this broker lacks the feature: use Apache Kafka 2.4 or newer";
    default: return {};
  }
}

bool is_retriable(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR__STATE:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE: // given up by a producer that ends: another one may send it
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER: // the idempotent producer lost its place: likewise
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH: return true;
    default: return false;
  }
}

bool is_fatal(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__FENCED ||
         code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

} // namespace

Error make_error(rd_kafka_resp_err_t code, std::string_view doing, std::string_view detail) {
  Error error;
  error.message.append(doing).append(": ").append(detail.empty() ? rd_kafka_err2str(code) : detail);
  error.hint = hint_for(code);
  error.retriable = is_retriable(code);
  error.fatal = is_fatal(code);
  return error;
}

Error make_error(const rd_kafka_error_t* error, std::string_view doing) {
  Error result = make_error(rd_kafka_error_code(error), doing, rd_kafka_error_string(error));
  result.retriable |= rd_kafka_error_is_retriable(error) != 0;
  result.fatal |= rd_kafka_error_is_fatal(error) != 0;
  return result;
}

Error fatal_error_of(rd_kafka_t* client) {
  char text[512] = "";
  const rd_kafka_resp_err_t code = rd_kafka_fatal_error(client, text, sizeof text);
  Error error = make_error(code, "Kafka client can not go on", text);
  error.retriable = false;
  error.fatal = true;
  return error;
}

} // namespace wardpulse::kafka
