#include "base/metrics_page.h"

#include <chrono>
#include <future>
#include <utility>

#include <netdb.h>
#include <prometheus/exposer.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

namespace wardpulse {
namespace {

// A connection that says nothing. To the address 0.0.0.0, or ::, is to this host.
void knock(std::string host, int port) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  if (::getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return;
  if (const int s = ::socket(found->ai_family, found->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, found->ai_protocol); s >= 0) {
    (void)::connect(s, found->ai_addr, found->ai_addrlen);
    ::close(s);
  }
  ::freeaddrinfo(found);
}

} // namespace

Result<MetricsPage> MetricsPage::open(const std::string& listen, bool chosen, const std::shared_ptr<prometheus::Collectable>& metrics) {
  const auto colon = listen.rfind(':');
  auto host = colon == std::string::npos ? std::string() : listen.substr(0, colon);
  std::unique_ptr<prometheus::Exposer> exposer;
  try { // its only way to say so
    exposer = std::make_unique<prometheus::Exposer>(listen, 1);
  } catch (const std::exception& error) {
    if (chosen) {
      return fail("metrics-listen: cannot listen on " + listen + ": " + error.what(), "choose another port, or port 0 for a free one");
    }
    exposer = std::make_unique<prometheus::Exposer>(host + ":0", 1);
  }
  exposer->RegisterCollectable(metrics);
  log_info("metrics are served", {{"port", exposer->GetListeningPorts().front()}});
  return MetricsPage(std::move(host), std::move(exposer));
}

MetricsPage::MetricsPage(std::string host, std::unique_ptr<prometheus::Exposer> exposer)
    : host_(std::move(host)), exposer_(std::move(exposer)) {}
MetricsPage::MetricsPage(MetricsPage&&) noexcept = default;

// The library's thread looks every two seconds whether it is to end, or when somebody connects.
MetricsPage::~MetricsPage() {
  if (exposer_ == nullptr) return;
  const int port = this->port();
  const auto closed = std::async(std::launch::async, [this] { exposer_.reset(); });
  while (closed.wait_for(std::chrono::milliseconds{10}) != std::future_status::ready) knock(host_, port);
}

int MetricsPage::port() const { return exposer_->GetListeningPorts().front(); }

} // namespace wardpulse
