#include "web/key_file.h"

#include <fcntl.h>
#include <simdjson.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/json_writer.h"

namespace wardpulse::web {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxFileBytes = 16 << 20;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { if (descriptor_ >= 0) ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

tl::unexpected<Error> system_error(const std::string& path, const char* what) {
  return fail(path + ": " + what + ": " + std::strerror(errno), "check the folder and the user that runs this program");
}

Result<void> check_mode(int descriptor, const std::string& path) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return system_error(path, "cannot be examined");
  if (!S_ISREG(status.st_mode)) return fail(path + " is not a file", "name a file for the keys");
  if ((status.st_mode & 077) != 0) return fail(path + " can be read or written by other users", "chmod 600 " + path);
  return {};
}

bool read_text(dom::element json, const char* name, std::string* to) {
  std::string_view text;
  if (json[name].get(text) != simdjson::SUCCESS) return false;
  *to = text;
  return true;
}

// False: there, and does not read.
bool read_time(dom::element json, const char* name, std::optional<Time>* to) {
  std::string text;
  if (json[name].error() == simdjson::NO_SUCH_FIELD) return true;
  if (!read_text(json, name, &text)) return false;
  *to = parse_rfc3339(text);
  return to->has_value();
}

bool read_line(dom::element json, KeyEntries* keys) {
  std::string id;
  std::optional<Time> revoked;
  if (!json.is_object() || !read_text(json, "id", &id) || !read_time(json, "revoked", &revoked)) return false;
  if (revoked) {
    const auto key = keys->find(id);
    if (key == keys->end()) return false;
    if (!key->second.revoked) key->second.revoked = revoked;
    return true;
  }
  KeyEntry key{.id = id};
  std::string scope_text, digest_text;
  std::optional<Time> created;
  if (!read_text(json, "scope", &scope_text) || !read_text(json, "sha256", &digest_text)) return false;
  if (!read_time(json, "created", &created) || !read_time(json, "expires", &key.expires)) return false;
  const auto scope = scope_from_name(scope_text);
  const auto digest = digest_from_hex(digest_text);
  if (!scope || !digest || !created) return false;
  read_text(json, "name", &key.name);
  key.scope = *scope;
  key.digest = *digest;
  key.created = *created;
  return keys->emplace(id, std::move(key)).second;
}

std::string entry_line(const KeyEntry& key) {
  std::string line;
  JsonWriter out(&line);
  out.begin_object();
  out.key("id").text(key.id);
  out.key("scope").text(scope_name(key.scope));
  out.key("name").text(key.name);
  out.key("sha256").text(to_hex(key.digest));
  out.key("created").time(key.created);
  if (key.expires) out.key("expires").time(*key.expires);
  out.end_object();
  return line + "\n";
}

Result<std::string> read_all(int descriptor, const std::string& path) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const auto count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, "cannot be read");
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > kMaxFileBytes) return fail(path + " has more than 16 MiB", "is it a file of keys?");
  }
}

Result<void> append(int descriptor, const std::string& path, std::string_view line) {
  while (!line.empty()) {
    const auto count = ::write(descriptor, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(path, "cannot be written");
    line.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fsync(descriptor) != 0) return system_error(path, "cannot be written to the disk");
  return {};
}

// Reads what is there under the lock, lets `make_line` decide, and appends.
template <class MakeLine>
Result<void> append_under_lock(const std::string& path, MakeLine make_line) {
  const File file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (file.get() < 0) return system_error(path, "cannot be opened");
  if (auto checked = check_mode(file.get(), path); !checked) return checked;
  if (::flock(file.get(), LOCK_EX) != 0) return system_error(path, "cannot be locked");
  const auto text = read_all(file.get(), path);
  if (!text) return tl::unexpected(text.error());
  const auto keys = parse_keys(*text);
  if (!keys) return fail(path + ": " + keys.error().message, keys.error().hint);
  const Result<std::string> line = make_line(*keys);
  if (!line) return tl::unexpected(line.error());
  const bool is_torn = !text->empty() && text->back() != '\n'; // as an editor may leave it
  auto done = append(file.get(), path, is_torn ? "\n" + *line : *line);
  if (!done && ::ftruncate(file.get(), static_cast<off_t>(text->size())) != 0) return system_error(path, "cannot be brought back to what it was");
  return done;
}

} // namespace

Result<KeyEntries> parse_keys(std::string_view text) {
  KeyEntries keys;
  dom::parser parser;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    dom::element json;
    if (parser.parse(line.data(), line.size()).get(json) != simdjson::SUCCESS || !read_line(json, &keys)) {
      return fail("line " + std::to_string(number) + " does not read as a key", "mend or remove the line");
    }
  }
  return keys;
}

Result<KeyEntries> read_keys(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return KeyEntries();
  if (file.get() < 0) return system_error(path, "cannot be opened");
  if (auto checked = check_mode(file.get(), path); !checked) return tl::unexpected(checked.error());
  if (::flock(file.get(), LOCK_SH) != 0) return system_error(path, "cannot be locked");
  const auto text = read_all(file.get(), path);
  if (!text) return tl::unexpected(text.error());
  auto keys = parse_keys(*text);
  if (!keys) return fail(path + ": " + keys.error().message, keys.error().hint);
  return keys;
}

Result<ApiKey> create_key(const std::string& path, Scope scope, const std::string& name, Time now,
                          std::optional<Time> expires) {
  ApiKey key;
  const auto done = append_under_lock(path, [&](const KeyEntries& keys) -> Result<std::string> {
    const auto active = std::count_if(keys.begin(), keys.end(), [&](const auto& entry) {
      return entry.second.name == name && entry.second.scope == scope && entry.second.is_active(now);
    });
    if (!name.empty() && active >= static_cast<std::ptrdiff_t>(kMaxActiveKeys)) {
      return fail("'" + name + "' has two active keys of scope " + std::string(scope_name(scope)),
                  "revoke one of them first: keys list shows the ids");
    }
    do key = make_api_key(scope);
    while (keys.contains(key.id));
    return entry_line({.id = key.id, .scope = scope, .name = name, .digest = sha256(key.text), .created = now,
                       .expires = expires, .revoked = std::nullopt});
  });
  if (!done) return tl::unexpected(done.error());
  return key;
}

Result<void> revoke_key(const std::string& path, const std::string& id, Time now) {
  return append_under_lock(path, [&](const KeyEntries& keys) -> Result<std::string> {
    if (!keys.contains(id)) return fail("there is no key " + id + " in " + path, "keys list shows the ids");
    std::string line;
    JsonWriter(&line).begin_object().key("id").text(id).key("revoked").time(now).end_object();
    return line + "\n";
  });
}

} // namespace wardpulse::web
