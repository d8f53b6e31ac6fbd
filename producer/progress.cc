#include "producer/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "base/log.h"

namespace wardpulse::producer {
namespace {

constexpr int kBarWidth = 24;
constexpr auto kTerminalEvery = std::chrono::milliseconds{200};
constexpr auto kLogEvery = std::chrono::seconds{5};
constexpr double kNewRateWeight = 0.3; // of the newest interval in the shown rate

std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::optional<double> seconds_left(const ProgressState& state) {
  if (!state.done || *state.done <= 0 || state.seconds <= 0) return std::nullopt;
  return state.seconds / *state.done * (1 - std::min(*state.done, 1.0));
}

int terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

std::string progress_line(const ProgressState& state, int width) {
  std::string line;
  if (state.done) {
    const double done = std::clamp(*state.done, 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(done * kBarWidth);
    line = fmt::format("[{}{}] {:5.1f}%  ", std::string(filled, '#'), std::string(kBarWidth - filled, '-'), done * 100);
  }
  line += fmt::format("{} acked  {}/s", grouped(state.counts.acked), grouped(static_cast<std::int64_t>(state.rate)));
  if (const auto left = seconds_left(state)) line += fmt::format("  {} left", clock_text(*left));
  if (state.counts.failed > 0) line += fmt::format("  {} failed", grouped(state.counts.failed));
  return line.substr(0, static_cast<std::size_t>(std::max(width - 1, 10)));
}

Progress::Progress(std::string what)
    : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) == 1), start_(Clock::now()), shown_(start_) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\n", stderr);
}

void Progress::update(const SenderCounts& counts, std::optional<double> done) {
  const auto now = Clock::now();
  if (now - shown_ < (terminal_ ? std::chrono::steady_clock::duration{kTerminalEvery} : std::chrono::steady_clock::duration{kLogEvery})) return;
  const double newest = static_cast<double>(counts.acked - shown_acked_) / std::chrono::duration<double>(now - shown_).count();
  rate_ = shown_ == start_ ? newest : rate_ + kNewRateWeight * (newest - rate_);
  shown_ = now;
  shown_acked_ = counts.acked;
  const ProgressState state{counts, done, std::chrono::duration<double>(now - start_).count(), rate_};
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", progress_line(state, terminal_width()).c_str());
    std::fflush(stderr);
    drawn_ = true;
    return;
  }
  const auto left = seconds_left(state);
  log_info(what_, {{"sent", counts.sent}, {"acked", counts.acked}, {"failed", counts.failed},
                   {"per_second", static_cast<std::int64_t>(rate_)},
                   {"percent", done ? fmt::format("{:.1f}", *done * 100) : "-"},
                   {"left", left ? clock_text(*left) : "-"}});
}

} // namespace wardpulse::producer
