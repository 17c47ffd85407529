#include "tools/flinkc/output_file.h"

#include "runtime/env/file.h"
#include "runtime/env/file_system.h"
#include "runtime/env/standard_output.h"
#include "tools/flinkc/exit_code.h"
#include "tools/flinkc/spec_command.h"

namespace flinkc {

namespace {

Status WriteTo(const std::string& path, std::string_view text) {
  ASSIGN_OR_RETURN(WritableFile file, WritableFile::Create(path));
  RETURN_IF_ERROR(file.Append(text));
  return file.Close();
}

// The whole text or what was there before.
Status WriteFile(const std::string& path, std::string_view text) {
  // A pipe or a device is written to: a file in its place is not what was meant.
  const Result<FileInfo> there = GetFileInfo(path);
  if (there && there->kind != FileKind::kFile) return WriteTo(path, text);
  const std::string unfinished = path + ".unfinished";
  Status status = WriteTo(unfinished, text);
  if (status) status = RenameDurably(unfinished, path);
  if (!status) (void)RemoveFile(unfinished);
  return status;
}

}  // namespace

int WriteOutput(const std::string& path, std::string_view text) {
  const Status status =
      path.empty() || path == "-" ? WriteStandardOutput(text) : WriteFile(path, text);
  if (status) return kExitOk;
  PrintError(status.error());
  return kExitEnvironment;
}

}  // namespace flinkc
