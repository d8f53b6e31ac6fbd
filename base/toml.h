// toml++ as all of the project uses it: no exceptions, and what is wrong with a file is an error of the parse. Without the
// second line toml++ 3.3 aborts on files such as "[[}", of which it can tell what is wrong.
#pragma once

#define TOML_EXCEPTIONS 0
#define TOML_ASSERT(expression) static_cast<void>(0)
#include <toml++/toml.h>
