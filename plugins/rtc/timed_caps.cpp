#include "timed_caps.hpp"

namespace rtc {

namespace {
constexpr struct {
  TimedKind kind;
  const char *name;
  const char *caps;
} rows[] = {{TimedKind::text, "text/x-raw", "text/x-raw,format=utf8"},
            {TimedKind::json, "application/json", "application/json"},
            {TimedKind::klv, "meta/x-klv", "meta/x-klv,parsed=true"}};
}  // namespace

std::optional<TimedKind> timed_kind_of(const GstCaps *caps) {
  if (!caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps)) return {};
  for (const auto &row : rows)
    if (gst_structure_has_name(gst_caps_get_structure(caps, 0), row.name)) return row.kind;
  return {};
}

Ref<GstCaps> caps_of(TimedKind kind) {
  for (const auto &row : rows)
    if (row.kind == kind) return adopt(gst_caps_from_string(row.caps));
  return {};
}

}  // namespace rtc
