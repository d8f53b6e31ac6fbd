// Always-on checks for what can only be false through a bug of ours: print and abort, in every build type.
#pragma once

#include <cstdio>
#include <cstdlib>

#define WP_CHECK(condition)                                                                       \
  do {                                                                                            \
    if (!(condition)) [[unlikely]] {                                                              \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition);          \
      std::abort();                                                                               \
    }                                                                                             \
  } while (false)
