// A thread that does one job again and again, each time when it is told to.
#pragma once

#include <functional>
#include <semaphore>
#include <thread>
#include <utility>

namespace wardpulse::producer {

// What the job works on is the thread's from start() until wait(), and the owner's else. One owner.
class HelperThread {
 public:
  explicit HelperThread(std::function<void()> job) : job_(std::move(job)) {}
  ~HelperThread() { // waits for the job at hand
    wait();
    job_ = nullptr;
    told_.release();
  }
  HelperThread(const HelperThread&) = delete;
  HelperThread& operator=(const HelperThread&) = delete;

  bool is_busy() const { return is_busy_; } // started, and not waited for
  void start() {                            // REQUIRES: is not busy
    is_busy_ = true;
    told_.release();
  }
  void wait() {
    if (std::exchange(is_busy_, false)) done_.acquire();
  }

 private:
  void run() {
    for (told_.acquire(); job_; told_.acquire()) {
      job_();
      done_.release();
    }
  }

  std::function<void()> job_; // none: the end
  bool is_busy_ = false;
  std::binary_semaphore told_{0}, done_{0};
  std::jthread thread_{[this] { run(); }}; // last: uses the others
};

} // namespace wardpulse::producer
