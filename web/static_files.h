// The dashboard's files, read into memory at start. A request names an entry of a table and never a path, so there is
// no way out of the folder.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "web/http_types.h"

namespace wardpulse::web {

class StaticFiles {
 public:
  StaticFiles() = default;
  // Every regular file below `folder`, without hidden ones, links and node_modules. `x.gz` is served for `x` to who
  // takes gzip. Error: not a folder, no index.html in it, or more than 64 MiB.
  static Result<StaticFiles> load(const std::string& folder);

  // `name`: relative to the folder: "index.html", "assets/app.js".
  Reply get(const Request& request, std::string_view name) const;
  std::size_t count() const { return files_.size(); }

 private:
  struct Variant {
    std::shared_ptr<const std::string> bytes; // null: there is none
    std::string etag;
  };
  struct File {
    Variant plain;
    Variant gzip;
    std::string content_type;
    std::string cache_control;
  };
  void add(std::string name, std::string content);

  std::map<std::string, File, std::less<>> files_;
};

} // namespace wardpulse::web
