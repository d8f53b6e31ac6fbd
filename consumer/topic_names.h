// Full names of the topics that one consumer deals with.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "proto/event.h"

namespace wardpulse::consumer {

struct TopicNames {
  std::array<std::string, kTopicCount> inputs;
  std::string aggregates;
  std::string checkpoints;
  std::string marts;   // what their names begin with; empty: none are written
  std::string control;
  std::string rejected; // empty: refused records are counted, not written (a replay: they are there already)

  // Full names of the topics that are in use.
  std::vector<std::string> inputs_in_use(const std::array<bool, kTopicCount>& in_use) const {
    std::vector<std::string> names;
    for (int i = 0; i < kTopicCount; ++i) {
      if (in_use[i]) names.push_back(inputs[i]);
    }
    return names;
  }

  static TopicNames of(const std::string& prefix, const std::string& generation) {
    TopicNames names;
    for (int i = 0; i < kTopicCount; ++i)
      names.inputs[i] = prefix + "." + std::string(topic_name(static_cast<Topic>(i)));
    const std::string derived = generation == "live" ? prefix : prefix + "." + generation;
    names.aggregates = derived + ".aggregates";
    names.checkpoints = derived + ".checkpoints";
    names.control = prefix + ".control";
    names.rejected = prefix + ".rejected";
    if (generation == "live") names.marts = prefix + ".marts.";
    return names;
  }
};

} // namespace wardpulse::consumer
