// A compiled job comes from a file: whatever is in it, reading and loading it gives a job or an
// error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "tests/fuzz/compile_specs.h"
#include "tests/fuzz/damage_job.h"

namespace flinkc {
namespace {

using testing::HasSubstr;

Engine& Interpreter() {
  static const std::unique_ptr<Engine> engine = [] {
    EngineOptions options;
    options.jit = false;
    return *Engine::Make(options);
  }();
  return *engine;
}

std::string CompiledFile() {
  const SourceBuffer buffer("damaged.yaml", kDamagedSpec);
  CompileRequest request;
  request.spec = &buffer;
  DiagnosticLog log;
  const std::optional<CompiledJob> job = CompileJob(request, Interpreter().services(), log);
  CHECK(job.has_value());
  return WriteJobFile(*job, buffer, "1.2.3");
}

std::string ErrorOf(std::string_view bytes) {
  const Result<JobFile> read = ReadJobFile(bytes);
  return read ? "" : read.error().message;
}

TEST(JobFile, ReadsBackWhatWasWritten) {
  const Result<JobFile> read = ReadJobFile(CompiledFile());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->spec_name, "damaged.yaml");
  EXPECT_EQ(read->spec_text, kDamagedSpec);
  EXPECT_EQ(read->graph.name, "damaged");
  const Status loaded = LoadJob(Serialize(read->graph), Interpreter().loader());
  EXPECT_TRUE(loaded) << loaded.error().message;
}

TEST(JobFile, RefusesAnotherKindOfFile) {
  EXPECT_EQ(ErrorOf(""), "not a job compiled by flinkc");
  EXPECT_EQ(ErrorOf("flinkc: 1\n"), "not a job compiled by flinkc");
}

TEST(JobFile, RefusesEveryTruncation) {
  const std::string file = CompiledFile();
  for (size_t size = 8; size < file.size(); ++size) {
    ASSERT_EQ(ErrorOf(std::string_view(file).substr(0, size)),
              "the compiled job is damaged or cut off; compile the spec again")
        << size << " bytes";
  }
}

TEST(JobFile, RefusesEveryFlippedByte) {
  std::string file = CompiledFile();
  for (size_t i = 0; i < file.size(); ++i) {
    file[i] = static_cast<char>(file[i] ^ (1 << i % 8));
    ASSERT_NE(ErrorOf(file), "") << "byte " << i;
    file[i] = static_cast<char>(file[i] ^ (1 << i % 8));
  }
  EXPECT_EQ(ErrorOf(file), "");
}

// Behind the checksum: a file that was made to do harm.
TEST(DamagedJob, IsAnErrorWhereItIsNoJob) {
  const std::vector<std::string> graphs = CompileSpecs(Interpreter());
  std::mt19937 random(7);
  std::set<std::string> errors;
  int loaded_count = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string bytes(random() % 24, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    Choices choices(bytes);
    const std::string damaged = DamageJob(graphs[random() % graphs.size()], choices);
    const Status loaded = LoadJob(damaged, Interpreter().loader());
    if (loaded) {
      ++loaded_count;
    } else {
      EXPECT_FALSE(loaded.error().message.empty());
      errors.insert(loaded.error().message);
    }
  }
  // It has got behind the parsers, both ways.
  EXPECT_GT(loaded_count, 100);
  EXPECT_GT(errors.size(), 100u);
}

TEST(DamagedJob, IsAnErrorWhateverItsBytes) {
  const std::vector<std::string> graphs = CompileSpecs(Interpreter());
  std::mt19937 random(8);
  int refused_count = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string damaged = graphs[random() % graphs.size()];
    const uint32_t changes = 1 + random() % 4;
    for (uint32_t change = 0; change < changes; ++change) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) damaged.resize(random() % damaged.size());
    if (!LoadJob(damaged, Interpreter().loader())) ++refused_count;
  }
  EXPECT_GT(refused_count, 1000);
}

// --- what the graph and its chains rely on of each other ---

class GraphAndChains : public testing::Test {
 protected:
  GraphAndChains() { CHECK(message_.ParseFromString(CompileSpecs(Interpreter())[0])); }

  std::string ErrorOfGraph() {
    const Status loaded = LoadJob(message_.SerializeAsString(), Interpreter().loader());
    return loaded ? "" : loaded.error().message;
  }

  template <typename Change>
  void ChangePlan(int vertex, Change change) {
    proto::ChainPlan plan;
    CHECK(plan.ParseFromString(message_.vertices(vertex).chain_plan()));
    change(plan);
    message_.mutable_vertices(vertex)->set_chain_plan(plan.SerializeAsString());
  }

  proto::JobGraph message_;
};

TEST_F(GraphAndChains, FitAsTheyWereMade) { EXPECT_EQ(ErrorOfGraph(), ""); }

TEST_F(GraphAndChains, RefuseAnEdgeFromNoOutput) {
  message_.mutable_edges(0)->set_source_output(99);
  EXPECT_THAT(ErrorOfGraph(), HasSubstr("an edge from no output, or two from one"));
}

TEST_F(GraphAndChains, RefuseAnOutputWithoutAnEdge) {
  ChangePlan(0, [](proto::ChainPlan& plan) { *plan.add_outputs() = plan.outputs(0); });
  EXPECT_THAT(ErrorOfGraph(), HasSubstr("an output without an edge"));
}

TEST_F(GraphAndChains, RefuseAnEdgeThatLacksKeyHashes) {
  ChangePlan(0, [](proto::ChainPlan& plan) {
    for (proto::ChainOutput& output : *plan.mutable_outputs()) output.set_hash(false);
  });
  EXPECT_THAT(ErrorOfGraph(), HasSubstr("an edge lacks key hashes"));
}

TEST_F(GraphAndChains, RefuseAnotherSource) {
  (*message_.mutable_vertices(0)->mutable_source()->mutable_options(0)->mutable_value()) = "other";
  EXPECT_THAT(ErrorOfGraph(), HasSubstr("they have different sources"));
}

TEST_F(GraphAndChains, RefuseOperatorsInACircle) {
  // The union and its sink.
  ChangePlan(message_.vertices_size() - 1, [](proto::ChainPlan& plan) {
    plan.mutable_operators(0)->mutable_inputs(0)->set_op(plan.operators(1).id());
  });
  EXPECT_THAT(ErrorOfGraph(), HasSubstr("which does not stand before it"));
}

TEST_F(GraphAndChains, RefuseAColumnOfAnotherType) {
  ChangePlan(0, [](proto::ChainPlan& plan) {
    plan.mutable_operators(1)->mutable_outputs(0)->mutable_schema()->mutable_fields()->RemoveLast();
  });
  EXPECT_THAT(ErrorOfGraph(), HasSubstr("the plan is damaged"));
}

}  // namespace
}  // namespace flinkc
