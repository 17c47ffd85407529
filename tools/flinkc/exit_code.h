// The exit codes of the command (docs/language.md section 4).
#pragma once

namespace flinkc {

enum ExitCode : int {
  kExitOk = 0,
  kExitSpecWrong = 1,
  kExitUsage = 2,
  kExitEnvironment = 4,  // an input that is not there, an unwritable target: before the job ran
  kExitStateIncompatible = 5,  // a checkpoint or savepoint that the job cannot go on from
  kExitJobFailed = 6,
  kExitInterrupted = 130,  // Ctrl-C
};

}  // namespace flinkc
