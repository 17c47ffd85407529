// From a path to text that is fit for the YAML reader.
#pragma once

#include <cstddef>
#include <string>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "runtime/base/result.h"

namespace flinkc {

// What a spec file may have. yaml-cpp takes seconds and six times the memory for far larger ones.
inline constexpr size_t kMaxSpecBytes = 1 << 20;

// The file at `path`, or standard input for "-". Of a file that is too large only one byte more
// than kMaxSpecBytes is read, so that CheckSourceText can say so. Fails if the file is not there,
// is a directory, or cannot be read.
Result<SourceBuffer> ReadSource(const std::string& path);

// Reports what no spec may hold: too many bytes, bytes that are not UTF-8, control characters but
// tab, line feed and CR LF. True if there is nothing to report.
bool CheckSourceText(const SourceBuffer& buffer, DiagnosticLog& log);

}  // namespace flinkc
