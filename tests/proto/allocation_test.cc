#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "proto/codec.h"
#include "proto/rules.h"
#include "tests/proto/sample_events.h"

namespace {

std::atomic<std::int64_t> allocations{0};

[[gnu::noinline]] void* counted(std::size_t size) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void* counted_or_throw(std::size_t size) {
  if (void* memory = counted(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void give_back(void* memory) noexcept { std::free(memory); }

} // namespace

// Every form, so that whatever one of them gave goes back to its own kind.
void* operator new(std::size_t size) { return counted_or_throw(size); }
void* operator new[](std::size_t size) { return counted_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }

namespace wardpulse {
namespace {

TEST(Decoder, AllocatesNothingOnceWarm) {
  Decoder decoder;
  std::vector<std::pair<Topic, std::string>> records;
  for (const EventTypeSpec& spec : event_types()) {
    records.emplace_back(spec.topic,
                         test::to_json(test::with(test::sample_members(spec), "facility", R"("\"north\" \u00e9")")));
  }
  const auto run = [&] {
    for (const auto& [topic, json] : records) {
      const auto event = decoder.decode(topic, json);
      ASSERT_TRUE(event);
      ASSERT_EQ(rules_broken(**event, {}), 0u);
    }
  };
  run();
  const std::int64_t before = allocations;
  run();
  EXPECT_EQ(allocations, before);
}

} // namespace
} // namespace wardpulse
