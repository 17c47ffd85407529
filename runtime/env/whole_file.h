// Small files that are there as a whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/env/storage.h"

namespace flinkc {

// Behind a file's name while it is written.
inline constexpr std::string_view kAsideSuffix = ".tmp";

// Writes it aside, syncs it and gives it its name, lastingly, in place of what had it. After an
// error `path` may hold what it held before or `bytes`, nothing else.
Status WriteWholeFile(FileSystem& files, const std::string& path, std::string_view bytes);

}  // namespace flinkc
