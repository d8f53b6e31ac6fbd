// The process's memory as the machine sees it.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace wardpulse::bench {

inline double resident_megabytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long all = 0, resident = 0;
  if (file == nullptr || std::fscanf(file, "%ld %ld", &all, &resident) != 2) std::abort();
  std::fclose(file);
  return static_cast<double>(resident) * 4096 / 1e6;
}

} // namespace wardpulse::bench
