// The version of this flinkc.
#pragma once

namespace flinkc {

inline constexpr const char* kVersion = FLINKC_VERSION;

}  // namespace flinkc
