#include "proto/schemas.h"

#include <fmt/format.h>

#include "base/check.h"

namespace wardpulse {
namespace {

std::string with_section(std::string_view text, std::string_view mark, std::string_view section) {
  const std::string begin = fmt::format("<!-- {} -->\n", mark), end = fmt::format("<!-- /{} -->", mark);
  const std::size_t from = text.find(begin), to = text.find(end);
  WP_CHECK(from != std::string_view::npos && to != std::string_view::npos && from < to);
  return fmt::format("{}{}{}", text.substr(0, from + begin.size()), section, text.substr(to));
}

} // namespace

std::vector<GeneratedFile> generated_files() {
  std::vector<GeneratedFile> files = schemas::event_files();
  files.push_back(schemas::cell_file());
  for (GeneratedFile& file : schemas::asyncapi_files()) files.push_back(std::move(file));
  return files;
}

std::string with_tables(std::string_view readme) {
  return with_section(with_section(readme, "events", schemas::event_tables()), "cells", schemas::cell_tables());
}

} // namespace wardpulse
