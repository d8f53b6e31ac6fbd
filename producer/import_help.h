// What `import csv --help` teaches besides the options. tests/producer/import_manual_test.py runs its example.
#pragma once

#include <string_view>

namespace wardpulse::producer {

inline constexpr std::string_view kImportCsvHelp = R"(wardpulse-producer import csv [FILE|FOLDER...] --mapping FILE.toml [--dry-run [--print]]

Turns rows into events. The mapping says which events a row makes and which column is which field.
With visits.csv:

    visit;patient;ward;arrived;left;price
    v1;007;Cardiology;02.03.2026 09:00;02.03.2026 10:05;1.234,50

this visits.toml makes three events of each row:

    delimiter = ";"
    timezone = "Europe/Stockholm"              # of times without offset
    time_format = "%d.%m.%Y %H:%M"             # or "iso", "unix", "unix_ms"; letters as in strptime

    [[event]]
    type = "checkin"
    [event.fields]
    event_time = "arrived"                     # a column
    patient_id = "patient"
    visit_id = "visit"
    department = { column = "ward", map = { Cardiology = "Heart" }, otherwise = "Other" }
    visit_type = { value = "Outpatient" }      # a constant

    [[event]]
    type = "treatment"
    [event.fields]
    event_time = { column = "arrived", plus = { value = 5, unit = "minutes" } }
    patient_id = "patient"
    visit_id = "visit"
    treatment_code = { template = "T-{visit}" }
    cost = { column = "price", decimal = ",", thousands = "." }

    [[event]]
    type = "visit.completed"
    when = { column = "left", not = "" }       # only rows that have it
    [event.fields]
    event_time = "left"
    started_at = "arrived"
    patient_id = "patient"
    visit_id = "visit"
    status = { value = "Completed" }

Try it with --dry-run --print. Rows that cannot be read go to FILE.rejects.csv with line and reason.
docs/import.md describes every event type, every key, and recipes for many kinds of files.

)";

} // namespace wardpulse::producer
