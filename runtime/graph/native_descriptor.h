// What a native operator is told of its place in the plan: one struct a kind of operator, in a file
// of its own. Expressions are not in it: they are compiled (NativeLayout::conditions).
#pragma once

#include <variant>

#include "runtime/graph/join_descriptor.h"
#include "runtime/graph/lookup_descriptor.h"
#include "runtime/graph/match_descriptor.h"
#include "runtime/graph/over_descriptor.h"
#include "runtime/graph/top_descriptor.h"

namespace flinkc {

using NativeDescriptor =
    std::variant<JoinDescriptor, TopDescriptor, LookupDescriptor, OverDescriptor, MatchDescriptor>;

}  // namespace flinkc
