// Ctrl-C, heard by whoever waits for a job. The first one asks the job to cancel; a second one ends
// the process at once, by the system's default.
#pragma once

namespace flinkc {

// Begins to listen to SIGINT and SIGTERM.
void CatchInterrupts();
// True since one of them came, or Interrupt was called.
bool WasInterrupted();
// As the first Ctrl-C; any thread.
void Interrupt();

}  // namespace flinkc
