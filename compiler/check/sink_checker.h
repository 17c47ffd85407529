// `sinks:` -> SinkOp.
#pragma once

#include "compiler/check/check_state.h"

namespace flinkc::check {

// What is known of a sink until the changelog modes are: which updates it takes.
struct CheckedSink {
  const SinkSpec* spec = nullptr;
  OperatorId op;
  bool accepts_updates = false;
  bool wants_old_rows = true;
};

// Adds the sink's operator (and the projection that hides the watermark); nullopt with errors.
std::optional<CheckedSink> CheckSink(CheckState& state, const SinkSpec& spec);

}  // namespace flinkc::check
