#include "runtime/graph/job_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flinkc {
namespace {

// source -> (hash) aggregate -> (forward) sink, with every field set to something.
JobGraph SmallGraph() {
  JobGraph graph;
  graph.name = "small";
  graph.max_parallelism = 64;
  graph.config = {{"parallelism.default", "4"}, {"a", ""}};
  SourceDescriptor source;
  source.name = "s";
  source.connector = "file";
  source.options = {{"path", "a.csv"}, {"split_size", "16mb"}};
  source.format = "csv";
  source.format_options = {{"header", "true"}};
  source.schema = Schema({{"a", DataType(TypeKind::kBigint, false)},
                          {"ts", DataType::Timestamp(3, false)},
                          {"b", DataType::Decimal(12, 2)}});
  source.needed_columns = {0, 2};
  source.on_error = ErrorMode::kRoute;
  source.column_on_error = {{2, ErrorMode::kNull}};
  source.bounded = false;
  graph.vertices = {{JobVertexId(0),
                     "s",
                     4,
                     "default",
                     "plan\0a",
                     source,
                     EventTimeDescriptor{1, 5'000'000, 30'000'000, true,
                                         WatermarkAlignment{"g", 7'000'000, 100'000}},
                     {}},
                    {JobVertexId(1), "agg", 4, "default", "plan b", {}, {}, {}},
                    {JobVertexId(2),
                     "out",
                     1,
                     "slow",
                     "plan c",
                     {},
                     {},
                     {SinkDescriptor{"out", "file", {{"path", "d"}}, "json", {{"x", "y"}}}}}};
  graph.edges = {{JobVertexId(0), 0, JobVertexId(1), Partitioning::kHash},
                 {JobVertexId(1), 2, JobVertexId(2), Partitioning::kRebalance}};
  return graph;
}

std::string ErrorOf(const JobGraph& graph) {
  Result<JobGraph> read = DeserializeJobGraph(Serialize(graph));
  return read ? "" : read.error().message;
}

TEST(JobGraph, RoundTrips) {
  JobGraph graph = SmallGraph();
  Result<JobGraph> read = DeserializeJobGraph(Serialize(graph));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(Serialize(*read), Serialize(graph));
  EXPECT_EQ(read->name, "small");
  EXPECT_EQ(read->config, graph.config);
  ASSERT_EQ(read->vertices.size(), 3u);
  const JobVertex& source = read->vertices[0];
  EXPECT_EQ(source.id, JobVertexId(0));
  EXPECT_EQ(source.chain_plan, graph.vertices[0].chain_plan);
  ASSERT_TRUE(source.source && source.event_time);
  EXPECT_EQ(source.source->schema, graph.vertices[0].source->schema);
  EXPECT_EQ(source.source->options, graph.vertices[0].source->options);
  EXPECT_EQ(source.source->needed_columns, graph.vertices[0].source->needed_columns);
  EXPECT_EQ(source.source->column_on_error, graph.vertices[0].source->column_on_error);
  EXPECT_EQ(source.event_time->idle_after_micros, 30'000'000);
  EXPECT_TRUE(source.event_time->ordered);
  ASSERT_TRUE(source.event_time->align);
  EXPECT_EQ(source.event_time->align->group, "g");
  EXPECT_EQ(source.event_time->align->max_drift_micros, 7'000'000);
  EXPECT_EQ(source.event_time->align->update_interval_micros, 100'000);
  EXPECT_EQ(read->vertices[2].slot_sharing_group, "slow");
  EXPECT_EQ(read->vertices[2].sinks[0].format_options, graph.vertices[2].sinks[0].format_options);
  EXPECT_EQ(read->edges[1].source_output, 2u);
  EXPECT_EQ(read->edges[1].partitioning, Partitioning::kRebalance);
}

TEST(JobGraph, CarriesItsSpecAndTheDigestIsOfThePlanAlone) {
  JobGraph graph = SmallGraph();
  const std::string digest = PlanDigest(graph);
  EXPECT_EQ(digest.size(), 16u);
  graph.spec = "flinkc: 1\n";
  graph.name = "another";
  graph.config["a"] = "b";
  EXPECT_EQ(PlanDigest(graph), digest);
  const auto read = DeserializeJobGraph(Serialize(graph));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->spec, "flinkc: 1\n");
  EXPECT_EQ(PlanDigest(*read), digest);
  graph.vertices[0].chain_plan += "x";
  EXPECT_NE(PlanDigest(graph), digest);
}

TEST(JobGraph, RefusesBadGraphs) {
  JobGraph graph = SmallGraph();
  graph.edges[1].target = JobVertexId(9);
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("vertex 1 to vertex 9 of 3"));

  graph = SmallGraph();
  graph.edges.push_back({JobVertexId(2), 0, JobVertexId(1), Partitioning::kRebalance});
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("cycle"));

  graph = SmallGraph();
  graph.edges.push_back({JobVertexId(2), 0, JobVertexId(0), Partitioning::kRebalance});
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("an input and a source"));

  graph = SmallGraph();
  graph.edges.pop_back();
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("neither an input nor a source"));

  graph = SmallGraph();
  graph.edges[1].partitioning = Partitioning::kForward;
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("different parallelism"));

  graph = SmallGraph();
  graph.edges[0].partitioning = static_cast<Partitioning>(7);
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("no partitioning 7"));

  graph = SmallGraph();
  graph.vertices[1].parallelism = 0;
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("parallelism of 0"));

  graph = SmallGraph();
  graph.max_parallelism = 100'000;
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("maximum parallelism of 100000"));

  graph = SmallGraph();
  graph.vertices[0].source->needed_columns = {2, 0};
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("cannot need column 0"));

  graph = SmallGraph();
  graph.vertices[0].event_time->column = 0;
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("no TIMESTAMP column"));

  graph = SmallGraph();
  graph.vertices[0].event_time->align->update_interval_micros = 0;
  EXPECT_THAT(ErrorOf(graph), testing::HasSubstr("is aligned by no durations"));
}

TEST(JobGraph, DamagedBytesAreAnErrorOrAValidGraph) {
  std::string bytes = Serialize(SmallGraph());
  EXPECT_FALSE(DeserializeJobGraph("").has_value());
  EXPECT_FALSE(DeserializeJobGraph("not a graph").has_value());
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(DeserializeJobGraph(bytes.substr(0, i)).has_value() && i < 4) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      // Whatever is read, can be written and read again.
      if (Result<JobGraph> read = DeserializeJobGraph(damaged)) {
        EXPECT_TRUE(DeserializeJobGraph(Serialize(*read)).has_value()) << i;
      }
    }
  }
}

}  // namespace
}  // namespace flinkc
