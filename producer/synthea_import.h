// Reads what the Synthea patient generator's CSV exporter writes, of older and newer versions. docs/import.md says what
// becomes of which file.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "producer/imported.h"
#include "producer/rejects.h"
#include "producer/table_file.h"

namespace wardpulse::producer {

class SyntheaImport {
 public:
  // Finds the exporter's folder: `path`, or csv/ or output/csv/ in it, or the only folder of one run in one of these.
  // Error: no encounters.csv or patients.csv there.
  static Result<SyntheaImport> open(const std::string& path);
  const std::string& folder() const { return folder_; }

  // Error: a file that cannot be read, every column that is missing.
  Result<Imported> read(Duration shift, Rejects* rejects);

 private:
  struct Encounter {
    std::string patient, facility, payer;
    Time start{}, stop{};
  };
  struct Bill { // what the transactions of one claim add up to
    std::string encounter;
    Time at = kForever;
    std::int64_t charged_cents = 0, insurance_cents = 0;
  };
  using Row = std::function<std::string(TableFile&)>; // why the row is bad, or nothing

  explicit SyntheaImport(std::string folder) : folder_(std::move(folder)) {}
  // False: the file is not there. `bind` asks for the columns.
  Result<bool> each_row(const std::string& name, bool required, const std::function<void(TableFile&)>& bind, const Row& row);
  Result<void> read_names();
  Result<void> read_encounters();
  Result<void> read_patients();
  Result<void> read_procedures();
  Result<void> read_claims();
  Result<void> read_transactions();
  void make_bills();
  void encounter_events(std::string_view id, std::string_view encounter_class, std::string_view speciality, const Encounter& encounter,
                        std::int64_t claimed_cents, std::int64_t covered_cents);
  std::string_view payer_name(std::string_view id) const;
  void add(Event* event, std::string_view repeat_of = {});

  const std::string folder_;
  std::unordered_map<std::string, std::string> organizations_, payers_, specialities_; // id -> name
  std::unordered_map<std::string, Encounter> encounters_;
  std::unordered_map<std::string, Time> first_start_; // of a patient's encounters
  std::unordered_map<std::string, std::string> claim_payers_;
  std::map<std::string, Bill> bills_;                 // by claim
  std::unordered_map<std::string, int> repeats_;
  Duration shift_{0};
  Rejects* rejects_ = nullptr;
  Imported out_;
};

} // namespace wardpulse::producer
