// What operators over event time share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/check/pipe.h"

namespace flinkc::check {

// The rows of the pipe have no event time, and what stands at `span` needs it: `needs`, "which this
// window needs: it would never close". Says where it is missing or was lost.
void ReportNoEventTime(Pipe& pipe, SourceSpan span, const std::string& needs);

// Offers `late`, the late rows of the operator that was appended last, as the stream's `.late`; an
// error at `span` if nothing reads it. They leave as they came: of the columns that the user sees,
// the first `visible_before` were not made for the operator.
void OfferLate(Pipe& pipe, SourceSpan span, LogicalInput late,
               std::optional<uint32_t> visible_before);

}  // namespace flinkc::check
