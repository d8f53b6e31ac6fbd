// Gives every file of the folders named on the command line to the fuzz target, whole, and cut and damaged in fixed
// ways.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

void run_with_damages(const std::string& input) {
  run(input);
  for (std::size_t at = 0; at < input.size(); ++at) {
    run(input.substr(0, at));
    for (const char byte : {'"', '}', '\\', '0', '\x80', '\x00'}) {
      std::string damaged = input;
      damaged[at] = byte;
      run(damaged);
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  constexpr std::size_t kSmall = 2048; // larger files are run whole only
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string input{std::istreambuf_iterator<char>(in), {}};
      if (input.size() <= kSmall) run_with_damages(input);
      else run(input);
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
