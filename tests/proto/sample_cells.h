// Random cells of every family, made from the declaration of families.
#pragma once

#include <random>

#include "proto/cell.h"

namespace wardpulse::test {

using Random = std::mt19937_64;

MinuteHistogram random_histogram(Random& random);
// A cell of `family`; equal arguments but `random` give cells of equal identity, which can be merged.
Cell random_cell(const FamilySpec& family, std::int32_t partition, Random& random);

std::string canonical(const Cell& cell);  // without version and times
std::string topic_form(const Cell& cell); // as written to the topic

} // namespace wardpulse::test
