#include "stdlib-operators/functions/native/time_zone.h"

#include <date/tz.h>

#include <chrono>
#include <exception>
#include <string>

#include "stdlib-operators/kernels/cast_text.h"
#include "stdlib-operators/kernels/civil_time.h"
#include "stdlib-operators/kernels/temporal.h"
#include "stdlib-operators/kernels/text_format.h"
#include "stdlib-operators/kernels/text_parse.h"

namespace flinkc {

// A zone of the database, or a fixed offset.
class TimeZone {
 public:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}
  explicit TimeZone(int64_t offset_micros) : offset_micros_(offset_micros) {}

  int64_t OffsetAtUtc(int64_t micros) const {
    if (zone_ == nullptr) return offset_micros_;
    const date::sys_seconds at{std::chrono::seconds(FloorDivide(micros, kMicrosPerSecond))};
    return zone_->get_info(at).offset.count() * kMicrosPerSecond;
  }
  // In a gap the offset before it, of an hour that occurs twice that of the first.
  int64_t OffsetAtLocal(int64_t micros) const {
    if (zone_ == nullptr) return offset_micros_;
    const date::local_seconds at{std::chrono::seconds(FloorDivide(micros, kMicrosPerSecond))};
    return zone_->get_info(at).first.offset.count() * kMicrosPerSecond;
  }

 private:
  const date::time_zone* zone_ = nullptr;
  int64_t offset_micros_ = 0;
};

namespace {

// "+02:00", "-5", "GMT+2", "UTC-03:30".
std::optional<int64_t> FixedOffset(std::string_view name) {
  for (std::string_view prefix : {"UTC", "GMT"}) {
    if (name.starts_with(prefix)) {
      name.remove_prefix(prefix.size());
      break;
    }
  }
  if (name.empty() || (name[0] != '+' && name[0] != '-')) return std::nullopt;
  const int64_t sign = name[0] == '-' ? -1 : 1;
  name.remove_prefix(1);
  const size_t colon = name.find(':');
  const std::string_view hours = name.substr(0, colon);
  const std::string_view minutes = colon == std::string_view::npos ? "0" : name.substr(colon + 1);
  int64_t h = 0, m = 0;
  if (hours.empty() || hours.size() > 2 || minutes.empty() || minutes.size() > 2)
    return std::nullopt;
  for (char c : hours) {
    if (!IsDigit(c)) return std::nullopt;
    h = h * 10 + (c - '0');
  }
  for (char c : minutes) {
    if (!IsDigit(c)) return std::nullopt;
    m = m * 10 + (c - '0');
  }
  if (h > 18 || m > 59) return std::nullopt;
  return sign * (h * kMicrosPerHour + m * kMicrosPerMinute);
}

const TimeZone& ZoneOf(const void* state) { return *static_cast<const TimeZone*>(state); }

int64_t CutTo(int64_t micros, int64_t unit_micros) {
  return micros - FloorModulo(micros, unit_micros);
}

// Within what a TIMESTAMP can be: beyond it the calendar of the zone has no meaning.
constexpr int64_t kMicrosMin = (kDayMin - 1) * kMicrosPerDay;
constexpr int64_t kMicrosMax = (kDayMax + 2) * kMicrosPerDay;

}  // namespace

TimeZonePtr LocateTimeZone(std::string_view name) {
  if (name == "UTC" || name == "GMT" || name == "Z") return std::make_shared<TimeZone>(int64_t{0});
  if (const auto offset = FixedOffset(name)) return std::make_shared<TimeZone>(*offset);
  try {  // the library's errors end here
    return std::make_shared<TimeZone>(date::locate_zone(name));
  } catch (const std::exception&) {
    return nullptr;
  }
}

int64_t ToLocal(const TimeZone& zone, int64_t micros) {
  if (micros < kMicrosMin || micros > kMicrosMax) return micros;
  return micros + zone.OffsetAtUtc(micros);
}

int64_t ToUtc(const TimeZone& zone, int64_t micros) {
  if (micros < kMicrosMin || micros > kMicrosMax) return micros;
  return micros - zone.OffsetAtLocal(micros);
}

FunctionState PrepareTimeZone(std::span<const Value> constants) {
  TimeZonePtr zone = LocateTimeZone(std::get<std::string>(constants.back().data));
  return zone != nullptr ? zone : LocateTimeZone("UTC");
}

}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int64_t flinkc_native_to_local(const void* zone, int64_t micros, int64_t unit_micros) {
  return CutTo(ToLocal(ZoneOf(zone), micros), unit_micros);
}
int64_t flinkc_native_to_utc(const void* zone, int64_t micros) {
  return ToUtc(ZoneOf(zone), micros);
}
int32_t flinkc_native_local_date(const void* zone, int64_t micros) {
  return static_cast<int32_t>(DayOfTimestamp(ToLocal(ZoneOf(zone), micros)));
}
int64_t flinkc_native_local_time(const void* zone, int64_t micros, int64_t unit_micros) {
  return CutTo(MicrosOfDay(ToLocal(ZoneOf(zone), micros)), unit_micros);
}
int64_t flinkc_native_date_to_utc(const void* zone, int32_t days) {
  return ToUtc(ZoneOf(zone), days * kMicrosPerDay);
}
int64_t flinkc_native_extract_ltz(const void* zone, int64_t micros, int64_t unit) {
  if (static_cast<TimeUnit>(unit) == TimeUnit::kEpoch) {
    return flinkc_extract_timestamp(micros, unit);
  }
  return flinkc_extract_timestamp(ToLocal(ZoneOf(zone), micros), unit);
}
int64_t flinkc_native_floor_ltz(const void* zone, int64_t micros, int64_t unit) {
  return ToUtc(ZoneOf(zone), flinkc_floor_timestamp(ToLocal(ZoneOf(zone), micros), unit));
}
int64_t flinkc_native_ceil_ltz(const void* zone, int64_t micros, int64_t unit) {
  return ToUtc(ZoneOf(zone), flinkc_ceil_timestamp(ToLocal(ZoneOf(zone), micros), unit));
}

int32_t flinkc_native_ltz_text(KernelContext* context, const void* zone, int64_t micros,
                               int64_t precision, int64_t length, int64_t pad, StringValue* out) {
  return flinkc_cast_timestamp_text(context, ToLocal(ZoneOf(zone), micros), precision, length, pad,
                                    out);
}

int32_t flinkc_native_text_ltz(const void* zone, const StringValue* text, int64_t precision,
                               int64_t* out) {
  int64_t local = 0;
  const int32_t status = flinkc_cast_text_timestamp(text, precision, &local);
  if (status == kKernelOk) *out = ToUtc(ZoneOf(zone), local);
  return status;
}

int64_t flinkc_native_localtimestamp(KernelContext* context, const void* zone) {
  return CutTo(ToLocal(ZoneOf(zone), context->now_micros), kMicrosPerMilli);
}
int32_t flinkc_native_current_date(KernelContext* context, const void* zone) {
  return flinkc_native_local_date(zone, context->now_micros);
}
int64_t flinkc_native_localtime(KernelContext* context, const void* zone) {
  return flinkc_native_local_time(zone, context->now_micros, kMicrosPerSecond);
}

int32_t flinkc_native_convert_tz(KernelContext* context, const StringValue* text,
                                 const StringValue* from, const StringValue* to, StringValue* out) {
  int64_t local = 0;
  const TextRange range = TrimSpaces(text->data(), text->data() + text->size);
  if (ParseTimestamp(range, 6, &local) != RowStatus::kOk) return kKernelNull;
  const TimeZonePtr source = LocateTimeZone(from->view()), target = LocateTimeZone(to->view());
  if (source == nullptr || target == nullptr) return kKernelNull;
  return flinkc_cast_timestamp_text(context, ToLocal(*target, ToUtc(*source, local)), 0, 0, 0, out);
}

}  // extern "C"
