// Documents made from the declarations of events and cells: JSON Schemas, the AsyncAPI document, tables for README.md.
// They are kept in the repository for readers; a test says when one of them is no longer what this makes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wardpulse {

struct GeneratedFile {
  std::string path; // below proto/
  std::string text;
};
std::vector<GeneratedFile> generated_files();

// `readme` with what stands between its marks (<!-- events -->, <!-- cells -->) made anew.
std::string with_tables(std::string_view readme);

namespace schemas { // the parts of generated_files()
std::string event_file_name(std::string_view type_name); // "events/checkin.schema.json"; empty: the workflow's
std::vector<GeneratedFile> event_files();
GeneratedFile cell_file();
std::vector<GeneratedFile> asyncapi_files();
std::string event_tables();
std::string cell_tables();
} // namespace schemas

} // namespace wardpulse
