// Result of an operation that the environment can make fail.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace wardpulse {

// What failed, for a person: names the thing and, in `hint`, the remedy.
struct Error {
  std::string message;
  std::string hint;
  bool retriable = false; // true: trying the same call again later may work
  bool fatal = false;     // true: the object that gave this error must be rebuilt

  std::string text() const { return hint.empty() ? message : message + " (" + hint + ")"; }
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message, std::string hint = {}) {
  return tl::unexpected(Error{std::move(message), std::move(hint)});
}

} // namespace wardpulse
