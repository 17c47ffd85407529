// A small plan built by hand, in every format.
#include "compiler/explain/explain.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compiler/explain/plan_layout.h"

namespace flinkc {
namespace {

LogicalOutput Output(std::string name, ChangelogMode mode = ChangelogMode::kAppend) {
  LogicalOutput output;
  output.name = std::move(name);
  output.schema.Add({"k", DataType::String()});
  output.changelog = mode;
  return output;
}

LogicalOperator Operator(uint32_t id, std::string stream, OperatorVariant op,
                         std::vector<LogicalInput> inputs, std::vector<LogicalOutput> outputs) {
  LogicalOperator made;
  made.id = OperatorId(id);
  made.stream = std::move(stream);
  made.op = std::move(op);
  made.inputs = std::move(inputs);
  made.outputs = std::move(outputs);
  return made;
}

LogicalOperator Source() {
  SourceOp source;
  source.descriptor.connector = "file";
  source.descriptor.options = {{"path", "a<\"b\">"}};
  return Operator(1, "in", source, {}, {Output(""), Output("errors")});
}

LogicalOperator Aggregate() {
  AggregateOp aggregate;
  aggregate.keys = {0};
  aggregate.state_id = "agg/aggregate";
  LogicalOutput output = Output("", ChangelogMode::kRetract);
  output.unique_key = {0};
  return Operator(2, "agg", aggregate, {{OperatorId(1), 0}}, {output});
}

LogicalOperator Sink(uint32_t id, std::string name, LogicalInput input, bool exactly_once) {
  SinkOp sink;
  sink.descriptor.connector = "console";
  sink.exactly_once = exactly_once;
  return Operator(id, std::move(name), sink, {input}, {});
}

LogicalPlan MakePlan() {
  LogicalPlan plan;
  plan.job_name = "j & k";
  plan.parallelism = 4;
  plan.operators = {Source(), Aggregate(), Sink(3, "out", {OperatorId(2), 0}, true),
                    Sink(4, "bad", {OperatorId(1), 1}, false)};
  plan.config = {{"parallelism.default", {"4", "-D"}}, {"pipeline.name", {"x", "default"}}};
  return plan;
}

ChainedJob MakeJob() {
  const LogicalPlan plan = MakePlan();
  ChainedJob job;
  job.graph.name = plan.job_name;
  job.config = plan.config;
  job.chains.resize(2);
  job.chains[0].operators = {plan.operators[0], plan.operators[3]};
  job.chains[0].outputs = {{{OperatorId(1), 0}, {0}, true, false}};
  job.chains[1].operators = {plan.operators[1], plan.operators[2]};
  job.chains[1].heads[0].schema = plan.operators[0].outputs[0].schema;
  job.chains[0].parallelism = 4;
  job.chains[1].parallelism = 2;
  job.graph.edges = {{JobVertexId(0), 0, JobVertexId(1), Partitioning::kHash}};
  return job;
}

TEST(Explain, Text) {
  EXPECT_EQ(Explain(MakePlan(), "optimized", ExplainFormat::kText),
            R"~(job j & k · parallelism 4 · max parallelism 128 · time zone UTC

#1 in  [source]
   file (path: a<"b">)
   bounded
   -> append: k STRING
   -> .errors append: k STRING

#2 agg  [aggregate]
   <- #1 in, append
   by k
   emits changes
   state agg/aggregate
   -> retract (k): k STRING

#3 out  [sink]
   <- #2 agg, retract (k)
   console

#4 bad  [sink]
   <- #1 in .errors, append
   console

delivery
   out  exactly once
   bad  at least once

configuration
   parallelism.default  4  -D
   1 more option by default
)~");
}

TEST(Explain, TextOfChainsSaysWhatIsExchanged) {
  const std::string text = Explain(MakeJob(), ExplainFormat::kText);
  EXPECT_NE(text.find("\nchain 2 · parallelism 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("<- #1 in, hash by k from chain 1, append\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n   parallelism.default  4  -D\n   1 more option by default\n"),
            std::string::npos)
      << text;
}

TEST(Explain, LongSchemasWrapBetweenColumns) {
  LogicalPlan plan = MakePlan();
  for (int i = 0; i < 30; ++i) {
    plan.operators[0].outputs[0].schema.Add({"column_" + std::to_string(i), DataType::String()});
  }
  const std::string text = Explain(plan, "logical", ExplainFormat::kText);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 100U);
    EXPECT_NE(text.substr(begin, end - begin).find_last_not_of(' '), end - begin - 2);
    begin = end + 1;
  }
}

TEST(Explain, DotOfChains) {
  EXPECT_EQ(Explain(MakeJob(), ExplainFormat::kDot),
            R"~(digraph plan {
  label="j &amp; k · parallelism 4 · max parallelism 128 · time zone UTC"; labelloc=t; fontname=Helvetica;
  node [shape=box, style=filled, fillcolor=white, fontname=Helvetica, fontsize=10];
  edge [fontname=Helvetica, fontsize=9];
  subgraph cluster_1 {
    label="chain 1 · parallelism 4"; labeljust=l; style=rounded; color="#8a929c";
    n1 [label="in · source\nfile (path: a<\"b\">)\lbounded\l", style="rounded,filled", fillcolor="#e6f0ea"];
    n4 [label="bad · sink\nconsole\lat least once\l", shape=note, fillcolor="#e4ecf6"];
  }
  subgraph cluster_2 {
    label="chain 2 · parallelism 2"; labeljust=l; style=rounded; color="#8a929c";
    n2 [label="agg · aggregate\nby k\lemits changes\lstate agg/aggregate\l", peripheries=2, fillcolor="#fbf1dd"];
    n3 [label="out · sink\nconsole\lexactly once\l", shape=note, fillcolor="#e4ecf6"];
  }
  n1 -> n4 [label=".errors"];
  n2 -> n3 [label="retract (k)"];
  n1 -> n2 [label="hash by k"];
}
)~");
}

TEST(Explain, MermaidOfChains) {
  const std::string text = Explain(MakeJob(), ExplainFormat::kMermaid);
  EXPECT_TRUE(text.starts_with(
      R"~(flowchart TB
  subgraph chain1["chain 1 · parallelism 4"]
    n1(["<b>in</b> source<br/>file (path: a#lt;#quot;b#quot;#gt;)<br/>bounded"]):::source
    n4[/"<b>bad</b> sink<br/>console<br/>at least once"/]:::sink
  end
  subgraph chain2["chain 2 · parallelism 2"]
    n2[["<b>agg</b> aggregate<br/>by k<br/>emits changes<br/>state agg/aggregate"]]:::stateful
    n3[/"<b>out</b> sink<br/>console<br/>exactly once"/]:::sink
  end
  n1 -->|".errors"| n4
  n2 -->|"retract (k)"| n3
  n1 -->|"hash by k"| n2
  classDef source)~"))
      << text;
}

TEST(Explain, JsonOfChains) {
  ChainedJob job = MakeJob();
  job.chains[0].operators.pop_back();
  job.chains[1].operators.pop_back();
  EXPECT_EQ(
      Explain(job, ExplainFormat::kJson),
      R"~({"version":1,"level":"chains","job":"j & k","parallelism":4,)~"
      R"~("max_parallelism":128,"time_zone":"UTC",)~"
      R"~("chains":[{"id":1,"parallelism":4},{"id":2,"parallelism":2}],"operators":[)~"
      R"~({"id":1,"path":"in","kind":"source","chain":1,)~"
      R"~("details":["file (path: a<\"b\">)","bounded"],"outputs":[)~"
      R"~({"name":"","changelog":"append","columns":[{"name":"k","type":"STRING"}]},)~"
      R"~({"name":"errors","changelog":"append","columns":[{"name":"k","type":"STRING"}]}]},)~"
      R"~({"id":2,"path":"agg","kind":"aggregate","chain":2,"state_id":"agg/aggregate",)~"
      R"~("details":["by k","emits changes"],"outputs":[{"name":"","changelog":"retract",)~"
      R"~("unique_key":["k"],"columns":[{"name":"k","type":"STRING"}]}]}],"edges":[)~"
      R"~({"from":1,"output":"","to":2,"changelog":"append","partitioning":"hash","keys":["k"]}],)~"
      R"~("config":{"parallelism.default":{"value":"4","origin":"-D"},)~"
      R"~("pipeline.name":{"value":"x","origin":"default"}}})~"
      "\n");
}

TEST(Explain, JsonSurvivesBytesThatAreNoText) {
  LogicalPlan plan = MakePlan();
  plan.job_name = "\xff\x01";
  const auto json = nlohmann::json::parse(Explain(plan, "logical", ExplainFormat::kJson));
  EXPECT_EQ(json["job"], "\xef\xbf\xbd\x01");
  EXPECT_EQ(json["level"], "logical");
  EXPECT_EQ(json["config"]["parallelism.default"]["origin"], "-D");
}

TEST(Explain, SvgEscapesAndShortens) {
  LogicalPlan plan = MakePlan();
  const std::string path(400, 'p');
  plan.operators[0].As<SourceOp>()->descriptor.options["path"] = path;
  const std::string svg = Explain(plan, "logical", ExplainFormat::kSvg);
  EXPECT_NE(svg.find("<title>j &amp; k</title>"), std::string::npos);
  EXPECT_EQ(svg.find("j & k"), std::string::npos);
  // Whole once, in the tooltip.
  const size_t whole = svg.find(path);
  ASSERT_NE(whole, std::string::npos);
  EXPECT_EQ(svg.find(path, whole + 1), std::string::npos);
  EXPECT_NE(svg.find("ppp…</text>"), std::string::npos);
  EXPECT_NE(svg.find(">retract (k)</text>"), std::string::npos);
}

TEST(PlanLayout, AChainHoldsItsOperatorsAndNoOthers) {
  const PlanGraph graph = MakePlanGraph(MakeJob());
  const PlanLayout layout = LayOutPlan(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Rect& box = layout.nodes[i].rect;
    for (size_t group = 0; group < graph.groups.size(); ++group) {
      const Rect& chain = layout.groups[group];
      const bool inside = box.x > chain.x && box.right() < chain.right() && box.y > chain.y &&
                          box.bottom() < chain.bottom();
      EXPECT_EQ(inside, graph.nodes[i].group == group) << graph.nodes[i].title;
    }
  }
}

TEST(PlanLayout, AnExchangeGoesFromItsOperatorToTheBorderOfTheNextChain) {
  const PlanGraph graph = MakePlanGraph(MakeJob());
  const PlanLayout layout = LayOutPlan(graph);
  const EdgePath& exchange = layout.edges.back();
  EXPECT_NEAR(exchange.points.front().y, layout.nodes[graph.edges.back().source].rect.bottom(),
              1e-6);
  EXPECT_NEAR(exchange.points.back().y, layout.groups[1].y, 1e-6);
  for (size_t i = 1; i < exchange.points.size(); ++i) {
    EXPECT_GE(exchange.points[i].y, exchange.points[i - 1].y);
  }
}

TEST(ParseExplainFormat, KnowsItsNames) {
  EXPECT_EQ(ParseExplainFormat("svg"), ExplainFormat::kSvg);
  EXPECT_EQ(ParseExplainFormat("png"), std::nullopt);
}

}  // namespace
}  // namespace flinkc
