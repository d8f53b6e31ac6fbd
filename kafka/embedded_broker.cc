#include "kafka/embedded_broker.h"

#include "base/check.h"
#include "kafka/errors.h"
#include "kafka/settings.h"

#include <librdkafka/rdkafka_mock.h>

#include <future>
#include <vector>

namespace wardpulse::kafka {
namespace {

constexpr int kBrokerId = 1; // the mock cluster counts from 1

using ClusterHandle = std::unique_ptr<rd_kafka_mock_cluster_t, Destroy<rd_kafka_mock_cluster_destroy>>;

} // namespace

struct EmbeddedBroker::Impl {
  ClientHandle host; // outlives the cluster
  ClusterHandle cluster;
  std::string bootstrap;
};

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EmbeddedBroker::EmbeddedBroker(EmbeddedBroker&&) noexcept = default;
EmbeddedBroker& EmbeddedBroker::operator=(EmbeddedBroker&&) noexcept = default;
EmbeddedBroker::~EmbeddedBroker() = default;

Result<EmbeddedBroker> EmbeddedBroker::start(const Settings& settings) {
  auto conf = make_conf({.client_id = "wardpulse-broker", .settings = settings}, Role::kAdmin);
  if (!conf) return tl::unexpected(conf.error());
  auto host = make_client(std::move(*conf), Role::kAdmin);
  if (!host) return tl::unexpected(host.error());
  auto impl = std::make_unique<Impl>();
  impl->host = std::move(*host);
  impl->cluster.reset(rd_kafka_mock_cluster_new(impl->host.get(), 1));
  if (impl->cluster == nullptr) return fail("the embedded broker did not start", "the log above says why");
  impl->bootstrap = rd_kafka_mock_cluster_bootstraps(impl->cluster.get());
  return EmbeddedBroker(std::move(impl));
}

Result<void> EmbeddedBroker::set_led(const std::string& topic, std::int32_t partition, bool led) {
  constexpr std::int32_t kNobody = -1;
  const auto code = rd_kafka_mock_partition_set_leader(impl_->cluster.get(), topic.c_str(), partition, led ? kBrokerId : kNobody);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(make_error(code, "changing the leader of " + topic));
  return {};
}

const std::string& EmbeddedBroker::bootstrap() const { return impl_->bootstrap; }

Result<void> EmbeddedBroker::create_topics(const std::vector<NewTopic>& topics) {
  constexpr int kReplicas = 1;
  // The mock cluster's thread now and then misses that it is asked for something, and then sleeps for a second. Asked for
  // all topics at once, it does so once at most.
  std::vector<std::future<rd_kafka_resp_err_t>> answers;
  for (const NewTopic& topic : topics) {
    answers.push_back(std::async(std::launch::async, [this, &topic] {
      return rd_kafka_mock_topic_create(impl_->cluster.get(), topic.name.c_str(), topic.partitions, kReplicas);
    }));
  }
  Result<void> outcome;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    const auto code = answers[i].get();
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) outcome = tl::unexpected(make_error(code, "creating topic " + topics[i].name));
  }
  return outcome;
}

void EmbeddedBroker::set_reachable(bool reachable) {
  const auto change = reachable ? rd_kafka_mock_broker_set_up : rd_kafka_mock_broker_set_down;
  WP_CHECK(change(impl_->cluster.get(), kBrokerId) == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void EmbeddedBroker::set_delay(Duration delay) {
  const auto code = rd_kafka_mock_broker_set_rtt(impl_->cluster.get(), kBrokerId, static_cast<int>(delay.count()));
  WP_CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR);
}

void EmbeddedBroker::fail_next(RequestKind kind, const std::vector<std::int16_t>& codes) {
  if (codes.empty()) return rd_kafka_mock_clear_request_errors(impl_->cluster.get(), static_cast<std::int16_t>(kind));
  std::vector<rd_kafka_resp_err_t> errors;
  for (const auto code : codes) errors.push_back(static_cast<rd_kafka_resp_err_t>(code));
  rd_kafka_mock_push_request_errors_array(impl_->cluster.get(), static_cast<std::int16_t>(kind), errors.size(), errors.data());
}

} // namespace wardpulse::kafka
