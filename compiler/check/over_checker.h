// over -> [project "arguments"] over project "compute".
#pragma once

#include "compiler/check/pipe.h"

namespace flinkc::check {

// False with errors reported.
bool CheckOver(Pipe& pipe, const OperatorSpec& op, const OverSpec& spec);

}  // namespace flinkc::check
