// One version of the side table of a lookup join: its rows by key. Filled once, piece by piece, and
// only read from then on.
#pragma once

#include <memory>

#include "runtime/operator/native_operator.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/memory_table.h"
#include "stdlib-operators/operators/join/join_side.h"

namespace flinkc {

// The rows of a table as they are kept: by the key that stream and table share.
StateLayout TableLayout(const JoinShape& shape, const std::string& name);

// One worker only.
class LookupTable {
 public:
  // `layout`: of TableLayout; it and `pool` must outlive the table.
  LookupTable(const StateLayout& layout, MemoryPool* pool) : table_(layout, pool), rows_(&table_) {}

  // Adds the rows of a batch whose key is not NULL; `side` reads them. kMemoryLimit.
  Status Add(const RecordBatch& batch, JoinSide& side);
  Result<RowsOfKey> Find(const StateKey& key) { return rows_.Read(key, 0); }

 private:
  MemoryTable table_;
  KeyedRows rows_;
};

// A table on its way in.
class LookupTableLoad {
 public:
  // Begins with the first row. `layout` and `context` must outlive the load, `layout` the table.
  static Result<std::unique_ptr<LookupTableLoad>> Begin(const OperatorContext& context,
                                                        const StateLayout& layout);

  // A bounded piece of it. True: that was all, and the table can be taken.
  Result<bool> Advance(JoinSide& side);
  std::unique_ptr<LookupTable> Take() { return std::move(table_); }

 private:
  LookupTableLoad(std::unique_ptr<TableScan> scan, std::unique_ptr<RecordBatch> batch,
                  std::unique_ptr<LookupTable> table)
      : scan_(std::move(scan)), batch_(std::move(batch)), table_(std::move(table)) {}

  const std::unique_ptr<TableScan> scan_;
  const std::unique_ptr<RecordBatch> batch_;
  std::unique_ptr<LookupTable> table_;
};

}  // namespace flinkc
