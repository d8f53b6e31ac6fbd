#include "base/planted_bug.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace wardpulse {
namespace {

int chosen() {
  const char* name = std::getenv("WARDPULSE_PLANTED_BUG");
  if (name == nullptr) return -1;
  const auto at = std::find(kPlantedBugNames.begin(), kPlantedBugNames.end(), std::string_view(name));
  if (at == kPlantedBugNames.end()) {
    for (const auto known : kPlantedBugNames) std::printf("%.*s\n", static_cast<int>(known.size()), known.data());
    std::exit(2);
  }
  return static_cast<int>(std::distance(kPlantedBugNames.begin(), at));
}

} // namespace

bool planted(PlantedBug bug) {
  static const int kChosen = chosen();
  return kChosen == static_cast<int>(bug);
}

} // namespace wardpulse
