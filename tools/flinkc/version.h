// The version of this flinkc.
#pragma once

namespace flinkc {

/// As `project(VERSION)` in CMakeLists.txt has it.
extern const char* const kVersion;

}  // namespace flinkc
