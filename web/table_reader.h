// Follows a compacted topic of keys and values: the marts' rows of patients, what the public view has published.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kafka/client.h"

namespace wardpulse::web {

struct TableRow {
  std::string key;
  std::optional<std::string> value; // nullopt: gone
};

class TableReader {
 public:
  // `on_started`: rows come from the start (again). `on_end`: those that were there at the start have come. All are called
  // on the thread of run().
  struct Callbacks {
    std::function<void()> on_started;
    std::function<void(std::vector<TableRow>)> on_rows;
    std::function<void()> on_end;
  };
  TableReader(kafka::ClientOptions client, std::string topic, Callbacks callbacks);

  // Until `stop`. A topic that does not exist yet is waited for, after an on_end: there is nothing in it.
  void run(const std::atomic<bool>& stop);

 private:
  Result<std::int32_t> partitions();
  Result<void> follow(std::int32_t partitions, const std::atomic<bool>& stop);

  const kafka::ClientOptions client_;
  const std::string topic_;
  const Callbacks callbacks_;
};

} // namespace wardpulse::web
