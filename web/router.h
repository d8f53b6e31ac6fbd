// One table of routes. What a path allows (405, OPTIONS), HEAD, who may come in, the metrics' label and openapi.json
// all derive from it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "web/gate.h"
#include "web/http_types.h"

namespace wardpulse::web {

struct Parameter {
  std::string name;
  std::string in = "query"; // query, path, header
  std::string meaning;
  std::string schema;       // JSON
  bool required = false;
};

struct Body {
  std::string content_type;
  std::string schema; // JSON
};

struct Answer {
  int status = 200;
  std::string meaning;
  std::string content_type = {}; // empty: no body
  std::string schema = {};       // JSON
  std::string also = {};         // another content type that it can have, as text
};

using Handler = std::function<Reply(const Request&, const Caller&)>;
// For answers that have to wait for Kafka: called on the service's thread, `done` from any thread, once.
using ReplyLater = std::function<void(Reply)>;
using SlowHandler = std::function<void(Request, const Caller&, ReplyLater done)>;

struct Route {
  std::string method; // GET answers HEAD as well
  std::string path;   // "/api/v1/cells", or "/assets/*": everything below
  Scope scope = Scope::kNone;
  std::string summary;
  Handler handler; // or slow_handler
  std::vector<Parameter> parameters = {};
  std::vector<Answer> answers = {}; // those of its own; what every route can answer is added
  bool is_upgrade = false; // an accepted request becomes a WebSocket: the handler gives 101 or a problem
  SlowHandler slow_handler = {};
  std::vector<Body> bodies = {}; // what is taken; empty: no body
};

class Router {
 public:
  struct Outcome {
    std::string_view route = "none"; // for metrics: the path as in the table
    Reply reply;
    const SlowHandler* slow = nullptr; // set: it makes the reply, for `caller`
    Caller caller = {};
  };

  // REQUIRES: not there yet.
  void add(Route route);
  Outcome answer(const Request& request, const Caller& caller) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

} // namespace wardpulse::web
