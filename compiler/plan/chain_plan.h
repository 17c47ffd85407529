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

// What comes in through one input of a chain that has no source; all edges to it are alike.
struct ChainHead {
  Schema schema;
  ChangelogMode changelog = ChangelogMode::kAppend;
  // The key hashes that came with the rows, and of which columns of the schema they are (in this
  // order): an operator by exactly these keys does not hash again.
  bool key_hashes = false;
  std::vector<uint32_t> hash_keys;
};

// A tree of operators with one head: a source, or what comes in through the input gate; only an
// operator with several inputs, which then is the first, has several.
struct ChainPlan {
  // Operators behind one another: the lowering recurses from each into its consumers.
  static constexpr uint32_t kDepthMax = 500;

  std::string name;  // "flights: source -> filter -> aggregate"
  // In topological order. An input that names no operator of this chain comes from outside
  // (HeadOf).
  std::vector<LogicalOperator> operators;
  // At least one; an empty one with a source.
  std::vector<ChainHead> heads = std::vector<ChainHead>(1);
  std::vector<ChainOutput> outputs;
  // Of the spec that its operators give.
  std::vector<NamedStream> streams;
  uint32_t parallelism = 1;
  uint32_t max_parallelism = 128;
  std::string time_zone = "UTC";
};

// The head that input `input` of `op` is, if it comes from outside of the chain.
inline size_t HeadOf(const LogicalOperator& op, size_t input) {
  return op.As<JoinOp>() != nullptr ? input : 0;
}

// What the lowering may rely on: as Verify(LogicalPlan), and that every input is an earlier
// operator's or, in a chain without a source, the gate's. The first violation, "" if none.
std::string Verify(const ChainPlan& chain);

class FunctionRegistry;

// The chain as protobuf bytes (compiler/plan/plan.proto) and back. Reading trusts nothing: a
// damaged plan is an Error.
std::string Serialize(const ChainPlan& chain);
Result<ChainPlan> DeserializeChainPlan(std::string_view bytes, const FunctionRegistry& registry);

}  // namespace flinkc
