#include "web/openapi.h"

#include <algorithm>
#include <map>

#include "base/json_writer.h"
#include "proto/event.h"
#include "proto/schemas.h"
#include "web/problem.h"

namespace wardpulse::web {
namespace {

constexpr std::string_view kSchemas = R"({
"Problem":{"type":"object","description":"RFC 9457","required":["type","title","status","code","detail","remedy"],
 "properties":{"type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},
  "code":{"type":"string","description":"stable, for programs"},"detail":{"type":"string"},
  "remedy":{"type":"string","description":"what to do about it"}}},
"Window":{"type":["object","null"],"required":["size","start","end"],
 "properties":{"size":{"enum":["10s","1m","1h","1d","month"]},"start":{"type":"string","format":"date-time"},
  "end":{"type":"string","format":"date-time"}}},
"Cell":{"type":"object","required":["family","dims","window","values","status","version","watermark","updated_at"],
 "properties":{"family":{"type":"string"},"dims":{"type":"object","additionalProperties":{"type":"string"}},
  "window":{"$ref":"#/components/schemas/Window"},"values":{"type":"object"},
  "status":{"enum":["open","closed","final"]},"version":{"type":"integer"},
  "watermark":{"type":["string","null"],"format":"date-time"},
  "updated_at":{"type":["string","null"],"format":"date-time"}}},
"Cells":{"type":"object","required":["generation","as_of","watermark","cells","next"],
 "properties":{"generation":{"type":"string"},"as_of":{"type":["string","null"],"format":"date-time"},
  "watermark":{"type":["string","null"],"format":"date-time"},
  "cells":{"type":"array","items":{"$ref":"#/components/schemas/Cell"}},"next":{"type":["string","null"]}}}})";

constexpr std::string_view kProblemSchema = R"({"$ref":"#/components/schemas/Problem"})";

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string template_path(const Route& route) {
  if (!route.path.ends_with("/*")) return route.path;
  return route.path.substr(0, route.path.size() - 1) + "{name}";
}

void write_security(const Route& route, JsonWriter* out) {
  out->key("security").begin_array();
  if (route.scope != Scope::kNone) {
    out->begin_object().key("key").begin_array().end_array().end_object();
    if (route.method == "GET") out->begin_object().key("session").begin_array().end_array().end_object();
  }
  out->end_array();
}

void write_parameter(const Parameter& parameter, JsonWriter* out) {
  out->begin_object();
  out->key("name").text(parameter.name);
  out->key("in").text(parameter.in);
  out->key("description").text(parameter.meaning);
  out->key("required").boolean(parameter.required);
  // Its members are the parameters, as they are.
  if (parameter.schema.starts_with(R"({"type":"object")")) out->key("style").text("form").key("explode").boolean(true);
  out->key("schema").raw(parameter.schema);
  out->end_object();
}

void write_answers(const Route& route, JsonWriter* out) {
  out->key("responses").begin_object();
  for (const auto& [status, answer] : answers_of(route)) {
    out->key(std::to_string(status)).begin_object();
    out->key("description").text(answer.meaning);
    if (!answer.content_type.empty()) {
      out->key("content").begin_object().key(answer.content_type).begin_object();
      if (!answer.schema.empty()) out->key("schema").raw(answer.schema);
      out->end_object();
      if (!answer.also.empty()) {
        out->key(answer.also).begin_object().key("schema").raw(R"({"type":"string"})").end_object();
      }
      out->end_object();
    }
    out->end_object();
  }
  out->end_object();
}

void write_operation(const Route& route, JsonWriter* out) {
  out->key(lowered(route.method)).begin_object();
  out->key("summary").text(route.summary);
  write_security(route, out);
  if (route.scope != Scope::kNone) out->key("x-scope").text(scope_name(route.scope)); // an API key has no scopes of its own in OpenAPI
  auto parameters = route.parameters;
  if (route.path.ends_with("/*")) {
    parameters.push_back({.name = "name",
                          .in = "path",
                          .meaning = "File below the folder.",
                          .schema = R"({"type":"string"})",
                          .required = true});
  }
  if (!parameters.empty()) {
    out->key("parameters").begin_array();
    for (const Parameter& parameter : parameters) write_parameter(parameter, out);
    out->end_array();
  }
  if (!route.bodies.empty()) {
    out->key("requestBody").begin_object().key("required").boolean(true).key("content").begin_object();
    for (const Body& body : route.bodies) {
      out->key(body.content_type).begin_object().key("schema").raw(body.schema).end_object();
    }
    out->end_object().end_object();
  }
  write_answers(route, out);
  out->end_object();
}

// The short forms have no schema of their own in proto/. With an event_id or event_time a record is a whole event. Their times
// become times in UTC, which has to be in a year from 1 to 9999, too.
std::string short_forms() {
  std::string not_blank;
  JsonWriter(&not_blank).text(kNotBlankPattern);
  return R"({"type":"object","required":["event_type","entity_id","timestamp"],"properties":{)"
    R"("event_type":{"type":"string","pattern":"^[A-Za-z0-9._/-]{1,64}$"},)"
    R"("entity_id":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$"},)"
    R"("timestamp":{"type":"string","format":"date-time","pattern":"^(?!0001|9999)."},"actor_role":{"type":["string","null"],"maxLength":256},)"
    R"("metadata":{"type":["object","null"]},"event_id":{"type":"null"},"event_time":{"type":"null"},"check_in_time":{"type":"null"}}},)"
    R"({"type":"object","required":["patient_id","check_in_time","department"],"properties":{)"
    R"("patient_id":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$"},)"
    R"("check_in_time":{"type":"string","format":"date-time","pattern":"^(?!0001|9999)."},)"
    R"("department":{"type":"string","maxLength":256,"pattern":)" + not_blank + R"(},"event_id":{"type":"null"},"event_time":{"type":"null"}}})";
}

// Every event type and the short forms; feed.heartbeat is not taken over HTTP.
std::string event_schema() {
  std::string schema = R"({"description":"An event, or one of the short forms.","anyOf":[)";
  for (const GeneratedFile& file : schemas::event_files()) {
    if (file.path.find("feed.heartbeat") != std::string::npos) continue;
    // An embedded schema is no document of its own.
    for (std::size_t begin = 0; begin < file.text.size();) {
      const auto end = std::min(file.text.find('\n', begin), file.text.size());
      const auto line = std::string_view(file.text).substr(begin, end - begin);
      // JSON Schema takes 1.0 for an integer, the decoder does not: the few integers there are can be listed.
      if (line.ends_with("\"maximum\": 1")) schema += R"("enum":[1,null])";
      else if (line.ends_with("\"maximum\": 5")) schema += R"("enum":[1,2,3,4,5])";
      else if (line.find("\"$schema\"") == std::string_view::npos && line.find("\"$id\"") == std::string_view::npos) schema += line;
      begin = end + 1;
    }
    schema += ',';
  }
  return schema.append(short_forms()) + "]}";
}

void write_components(JsonWriter* out) {
  out->key("components").begin_object();
  out->key("securitySchemes").begin_object();
  out->key("key").raw(R"({"type":"apiKey","in":"header","name":"X-API-Key"})");
  out->key("session").raw(
      R"({"type":"apiKey","in":"cookie","name":"wp_session","description":"made by POST /session"})");
  out->end_object();
  out->key("schemas").raw(std::string(kSchemas.substr(0, kSchemas.size() - 1)) + ",\"Event\":" + event_schema() + "}");
  out->end_object();
}

} // namespace

std::map<int, Answer> answers_of(const Route& route) {
  std::map<int, Answer> answers;
  const auto problem = [&](int status, const char* meaning) {
    answers.emplace(status, Answer{status, meaning, "application/problem+json", std::string(kProblemSchema)});
  };
  for (const Answer& answer : route.answers) answers.emplace(answer.status, answer);
  problem(400, "The request does not read.");
  if (route.scope != Scope::kNone) {
    problem(401, "No valid key.");
    problem(403, "The key has another scope, or the request comes from a page of another origin.");
  } else if (route.is_upgrade || route.method != "GET") {
    problem(403, "The request comes from a page of another origin.");
  }
  problem(408, "The request came too slowly.");
  problem(411, "A body has to come with its length.");
  problem(413, "The body is larger than 1 MiB.");
  problem(417, "An Expect other than 100-continue.");
  problem(429, "Too many requests; Retry-After says when to go on.");
  problem(431, "The head is larger than 8 KiB.");
  return answers;
}

std::string openapi_json(const Router& router, std::string_view version) {
  std::map<std::string, std::vector<const Route*>> by_path;
  for (const Route& route : router.routes()) {
    if (!route.is_upgrade) by_path[template_path(route)].push_back(&route);
  }
  std::string json;
  JsonWriter out(&json);
  out.begin_object();
  out.key("openapi").text("3.1.0");
  out.key("info").begin_object();
  out.key("title").text("Wardpulse");
  out.key("version").text(version);
  out.key("description")
      .text("Live numbers of a hospital. GET answers HEAD too; every error is a problem document (RFC 9457). "
            "The WebSocket at /ws is in /asyncapi.json.");
  out.end_object();
  out.key("paths").begin_object();
  for (const auto& [path, routes] : by_path) {
    out.key(path).begin_object();
    for (const Route* route : routes) write_operation(*route, &out);
    out.end_object();
  }
  out.end_object();
  write_components(&out);
  out.end_object();
  return json;
}

} // namespace wardpulse::web
