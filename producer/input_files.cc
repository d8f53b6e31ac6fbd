#include "producer/input_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace wardpulse::producer {
namespace {

namespace fs = std::filesystem;

bool is_wanted(const Mapping& mapping, const std::string& name) {
  return std::any_of(mapping.events.begin(), mapping.events.end(), [&](const EventRule& event) {
    return fnmatch(event.files == "*" ? "*.csv" : event.files.c_str(), name.c_str(), 0) == 0;
  });
}

Result<std::vector<std::string>> files_in(const Mapping& mapping, const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file(error) && is_wanted(mapping, at->path().filename().string())) files.push_back(at->path().string());
  }
  if (error) return fail("cannot read folder " + folder + ": " + error.message());
  if (files.empty()) return fail("folder " + folder + " has no file that the mapping asks for", "see 'files' in docs/import.md");
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

Result<std::unique_ptr<std::istream>> InputFiles::open(const std::string& path) {
  if (path == "-") {
    if (!standard_input_) standard_input_.emplace(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
    return std::make_unique<std::istringstream>(*standard_input_);
  }
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file || fs::is_directory(path)) return fail("cannot read " + path, "is it there, a file, and readable?");
  return file;
}

Result<std::vector<std::string>> find_csv_files(const Mapping& mapping, const std::vector<std::string>& paths,
                                                const std::string& mapping_path) {
  if (paths.empty()) {
    const bool has_patterns = std::any_of(mapping.events.begin(), mapping.events.end(), [](const EventRule& event) { return event.files != "*"; });
    if (!has_patterns) return fail("no file to import", "name one: wardpulse-producer import csv FILE --mapping " + mapping_path);
    const std::string folder = fs::path(mapping_path).parent_path().string();
    return files_in(mapping, folder.empty() ? "." : folder);
  }
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    auto found = files_in(mapping, path);
    if (!found) return found;
    files.insert(files.end(), found->begin(), found->end());
  }
  return files;
}

} // namespace wardpulse::producer
