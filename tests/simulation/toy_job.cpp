#include "tests/simulation/toy_job.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "runtime/abi/row_error.h"
#include "runtime/base/check.h"
#include "stdlib-operators/connectors/registry.h"

namespace flinkc {

namespace {

SourceDescriptor SourceNumber(uint32_t number) {
  SourceDescriptor source;
  source.name = fmt::format("source{}", number);
  source.connector = "toy";
  source.options = {{"number", std::to_string(number)}};
  source.schema = ToySchema();
  for (uint32_t i = 0; i < source.schema.size(); ++i) source.needed_columns.push_back(i);
  return source;
}

// Which vertex each operator is in, and how vertices are joined.
class GraphBuilder {
 public:
  explicit GraphBuilder(const ToyJobOptions& options) : options_(options) {
    graph_.name = kToyJobName;
    graph_.max_parallelism = kToyMaxParallelism;
    graph_.config = options.config;
  }

  JobGraph Build() {
    const ToyParallelism& parallelism = options_.parallelism;
    const uint32_t sources = options_.two_sources ? 2 : 1;
    for (uint32_t i = 0; i < sources; ++i) {
      const uint32_t vertex = Start(fmt::format("source{}", i), parallelism.sources[i]);
      graph_.vertices[vertex].source = SourceNumber(i);
    }
    uint32_t aggregate = 0;
    if (sources == 1 && parallelism.sources[0] == 1 && parallelism.aggregate == 1) {
      Add(0, "aggregate");
    } else {
      aggregate = Start("aggregate", parallelism.aggregate);
      plans_[aggregate] += " hashed_head";
      for (uint32_t i = 0; i < sources; ++i) {
        Connect(i, fmt::format("source{}", i), aggregate, Partitioning::kHash);
      }
    }
    std::vector<std::string>& states = graph_.vertices[aggregate].state_ids;
    states = {kCountState, kSeenState};
    if (options_.with_windows) states.push_back(kWindowState);
    AddSink(aggregate, "aggregate", "rows", parallelism.rows);
    if (options_.with_windows) AddSink(aggregate, "windows_of", "windows", parallelism.windows);
    if (!options_.with_windows) plans_[aggregate] += " no_windows";
    if (options_.with_total) {
      const uint32_t total = PlaceTotal(aggregate);
      graph_.vertices[total].state_ids.push_back(kTotalState);
      graph_.vertices[total].sinks.push_back(ToySink("total"));
    }
    if (options_.with_apart) {
      const std::string source = fmt::format("source{}", kApartSource);
      const uint32_t vertex = Start(source, parallelism.apart[0]);
      graph_.vertices[vertex].source = SourceNumber(kApartSource);
      AddSink(vertex, source, "apart", parallelism.apart[1]);
    }
    for (JobVertex& vertex : graph_.vertices) vertex.chain_plan = plans_[vertex.id.value()];
    return std::move(graph_);
  }

 private:
  uint32_t Start(const std::string& op, uint32_t parallelism) {
    JobVertex vertex;
    vertex.id = JobVertexId(static_cast<uint32_t>(graph_.vertices.size()));
    vertex.name = op;
    vertex.parallelism = parallelism;
    if (options_.own_slots) vertex.slot_sharing_group = op;
    graph_.vertices.push_back(std::move(vertex));
    plans_.push_back(op);
    return static_cast<uint32_t>(plans_.size() - 1);
  }
  void Add(uint32_t vertex, const std::string& op) {
    graph_.vertices[vertex].name += " -> " + op;
    plans_[vertex] += " " + op;
  }
  void Connect(uint32_t from, const std::string& stream, uint32_t to, Partitioning partitioning) {
    JobEdge edge;
    edge.source = JobVertexId(from);
    edge.source_output = outputs_[from]++;
    edge.target = JobVertexId(to);
    edge.partitioning = partitioning;
    graph_.edges.push_back(edge);
    plans_[from] +=
        fmt::format(" edge:{}:{}", stream, partitioning == Partitioning::kHash ? "hash" : "plain");
  }
  void AddSink(uint32_t from, const std::string& stream, const std::string& sink,
               uint32_t parallelism) {
    uint32_t vertex = from;
    if (graph_.vertices[from].parallelism == parallelism) {
      Add(from, sink);
    } else {
      vertex = Start(sink, parallelism);
      Connect(from, stream, vertex, Partitioning::kRebalance);
    }
    const bool partitioned = options_.partitioned && (sink == "rows" || sink == "apart");
    if (partitioned) plans_[vertex] += " partitioned_" + sink;
    graph_.vertices[vertex].sinks.push_back(ToySink(sink, partitioned));
  }
  uint32_t PlaceTotal(uint32_t aggregate) {
    if (graph_.vertices[aggregate].parallelism == 1) {
      Add(aggregate, "total");
      return aggregate;
    }
    const uint32_t vertex = Start("total", 1);
    plans_[vertex] += " hashed_head";
    Connect(aggregate, "aggregate", vertex, Partitioning::kHash);
    return vertex;
  }

  const ToyJobOptions& options_;
  JobGraph graph_;
  std::vector<std::string> plans_;
  std::map<uint32_t, uint32_t> outputs_;  // of each vertex
};

StateLayout CountedState(const std::string& id, uint32_t key_bytes, uint32_t row_bytes) {
  StateLayout layout;
  layout.state_id = id;
  layout.key_bytes = key_bytes;
  layout.row_bytes = row_bytes;
  layout.schema.row_bytes = row_bytes;
  layout.schema.key_bytes = key_bytes;
  return layout;
}

}  // namespace

SinkDescriptor ToySink(const std::string& name, bool partitioned) {
  SinkDescriptor sink;
  sink.name = name;
  sink.connector = "file";
  sink.options = {{"path", "/out/" + name}, {"mode", "append"}};
  if (partitioned) sink.options["partition_by.0"] = "a";
  sink.format = "csv";
  return sink;
}

Schema ToySchema() { return IntegerSchema({"a", "b", "c", "d", "e"}); }

JobGraph MakeToyGraph(const ToyJobOptions& options) { return GraphBuilder(options).Build(); }

std::vector<StateLayout> ToyStates(const Workload& workload) {
  std::vector<StateLayout> states = {
      CountedState(kCountState, 16, sizeof(CountRow)), CountedState(kSeenState, 16, 32),
      CountedState(kWindowState, 8, 24), CountedState(kTotalState, 8, 24)};
  states[2].window = workload.window;
  states[3].emit_at_end = true;
  return states;
}

namespace {

// Writes rows of one stream to all ports that lead to its readers.
struct Outlet {
  std::vector<uint32_t> plain;
  std::vector<uint32_t> hashed;

  void Put(ChainContext* context, const Row& row, uint64_t hash) const {
    for (const uint32_t port : plain) Emit(context, port, row);
    for (const uint32_t port : hashed) EmitHashed(context, port, row, hash);
  }
  std::vector<uint32_t> ports() const {
    std::vector<uint32_t> all = plain;
    all.insert(all.end(), hashed.begin(), hashed.end());
    return all;
  }
};

template <size_t kNumbers>
char* StateRow(KeyedTable* table, uint64_t hash, const int64_t (&key)[kNumbers],
               ProbeResult* result) {
  char* row = nullptr;
  *result = FindOrInsert(table, hash, reinterpret_cast<const char*>(key), sizeof(key), &row);
  CHECK(*result != ProbeResult::kMemoryLimit);
  return row;
}

int64_t& CountOf(char* row, size_t offset) { return *reinterpret_cast<int64_t*>(row + offset); }

class ToyChainBuilder {
 public:
  ToyChainBuilder(const ToyWorld& world, std::string_view plan) : world_(world) {
    std::istringstream words{std::string(plan)};
    for (std::string word; words >> word;) words_.push_back(word);
  }

  std::shared_ptr<const CompiledChain> Build() {
    chain_->layout_.name = words_[0];
    chain_->layout_.heads[0].schema = ToySchema();
    chain_->layout_.heads[0].key_hashes = Has("hashed_head");
    chain_->layout_.steps.push_back({words_[0], ErrorMode::kFail, std::nullopt, {}});
    for (uint32_t i = 0; i <= kApartSource; ++i) {
      if (Has(fmt::format("source{}", i))) AddSource(i);
    }
    if (Has("aggregate")) AddAggregate();
    if (Has("total")) AddTotal();
    for (const char* sink : {"rows", "windows", "apart"}) {
      if (words_[0] == sink) AddSinkHead(sink);
    }
    for (const uint32_t state : merged_) {
      chain_->layout_.states[state].merge_function =
          static_cast<uint32_t>(chain_->functions_.size());
      chain_->functions_.push_back(MergeCounts);
    }
    return chain_;
  }

 private:
  bool Has(const std::string& word) const {
    return std::ranges::find(words_, word) != words_.end();
  }

  uint32_t AddFileSink(const std::string& name) {
    ChainSink sink;
    sink.descriptor = ToySink(name, Has("partitioned_" + name));
    sink.schema = ToySchema();
    chain_->layout_.sinks.push_back(std::move(sink));
    return static_cast<uint32_t>(chain_->layout_.sinks.size() - 1);
  }
  // The ports behind `stream`: edges, sinks of this chain, the next operator in it.
  Outlet OutletOf(const std::string& stream, const std::string& sink, uint32_t* to_next) {
    Outlet outlet;
    uint32_t edge = 0;
    for (const std::string& word : words_) {
      if (!word.starts_with("edge:")) continue;
      const uint32_t index = edge++;
      if (!word.starts_with("edge:" + stream + ":")) continue;
      const bool hash = word.ends_with(":hash");
      const uint32_t port = chain_->AddPort(word, ToySchema(), PortTarget::kEdge, index, hash);
      (hash ? outlet.hashed : outlet.plain).push_back(port);
    }
    if (!sink.empty() && Has(sink)) {
      outlet.plain.push_back(
          chain_->AddPort(sink, ToySchema(), PortTarget::kSink, AddFileSink(sink)));
    }
    if (to_next != nullptr) {
      *to_next = chain_->AddPort(stream + ".next", ToySchema(), PortTarget::kPipelines);
      outlet.plain.push_back(*to_next);
    }
    return outlet;
  }
  uint32_t AddState(const char* id) {
    for (const StateLayout& state : ToyStates(*world_.workload)) {
      if (state.state_id == id) chain_->layout_.states.push_back(state);
    }
    return static_cast<uint32_t>(chain_->layout_.states.size() - 1);
  }

  // A loop over rows that now and then fails.
  FakeChain::Function Rows(std::function<void(ChainContext*, const BatchLayout&, int64_t)> body) {
    const FakeChain::Function loop = ForEachRow(
        [body = std::move(body)](ChainContext* context, const BatchLayout& batch, int64_t row) {
          body(context, batch, row);
          return true;
        });
    return [loop, &world = world_](ChainContext* context, const void* input, int64_t row) {
      if (world.chance->Happens(world.loop_fails)) {
        flinkc_rt_report_error(context, 0, static_cast<int32_t>(RowStatus::kDivisionByZero), -1,
                               row);
        return kPipelineFailed;
      }
      return loop(context, input, row);
    };
  }

  void AddSource(uint32_t number) {
    ChainSource source;
    source.descriptor = SourceNumber(number);
    source.event_time = EventTimeDescriptor{};
    source.event_time->watermark_interval_micros = world_.watermark_interval_micros;
    source.event_time->column = 2;
    source.event_time->out_of_order_micros = world_.workload->out_of_order_micros;
    chain_->layout_.source = source;
    const bool fused = Has("aggregate");
    const Outlet out =
        OutletOf(words_[0], number == kApartSource ? "apart" : "", fused ? &next_ : nullptr);
    const int64_t behind = world_.workload->out_of_order_micros;
    chain_->AddPipeline(
        PipelineInput::kHead, 0, out.ports(),
        Rows([out, behind](ChainContext* context, const BatchLayout& batch, int64_t row) {
          int64_t& latest = context->split->max_event_time;
          const int64_t watermark = latest == INT64_MIN ? INT64_MIN : latest - behind;
          const int64_t time = Cell(batch, 2, row);
          latest = std::max(latest, time);
          if (Cell(batch, 4, row) == 0) return;  // filtered
          const int64_t key = Cell(batch, 3, row);
          out.Put(context, {Cell(batch, 0, row), Cell(batch, 1, row), time, key, watermark},
                  HashInteger(key));
        }));
  }

  void AddAggregate() {
    const bool head = words_[0] == "aggregate";
    const uint32_t input = next_;
    const bool with_windows = !Has("no_windows");
    const uint32_t count = AddState(kCountState);
    const uint32_t seen = AddState(kSeenState);
    const bool total_here = Has("total");
    const Outlet out = OutletOf("aggregate", "rows", total_here ? &next_ : nullptr);
    std::vector<uint32_t> states = {count, seen};
    uint32_t window = 0;
    if (with_windows) states.push_back(window = AddState(kWindowState));
    chain_->AddPipeline(
        head ? PipelineInput::kHead : PipelineInput::kPort, input, out.ports(),
        Rows([=, &world = world_](ChainContext* context, const BatchLayout& batch, int64_t row) {
          Count(world, context, batch, row, count, seen, out);
          if (with_windows) CountInWindow(world, context, batch, row, window);
        }),
        states);
    if (!with_windows) return;
    const Outlet windows = OutletOf("windows_of", "windows", nullptr);
    const uint32_t emit = chain_->AddPipeline(PipelineInput::kState, window, windows.ports(),
                                              EmitTable(windows, true));
    chain_->layout_.states[window].emit_pipeline = emit;
    merged_.push_back(window);
  }

  // The row must be the next one of its key and split.
  static void Count(const ToyWorld& world, ChainContext* context, const BatchLayout& batch,
                    int64_t row, uint32_t count_state, uint32_t seen_state, const Outlet& out) {
    const int64_t split = Cell(batch, 0, row), number = Cell(batch, 1, row);
    const int64_t key = Cell(batch, 3, row);
    const uint64_t hash = HashInteger(key);
    const Record& record =
        world.workload->splits[static_cast<size_t>(split)][static_cast<size_t>(number)];
    ProbeResult result;
    const int64_t count_key[2] = {key, split};
    CountRow& state = *reinterpret_cast<CountRow*>(
        StateRow(context->states[count_state].table, hash, count_key, &result));
    if (result == ProbeResult::kInserted) state.last_record = -1;
    if (state.last_record >= number) {
      world.violate(fmt::format("I2, I3: record {} of split {} comes after record {}", number,
                                split, state.last_record));
    }
    if (++state.count != record.ordinal) {
      world.violate(
          fmt::format("I1, I4: record {} of split {} is number {} of key {}, the state "
                      "counts {}",
                      number, split, record.ordinal, key, state.count));
    }
    state.last_record = number;
    const int64_t seen_key[2] = {key, number * 64 + split};
    ++CountOf(StateRow(context->states[seen_state].table, hash, seen_key, &result), 24);
    if (result != ProbeResult::kInserted) {
      world.violate(fmt::format("I2: record {} of split {} was seen before", number, split));
    }
    out.Put(context, {split, number, key, state.count, 0}, HashInteger(0));
  }

  static void CountInWindow(const ToyWorld& world, ChainContext* context, const BatchLayout& batch,
                            int64_t row, uint32_t state) {
    const int64_t time = Cell(batch, 2, row), watermark = Cell(batch, 4, row);
    const SliceCursor& slice = context->states[state].slice;
    KeyedTable* table = slice.table;
    if (!(slice.slice_begin <= time && time < slice.slice_end &&
          watermark < slice.late_watermark)) {
      int32_t status = 0;
      table = flinkc_rt_select_slice(context, state, time, watermark, &status);
      if (table == nullptr) {
        world.violate(fmt::format("I12: record {} of split {} is late, which none is",
                                  Cell(batch, 1, row), Cell(batch, 0, row)));
        return;
      }
    }
    ProbeResult result;
    const int64_t key[1] = {Cell(batch, 3, row)};
    ++CountOf(StateRow(table, HashInteger(key[0]), key, &result), 16);
  }

  // Of tables with one number as key and a count.
  static FakeChain::Function EmitTable(const Outlet& out, bool windows) {
    return [=](ChainContext* context, const void* input, int64_t row) {
      const KeyedTable& table = *static_cast<const KeyedTable*>(input);
      while (row < static_cast<int64_t>(table.row_count)) {
        char* from = table.Row(static_cast<uint64_t>(row));
        const int64_t key = CountOf(from, 8), count = CountOf(from, 16);
        out.Put(context,
                windows ? Row{context->window_begin, context->window_end, key, count, 0}
                        : Row{count, 0, 0, 0, 0},
                HashInteger(key));
        ++row;
        if (context->blocked != 0) break;
      }
      return row;
    };
  }

  static int64_t MergeCounts(ChainContext*, const void* input, int64_t) {
    const MergeInput& merge = *static_cast<const MergeInput*>(input);
    for (uint64_t i = 0; i < merge.from->row_count; ++i) {
      char* from = merge.from->Row(i);
      ProbeResult result;
      const int64_t key[1] = {CountOf(from, 8)};
      CountOf(StateRow(merge.into, HashInteger(key[0]), key, &result), 16) += CountOf(from, 16);
    }
    return static_cast<int64_t>(merge.from->row_count);
  }

  void AddTotal() {
    const bool head = words_[0] == "total";
    const uint32_t input = next_;
    const uint32_t state = AddState(kTotalState);
    chain_->AddPipeline(
        head ? PipelineInput::kHead : PipelineInput::kPort, input, {},
        Rows([state](ChainContext* context, const BatchLayout&, int64_t) {
          ProbeResult result;
          const int64_t key[1] = {0};
          ++CountOf(StateRow(context->states[state].table, HashInteger(0), key, &result), 16);
        }),
        {state});
    const Outlet out = OutletOf("total", "total", nullptr);
    chain_->layout_.states[state].emit_pipeline =
        chain_->AddPipeline(PipelineInput::kState, state, out.ports(), EmitTable(out, false));
  }

  void AddSinkHead(const std::string& sink) {
    const Outlet out = OutletOf("", sink, nullptr);
    chain_->AddPipeline(PipelineInput::kHead, 0, out.ports(),
                        Rows([out](ChainContext* context, const BatchLayout& batch, int64_t row) {
                          Row cells;
                          for (size_t column = 0; column < 5; ++column)
                            cells.push_back(Cell(batch, column, row));
                          out.Put(context, cells, 0);
                        }));
  }

  const ToyWorld& world_;
  std::vector<std::string> words_;
  const std::shared_ptr<FakeChain> chain_ = std::make_shared<FakeChain>();
  uint32_t next_ = 0;             // the port that the next operator of the chain reads
  std::vector<uint32_t> merged_;  // states with windows
};

}  // namespace

Result<std::shared_ptr<const CompiledChain>> ToyLoader::Load(std::string_view chain_plan) {
  return ToyChainBuilder(world_, chain_plan).Build();
}

}  // namespace flinkc
