// wardpulse-schemas PROTO_FOLDER: writes the generated documents into the source tree. For developers; not installed.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proto/schemas.h"

namespace {

bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) std::fprintf(stderr, "cannot write %s\n", path.c_str());
  return !out.fail();
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: wardpulse-schemas PROTO_FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  bool written = true;
  for (const wardpulse::GeneratedFile& file : wardpulse::generated_files())
    written &= write_file(folder / file.path, file.text);

  std::ifstream in(folder / "README.md", std::ios::binary);
  const std::string readme{std::istreambuf_iterator<char>(in), {}};
  written &= write_file(folder / "README.md", wardpulse::with_tables(readme));
  return written ? 0 : 1;
}
