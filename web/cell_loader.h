// Reads what partitions of the aggregates topic hold into a store, with several threads: each has partitions, a client and a
// store of its own, and the stores are joined at the end. Memory: the cells, and kWaitingMib of records a thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/client.h"
#include "web/aggregates_reader.h"
#include "web/cell_store.h"

namespace wardpulse::web {

struct LoadedCells {
  std::unique_ptr<CellStore> cells;        // past what expired
  ApplyCounts records{};
  std::vector<kafka::TopicPartition> next; // where to go on
};

// `stop`: gives up when it is set; nullptr: when nothing came for 30 s. The sink hears of malformed records and of troubles,
// from several threads.
Result<LoadedCells> load_cells(const kafka::ClientOptions& client, kafka::Admin& admin, const std::string& topic, std::int32_t partitions,
                               CellSink& sink, const std::atomic<bool>* stop);

} // namespace wardpulse::web
