// How an accumulator whose argument has become wider is made of the stored one, exactly: what
// count, sum, avg, min and max keep (stdlib-operators/kernels/aggregate.h). A test holds the
// layouts here against the kernels.
#pragma once

#include <optional>

#include "runtime/graph/state_schema.h"

namespace flinkc {

// From the bytes of the stored accumulator to those of the job's, which are zero.
using TranslateAccumulator = void (*)(const char* from, char* to);

// Whether every value of `from` is one of `to`, in which it hashes alike.
bool IsWidening(const DataType& from, const DataType& to);

// Of two accumulators that do the same to the same expression. Nothing: their arguments are no
// wider, or there is no exact way.
std::optional<TranslateAccumulator> FindTranslation(const StateSchema::Accumulator& from,
                                                    const StateSchema::Accumulator& to);
// Whether `to` is given what `from` was, as it is or cast to the wider type.
bool HasSameInput(const StateSchema::Accumulator& from, const StateSchema::Accumulator& to);

}  // namespace flinkc
