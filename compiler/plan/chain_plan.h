// One chain of operators: what becomes one JobVertex. The plan of a chain, serialized, is what a
// TaskManager gets and compiles for its own CPU.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/plan/logical_plan.h"
#include "runtime/base/result.h"

namespace flinkc {

// Where rows leave the chain for another one. Edge i of the vertex has index i here.
struct ChainOutput {
  LogicalInput from;  // operator of this chain and its output
  // Key columns (of that output's schema) by whose hash rows are spread; empty: rows go forward to
  // the subtask of the same index (or round robin where the parallelism differs).
  std::vector<uint32_t> hash_keys;
  bool hash = false;  // true with no keys: everything to one subtask
  // Whether the consumer expects row kinds: also for rows of an append output, where a union has
  // another input that updates.
  bool row_kinds = false;
};

// A tree of operators with one head: a source, or what comes in through the input gate.
struct ChainPlan {
  // Operators behind one another: the lowering recurses from each into its consumers.
  static constexpr uint32_t kDepthMax = 500;

  std::string name;  // "flights: source -> filter -> aggregate"
  // In topological order. An input that names no operator of this chain is the head's.
  std::vector<LogicalOperator> operators;
  // Of the rows that come in through the gate (all input edges alike); empty with a source.
  Schema head_schema;
  ChangelogMode head_changelog = ChangelogMode::kAppend;
  // The key hashes that came with the rows, and of which columns of head_schema they are (in this
  // order): an aggregate by exactly these keys does not hash again.
  bool head_key_hashes = false;
  std::vector<uint32_t> head_hash_keys;
  std::vector<ChainOutput> outputs;
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 128;
  std::string time_zone = "UTC";
};

// What the lowering may rely on: as Verify(LogicalPlan), and that every input is an earlier
// operator's or, in a chain without a source, the gate's. The first violation, "" if none.
std::string Verify(const ChainPlan& chain);

class FunctionRegistry;

// The chain as protobuf bytes (compiler/plan/plan.proto) and back. Reading trusts nothing: a
// damaged plan is an Error.
std::string Serialize(const ChainPlan& chain);
Result<ChainPlan> DeserializeChainPlan(std::string_view bytes, const FunctionRegistry& registry);

}  // namespace flinkc
