// /metrics of a program, served beside its work.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace prometheus {
class Collectable;
class Exposer;
}

namespace wardpulse {

// One thread opens and closes it; scrapes are answered by a thread of its own.
class MetricsPage {
 public:
  // `listen`: host:port. When that is taken: an error, or where nobody chose it (`chosen` is false) any other port of the host.
  // `metrics` is asked at each scrape, as long as it lives.
  static Result<MetricsPage> open(const std::string& listen, bool chosen, const std::shared_ptr<prometheus::Collectable>& metrics);
  MetricsPage(MetricsPage&&) noexcept;
  MetricsPage& operator=(MetricsPage&&) = delete;
  ~MetricsPage();

  int port() const;

 private:
  MetricsPage(std::string host, std::unique_ptr<prometheus::Exposer> exposer);

  std::string host_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

} // namespace wardpulse
