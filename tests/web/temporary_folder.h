// A folder of the test's own, gone with it.
#pragma once

#include <string>
#include <string_view>

namespace wardpulse::web::test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(std::string_view name) const;
  // Writes a file, with the folders it lies in; gives its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::string folder_;
};

std::string read_file(const std::string& path);

} // namespace wardpulse::web::test
