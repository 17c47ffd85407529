// A row pattern, as SQL's MATCH_RECOGNIZE has it: `START DOWN+ (UP | FLAT){2,}?`. Text in, tree
// out; and what the tree says of its matches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "runtime/graph/match_descriptor.h"

namespace flinkc {

struct RowPattern {
  enum class Kind : uint8_t {
    kVariable,     // a row of it
    kSequence,     // children one after the other
    kAlternation,  // one of the children, the first one preferably
    kRepeat,       // children[0], as often as said
  };
  static constexpr uint32_t kUnbounded = UINT32_MAX;

  Kind kind = Kind::kVariable;
  std::string variable;
  std::vector<std::unique_ptr<RowPattern>> children;
  uint32_t least = 1;      // kRepeat
  uint32_t most = 1;       // kRepeat, or kUnbounded
  bool reluctant = false;  // kRepeat: as few as possible, not as many
  // Bytes of SourceText::value.
  uint32_t begin = 0;
  uint32_t end = 0;
};
using RowPatternPtr = std::unique_ptr<RowPattern>;

// nullptr with what is wrong reported.
RowPatternPtr ParseRowPattern(const SourceText& text, DiagnosticLog& log);

// The names in it, each once, in their order.
std::vector<std::string> VariablesOf(const RowPattern& pattern);
// Of them: each match has a row of it; a match may begin with one; a match may have several.
bool IsInEachMatch(const RowPattern& pattern, const std::string& variable);
bool MayBegin(const RowPattern& pattern, const std::string& variable);
bool MayRepeat(const RowPattern& pattern, const std::string& variable);

// How many rows a match has, at least and at most; RowPattern::kUnbounded: any number.
uint32_t LeastRows(const RowPattern& pattern);
uint32_t MostRows(const RowPattern& pattern);
// A part that is repeated though it may have no row; nullptr: none.
const RowPattern* FindEmptyRepeat(const RowPattern& pattern);
// The part that takes as many rows as it can, and behind which nothing need come; nullptr: none.
const RowPattern* FindOpenEnd(const RowPattern& pattern);

// The program of a pattern whose variables are numbered as in `variables`; empty: it would be
// longer than PatternStep::kProgramMax.
std::vector<PatternStep> CompileRowPattern(const RowPattern& pattern,
                                           const std::vector<std::string>& variables);

// The pattern in its shortest form.
std::string ToString(const RowPattern& pattern);

}  // namespace flinkc
