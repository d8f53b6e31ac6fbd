#include "base/json_writer.h"
#include "proto/cell.h"

namespace wardpulse {
namespace {

class CellEncoder {
 public:
  CellEncoder(const CellJson& form, std::string* out) : form_(form), out_(out) {}

  void cell(const Cell& cell) {
    out_.begin_object();
    out_.key("family").text(cell.family);
    out_.key("dims").begin_object();
    for (const auto& [name, value] : cell.dims) out_.key(name).text(value);
    out_.end_object();
    window(cell.window);
    out_.key("values").begin_object();
    for (const auto& [name, value] : cell.values) {
      out_.key(name);
      std::visit([this](const auto& v) { write(v); }, value);
    }
    out_.end_object();
    out_.key("status").text(cell_status_name(cell.status));
    if (form_.partition) out_.key("partition").integer(cell.partition);
    if (form_.volatile_fields) {
      out_.key("version").integer(cell.version);
      time("watermark", cell.watermark);
      time("updated_at", cell.updated_at);
    }
    out_.end_object();
  }

 private:
  void window(const std::optional<Window>& window) {
    out_.key("window");
    if (!window) {
      out_.null();
      return;
    }
    out_.begin_object();
    out_.key("size").text(window_size_name(window->size));
    out_.key("start").text(format_rfc3339(window->start, window->start_offset));
    out_.key("end").text(format_rfc3339(window->end, window->end_offset));
    out_.end_object();
  }

  void time(std::string_view name, Time time) {
    out_.key(name);
    if (time == kNever) out_.null();
    else out_.time(time);
  }

  void write(std::monostate) { out_.null(); }
  void write(std::int64_t value) { out_.integer(value); }
  void write(const Counts& counts) {
    out_.begin_object();
    for (const auto& [name, count] : counts) out_.key(name).integer(count);
    out_.end_object();
  }
  void write(const CountList& counts) {
    out_.begin_array();
    for (const std::int64_t count : counts) out_.integer(count);
    out_.end_array();
  }
  void write(const std::string& text) { out_.text(text); }
  void write(const Labels& labels) {
    out_.begin_array();
    for (const std::string& label : labels) out_.text(label);
    out_.end_array();
  }
  void write(const HistogramList& histograms) {
    out_.begin_array();
    for (const auto& histogram : histograms) {
      if (histogram) write(*histogram);
      else out_.null();
    }
    out_.end_array();
  }
  void write(const MinuteHistogram& histogram) {
    const bool empty = histogram.minutes.empty();
    out_.begin_object();
    out_.key("n").integer(histogram.n());
    out_.key("sum").integer(histogram.sum());
    const auto unless_empty = [&](std::string_view name, auto value) {
      out_.key(name);
      if (empty) out_.null();
      else out_.integer(value());
    };
    unless_empty("max", [&] { return histogram.max(); });
    unless_empty("p50", [&] { return histogram.percentile(50); });
    unless_empty("p90", [&] { return histogram.percentile(90); });
    unless_empty("p95", [&] { return histogram.percentile(95); });
    if (form_.histograms && !empty) entries("h", histogram);
    if (form_.minutes) entries("minutes", histogram);
    out_.end_object();
  }
  void entries(std::string_view name, const MinuteHistogram& histogram) {
    out_.key(name).begin_array();
    for (const auto& [minute, count] : histogram.minutes) {
      out_.begin_array().integer(minute).integer(count).end_array();
    }
    out_.end_array();
  }

  const CellJson& form_;
  JsonWriter out_;
};

} // namespace

void encode_cell(const Cell& cell, const CellJson& form, std::string* out) { CellEncoder(form, out).cell(cell); }

} // namespace wardpulse
