// All functions, aggregates and casts that an expression may call. Filled by the composition root
// from stdlib-operators; read-only afterwards.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/expression/function_record.h"

namespace flinkc {

// Resolves CAST(from AS to) to a kernel. `fallible` in the answer: the cast can fail on a value
// (text to number, a narrowing); TRY_CAST turns that into NULL. nullopt: there is no such cast.
using CastResolver = std::optional<Resolution> (*)(const DataType& from, const DataType& to);

// Whether there is a time zone of that name: what functions of time may be asked to work in.
using TimeZoneCheck = bool (*)(std::string_view name);

class FunctionRegistry {
 public:
  FunctionRegistry() = default;
  // The indexes point into the lists.
  FunctionRegistry(const FunctionRegistry&) = delete;
  FunctionRegistry& operator=(const FunctionRegistry&) = delete;

  // A name that is there already is our own mistake (CHECK).
  void Add(FunctionRecord record);
  void Add(AggregateRecord record);
  void SetCastResolver(CastResolver resolver) { cast_resolver_ = resolver; }

  void SetTimeZoneCheck(TimeZoneCheck check) { time_zone_check_ = check; }

  // By name or alias, any case. nullptr: none.
  const FunctionRecord* FindFunction(std::string_view name) const;
  const AggregateRecord* FindAggregate(std::string_view name) const;
  std::optional<Resolution> ResolveCast(const DataType& from, const DataType& to) const {
    if (cast_resolver_ == nullptr) return std::nullopt;
    std::optional<Resolution> resolution = cast_resolver_(from, to);
    if (resolution) resolution->resolved_from = {{from, std::nullopt}};
    return resolution;
  }
  // True without a check: nothing is known of time zones.
  bool IsTimeZone(std::string_view name) const {
    return time_zone_check_ == nullptr || time_zone_check_(name);
  }
  const std::deque<FunctionRecord>& functions() const { return functions_; }
  const std::deque<AggregateRecord>& aggregates() const { return aggregates_; }
  // Every name and alias, for suggestions.
  std::vector<std::string_view> Names() const;

 private:
  bool IsFree(std::string_view name) const;

  std::deque<FunctionRecord> functions_;
  std::deque<AggregateRecord> aggregates_;
  std::unordered_map<std::string, const FunctionRecord*> function_by_name_;
  std::unordered_map<std::string, const AggregateRecord*> aggregate_by_name_;
  CastResolver cast_resolver_ = nullptr;
  TimeZoneCheck time_zone_check_ = nullptr;
};

}  // namespace flinkc
