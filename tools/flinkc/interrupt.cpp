#include "tools/flinkc/interrupt.h"

#include <atomic>
#include <csignal>

namespace flinkc {

namespace {

// A signal handler can reach nothing else.
std::atomic<bool> interrupted{false};

void OnSignal(int) { interrupted.store(true); }

}  // namespace

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool WasInterrupted() { return interrupted.load(); }

void Interrupt() { interrupted.store(true); }

}  // namespace flinkc
