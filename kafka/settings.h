// From our options to librdkafka's configuration object. For the sources of this folder only.
#pragma once

#include "base/result.h"
#include "kafka/client.h"
#include "kafka/handles.h"

namespace wardpulse::kafka {

enum class Role { kProducer, kConsumer, kAdmin };

// Our defaults for the role, then `own` (group and instance id), then the pass-through settings. Logs go to base/log.
Result<ConfHandle> make_conf(const ClientOptions& options, Role role, const Settings& own = {});

// Creates the client; takes the configuration over.
Result<ClientHandle> make_client(ConfHandle conf, Role role);

} // namespace wardpulse::kafka
