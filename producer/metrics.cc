#include "producer/metrics.h"

#include <array>

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "base/version.h"

namespace wardpulse::producer {

struct Metrics::Impl {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::array<prometheus::Counter*, kTopicCount> produced{};
  prometheus::Counter* failures = nullptr;
  std::unique_ptr<prometheus::Exposer> exposer; // last: it reads the registry
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

Result<void> Metrics::listen(const std::string& host_and_port) {
  try {
    impl_->exposer = std::make_unique<prometheus::Exposer>(host_and_port, 1);
  } catch (const std::exception&) { // the only way in which the library says so
    return fail("cannot serve /metrics on " + host_and_port, "is the port taken? Choose another with --metrics-listen");
  }
  impl_->exposer->RegisterCollectable(impl_->registry);
  return {};
}

int Metrics::port() const { return impl_->exposer->GetListeningPorts().front(); }

void Metrics::acked(Topic topic) { impl_->produced[static_cast<std::size_t>(topic)]->Increment(); }
void Metrics::failed() { impl_->failures->Increment(); }

} // namespace wardpulse::producer
