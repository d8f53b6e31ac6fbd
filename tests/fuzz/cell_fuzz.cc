// Any bytes as a cell: refused with a reason, or read, merged and written so that it reads the same again.
#include "base/check.h"
#include "proto/cell.h"

using namespace wardpulse;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto cell = decode_cell({reinterpret_cast<const char*>(data), size});
  if (!cell) {
    WP_CHECK(!cell.error().message.empty());
    return 0;
  }
  std::string json;
  encode_cell(*cell, {.partition = true, .histograms = true}, &json);
  const auto again = decode_cell(json);
  WP_CHECK(again.has_value() && *again == *cell);

  const Cell* const alone[] = {&*cell};
  const Cell merged = merge_partitions(alone);
  const Cell* const merged_alone[] = {&merged}; // what follows from other values is made anew, and stays so
  WP_CHECK(merge_partitions(merged_alone).values == merged.values && merged.partition == -1);
  WP_CHECK(cell_id(merged) == cell_id(*cell) && !cell_less(merged, *cell) && !cell_less(*cell, merged));
  return 0;
}
