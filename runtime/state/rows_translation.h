// How the rows of a stored list or multiset become rows of the job's: column by column, by name. A
// column may have become wider or nullable, and one may be new, if it is nullable: it is NULL in
// the rows that are there. Different rows stay different, so a multiset counts as before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/graph/state_schema.h"
#include "runtime/state/row_codec.h"

namespace flinkc {

// Immutable.
class RowsTranslation {
 public:
  // kStateIncompatible: what has changed, for a person; without the state's name.
  static Result<RowsTranslation> Make(const StateSchema& stored, const StateSchema& wanted);

  // Appends to `to` what the StateBlob `from` becomes. AreRowsValid(stored, from).
  void Apply(std::string_view from, std::string* to) const;

 private:
  struct Column {
    int source = -1;  // of the stored columns; -1: new
    DataType from;
    DataType to;
  };

  RowsTranslation(const StateSchema& stored, const StateSchema& wanted)
      : stored_(stored), from_(stored.rows), to_(wanted.rows) {}

  StateSchema stored_;
  RowCodec from_;
  RowCodec to_;
  std::vector<Column> columns_;  // wanted
};

}  // namespace flinkc
