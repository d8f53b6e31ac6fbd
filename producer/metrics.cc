#include "producer/metrics.h"

#include <array>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "base/version.h"

namespace wardpulse::producer {

struct Metrics::Impl {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::array<prometheus::Counter*, kTopicCount> produced{};
  prometheus::Counter* failures = nullptr;
};

Metrics::Metrics(const std::string& topic_prefix) : impl_(std::make_unique<Impl>()) {
  auto& produced = prometheus::BuildCounter()
                       .Name("wardpulse_produced_total")
                       .Help("Records that Kafka acknowledged.")
                       .Register(*impl_->registry);
  for (int i = 0; i < kTopicCount; ++i) {
    const std::string topic = topic_prefix + "." + std::string(topic_name(static_cast<Topic>(i)));
    impl_->produced[static_cast<std::size_t>(i)] = &produced.Add({{"topic", topic}});
  }
  impl_->failures = &prometheus::BuildCounter()
                         .Name("wardpulse_produce_failures_total")
                         .Help("Records that were given up.")
                         .Register(*impl_->registry)
                         .Add({});
  prometheus::BuildGauge()
      .Name("wardpulse_build_info")
      .Help("1, with the version of the program.")
      .Register(*impl_->registry)
      .Add({{"version", std::string(version())}})
      .Set(1);
}

Metrics::Metrics(Metrics&&) noexcept = default;
Metrics::~Metrics() = default;

std::shared_ptr<prometheus::Collectable> Metrics::collectable() const { return impl_->registry; }

void Metrics::acked(Topic topic, std::int64_t records) { impl_->produced[static_cast<std::size_t>(topic)]->Increment(static_cast<double>(records)); }
void Metrics::failed() { impl_->failures->Increment(); }

} // namespace wardpulse::producer
