// Ctrl-C, heard by whoever waits for a job. The first one asks the job to cancel; a second one ends
// the process at once, by the system's default.
#pragma once

namespace flinkc {

// Begins to listen to SIGINT and SIGTERM.
void CatchInterrupts();
bool WasInterrupted();

}  // namespace flinkc
