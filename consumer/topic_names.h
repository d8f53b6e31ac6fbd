// Full names of the topics that one consumer deals with.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "proto/event.h"

namespace wardpulse::consumer {

struct TopicNames {
  std::array<std::string, kTopicCount> inputs;
  std::string aggregates;
  std::string checkpoints;
  std::string rejected;
  std::string marts; // what their names begin with; empty: this generation writes none

  static TopicNames of(const std::string& prefix, const std::string& generation) {
    TopicNames names;
    for (int i = 0; i < kTopicCount; ++i)
      names.inputs[i] = prefix + "." + std::string(topic_name(static_cast<Topic>(i)));
    const std::string derived = generation == "live" ? prefix : prefix + "." + generation;
    names.aggregates = derived + ".aggregates";
    names.checkpoints = derived + ".checkpoints";
    names.rejected = prefix + ".rejected";
    if (generation == "live") names.marts = prefix + ".marts.";
    return names;
  }
};

} // namespace wardpulse::consumer
