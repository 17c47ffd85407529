#include "tools/flinkc/output_file.h"

#include "runtime/env/file.h"
#include "runtime/env/file_system.h"
#include "runtime/env/standard_output.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

namespace {

Status WriteFile(const std::string& path, std::string_view text) {
  const std::string unfinished = path + ".unfinished";
  ASSIGN_OR_RETURN(WritableFile file, WritableFile::Create(unfinished));
  RETURN_IF_ERROR(file.Append(text));
  RETURN_IF_ERROR(file.Close());
  return RenameDurably(unfinished, path);
}

}  // namespace

int WriteOutput(const std::string& path, std::string_view text) {
  const Status status = path.empty() || path == "-" ? WriteStandardOutput(text)
                                                    : WriteFile(path, text);
  if (status) return kExitOk;
  PrintError(status.error());
  return kExitEnvironment;
}

}  // namespace flinkc
