// SIGTERM and SIGINT as something to poll or wait on. Install once, in main, before threads start.
#pragma once

namespace wardpulse {

void install_stop_signals();
bool stop_requested();
int stop_signal_fd(); // becomes readable when a stop was asked for; never read from it

} // namespace wardpulse
