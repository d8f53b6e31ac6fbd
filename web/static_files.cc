#include "web/static_files.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "web/problem.h"

namespace wardpulse::web {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = 64 << 20;

std::string content_type_of(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {{".html", "text/html; charset=utf-8"},
                                                                      {".js", "text/javascript; charset=utf-8"},
                                                                      {".mjs", "text/javascript; charset=utf-8"},
                                                                      {".css", "text/css; charset=utf-8"},
                                                                      {".json", "application/json"},
                                                                      {".map", "application/json"},
                                                                      {".svg", "image/svg+xml"},
                                                                      {".png", "image/png"},
                                                                      {".ico", "image/x-icon"},
                                                                      {".woff2", "font/woff2"},
                                                                      {".txt", "text/plain; charset=utf-8"},
                                                                      {".webmanifest", "application/manifest+json"}};
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return std::string(type);
  }
  return "application/octet-stream";
}

// "app.3f9a2b1c.js": the name changes with the content.
bool has_digest_in_name(std::string_view name) {
  while (!name.empty()) {
    const auto part = name.substr(0, name.find_first_of("./-"));
    name.remove_prefix(std::min(name.size(), part.size() + 1));
    const bool is_hex = part.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (is_hex && part.size() >= 8 && part.find_first_of("0123456789") != std::string_view::npos) return true;
  }
  return false;
}

bool takes_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    auto item = accept_encoding.substr(0, accept_encoding.find(','));
    accept_encoding.remove_prefix(std::min(accept_encoding.size(), item.size() + 1));
    std::string plain;
    std::copy_if(item.begin(), item.end(), std::back_inserter(plain), [](char c) { return c != ' ' && c != '\t'; });
    if (plain == "gzip" || (plain.starts_with("gzip;q=") && plain.find_first_of("123456789", 7) != std::string::npos))
      return true;
  }
  return false;
}

std::string etag_of(std::string_view bytes) {
  return fmt::format("\"{:016x}\"", XXH3_64bits(bytes.data(), bytes.size()));
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("cannot read " + path.string(), "check the rights of the dashboard's folder");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool is_left_out(const fs::path& relative) {
  return std::any_of(relative.begin(), relative.end(), [](const fs::path& part) {
    return part.string().starts_with('.') || part == "node_modules";
  });
}

} // namespace

Result<StaticFiles> StaticFiles::load(const std::string& folder) {
  std::error_code error;
  StaticFiles files;
  std::size_t bytes = 0;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const auto relative = fs::relative(at->path(), folder, error);
    if (is_left_out(relative)) {
      at.disable_recursion_pending();
      continue;
    }
    if (at->is_symlink() || !at->is_regular_file()) continue;
    auto content = read_file(at->path());
    if (!content) return tl::unexpected(content.error());
    bytes += content->size();
    if (bytes > kMaxBytes) return fail(folder + " has more than 64 MiB", "name the folder of the built dashboard");
    files.add(relative.generic_string(), std::move(*content));
  }
  if (error)
    return fail("cannot read the dashboard's folder " + folder + ": " + error.message(), "--dashboard names it");
  std::erase_if(files.files_, [](const auto& entry) { return !entry.second.plain.bytes; });
  if (!files.files_.contains("index.html"))
    return fail("there is no index.html in " + folder, "--dashboard names the folder");
  return files;
}

void StaticFiles::add(std::string name, std::string content) {
  const bool is_gzip = name.ends_with(".gz");
  if (is_gzip) name.resize(name.size() - 3);
  File& file = files_[name];
  file.content_type = content_type_of(name);
  file.cache_control = has_digest_in_name(name) ? "public, max-age=31536000, immutable" : "no-cache";
  Variant& variant = is_gzip ? file.gzip : file.plain;
  variant.etag = etag_of(content);
  variant.bytes = std::make_shared<const std::string>(std::move(content));
}

Reply StaticFiles::get(const Request& request, std::string_view name) const {
  const auto found = files_.find(name);
  if (found == files_.end()) {
    return problem_reply({.status = 404,
                          .code = "not_found",
                          .detail = "the dashboard has no such file",
                          .remedy = files_.empty()
                                        ? "./wardpulse build makes the dashboard; --dashboard names its folder"
                                        : "reload the page"});
  }
  const File& file = found->second;
  const bool as_gzip = file.gzip.bytes && takes_gzip(request.header("accept-encoding"));
  const Variant& variant = as_gzip ? file.gzip : file.plain;
  Reply reply{.status = 200, .content_type = file.content_type, .body = variant.bytes, .headers = {}};
  if (none_match_names(request.header("if-none-match"), variant.etag)) reply = Reply::empty(304);
  else if (as_gzip) reply.with("Content-Encoding", "gzip");
  if (file.gzip.bytes) reply.with("Vary", "Accept-Encoding");
  return reply.with("ETag", variant.etag).with("Cache-Control", file.cache_control);
}

} // namespace wardpulse::web
