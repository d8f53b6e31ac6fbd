// librdkafka's error codes as Error: what was tried, what went wrong, whether to try again, what to change.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "kafka/handles.h"

namespace wardpulse::kafka {

// `doing` starts the message: "creating topic wardpulse.checkins". `detail` replaces librdkafka's phrase for the code.
Error make_error(rd_kafka_resp_err_t code, std::string_view doing, std::string_view detail = {});
// Uses the object's own text and its retriable and fatal marks.
Error make_error(const rd_kafka_error_t* error, std::string_view doing);
// The reason why `client` can do nothing more; REQUIRES: it raised a fatal error.
Error fatal_error_of(rd_kafka_t* client);

} // namespace wardpulse::kafka
