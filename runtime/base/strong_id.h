// Ids that cannot be mixed up: StrongId<struct OperatorTag> is a type of its own.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace flinkc {

template <typename Tag>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(uint32_t value) : value_(value) {}

  constexpr uint32_t value() const { return value_; }
  constexpr bool is_valid() const { return value_ != kInvalid; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  static constexpr uint32_t kInvalid = UINT32_MAX;
  uint32_t value_ = kInvalid;
};

}  // namespace flinkc

template <typename Tag>
struct std::hash<flinkc::StrongId<Tag>> {
  size_t operator()(flinkc::StrongId<Tag> id) const { return std::hash<uint32_t>()(id.value()); }
};
