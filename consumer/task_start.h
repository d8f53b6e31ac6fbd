// Takes over partition numbers: reads both derived logs back and claims a writer epoch for each, so that every former
// owner knows, sooner or later, that it has been replaced.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "consumer/ports.h"
#include "consumer/task.h"

namespace wardpulse::consumer {

using Tasks = std::vector<std::unique_ptr<Task>>;

struct StartPorts {
  Outbox& outbox;
  SideLog& side_log;
  Clock& clock;
  std::function<bool()> give_up; // asked between reads, and between two tasks' publications; true: a stop was requested
};

// Opens `side_log` for all tasks and leaves it following them. Afterwards every task has its claim and its restored
// state. Retriable errors leave the tasks unusable; calling again with new tasks is safe. `writer` is unique to this
// assignment.
Result<void> start_tasks(const Tasks& tasks, const TaskSettings& settings, const std::string& writer,
                         const StartPorts& ports);

// Hands a record or an end of a derived log to its task. False when it is none of theirs.
bool route_side(const SidePoll& poll, const TopicNames& names, const Tasks& tasks);

} // namespace wardpulse::consumer
