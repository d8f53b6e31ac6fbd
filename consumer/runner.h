// The whole consumer: checks and creates topics, starts the workers and the metrics page, waits for the end.
#pragma once

#include "base/result.h"
#include "consumer/consumer_config.h"

namespace wardpulse::consumer {

// Until a stop signal, the end (--until-end), or a failure.
Result<void> run_consumer(const ConsumerOptions& options);

} // namespace wardpulse::consumer
