#include <sys/resource.h>

#include <csignal>

#include "stdlib-operators/connectors/blackhole_sink.h"
#include "tests/unit/stdlib/connectors/connector_fixture.h"

namespace flinkc {
namespace {

using Names = std::vector<std::string>;

Value Int(int64_t value) { return Value{value}; }
Value Str(std::string value) { return Value{std::move(value)}; }
Value Null() { return {}; }

Schema TwoColumns() { return Schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType::String()}}); }

class FileSink : public ConnectorTest {
 protected:
  std::string Out() const { return Path("out"); }

  // All the way: prepare, write, seal, commit.
  Status Run(OptionMap options, const std::vector<std::vector<ValueList>>& batches,
             std::string format = "csv", OptionMap format_options = {}, uint32_t subtask = 0,
             uint32_t parallelism = 1) {
    options["path"] = Out();
    const SinkDescriptor sink =
        MakeSink("file", std::move(options), std::move(format), std::move(format_options));
    if (subtask == 0) RETURN_IF_ERROR(FindConnector(StdConnectors(), "file")->prepare_sink(sink));
    ASSIGN_OR_RETURN(const auto writer,
                     OpenSink(sink, TwoColumns(), nullptr, false, subtask, parallelism));
    for (const auto& rows : batches) {
      RETURN_IF_ERROR(writer->Write(MakeBatch(TwoColumns(), rows)));
    }
    ASSIGN_OR_RETURN(const std::string unit, writer->Seal());
    RETURN_IF_ERROR(writer->Persist());
    const std::unique_ptr<SinkCommitter> committer = OpenCommitter(sink);
    RETURN_IF_ERROR(committer->Commit({unit}));
    return committer->Commit({unit});
  }
};

TEST_F(FileSink, WritesCsvThatReadsBack) {
  const std::vector<ValueList> rows{{Int(1), Str("plain")}, {Int(2), Str("a,\"b\"\nc")},
                                    {Null(), Null()},       {Int(4), Str("")},
                                    {Int(5), Str(" sp ")},  {Int(6), Str("\r")}};
  ASSERT_TRUE(Run({}, {rows}));
  EXPECT_EQ(FilesBelow(Out()), Names{"part-0-0.csv"});
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.csv"),
            "a,b\n1,plain\n2,\"a,\"\"b\"\"\nc\"\n,\n4,\"\"\n5,\" sp \"\n6,\"\r\"\n");
  for (const char* trim : {"false", "true"}) {
    const SourceRows back =
        ReadSource(MakeSource("file", {{"path", Out()}}, TwoColumns(), "csv", {{"trim", trim}}));
    EXPECT_EQ(back.rows, (Names{R"({"a":1,"b":"plain"})", R"({"a":2,"b":"a,\"b\"\nc"})",
                                R"({"a":null,"b":null})", R"({"a":4,"b":""})",
                                R"({"a":5,"b":" sp "})", R"({"a":6,"b":"\r"})"}));
  }
}

TEST_F(FileSink, FormatOptionsCount) {
  ASSERT_TRUE(Run({}, {{{Int(1), Str("x'y;")}, {Null(), Str("NA")}}}, "csv",
                  {{"header", "false"}, {"delimiter", ";"}, {"quote", "'"}, {"null", "NA"}}));
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.csv"), "1;'x''y;'\nNA;'NA'\n");
}

TEST_F(FileSink, WritesJsonAndText) {
  ASSERT_TRUE(Run({}, {{{Int(1), Str("q\"\n")}, {Null(), Null()}}}, "json"));
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.json"),
            "{\"a\":1,\"b\":\"q\\\"\\n\"}\n{\"a\":null,\"b\":null}\n");
  EXPECT_EQ(Run({{"mode", "append"}}, {}, "text").error().message,
            "format text: a sink needs exactly one column, a STRING");
}

TEST_F(FileSink, TimestampsInEachJsonFormat) {
  const Schema schema({{"t", DataType::Timestamp(3)}, {"z", DataType::TimestampLtz(3)}});
  const std::pair<const char*, const char*> formats[] = {
      {"sql", "{\"t\":\"1969-12-31 23:59:59.999\",\"z\":"},
      {"iso", "{\"t\":\"1969-12-31T23:59:59.999\",\"z\":\"1969-12-31T23:59:59.999Z\"}\n"},
      {"epoch_ms", "{\"t\":-1,\"z\":-1}\n"}};
  for (const auto& [format, expected] : formats) {
    std::string printed;
    const SinkDescriptor sink = MakeSink("console", {}, "json", {{"timestamp_format", format}});
    const auto writer = OpenSink(sink, schema, [&](std::string_view text) -> Status {
      printed += text;
      return {};
    });
    ASSERT_TRUE((*writer)->Write(MakeBatch(schema, {{Int(-1'000), Int(-1'000)}})));
    EXPECT_TRUE(printed.starts_with(expected)) << printed;
  }
}

TEST_F(FileSink, NothingHasItsFinalNameBeforeCommit) {
  const SinkDescriptor sink = MakeSink("file", {{"path", Out()}}, "csv");
  ASSERT_TRUE(FindConnector(StdConnectors(), "file")->prepare_sink(sink));
  auto writer = OpenSink(sink, TwoColumns());
  ASSERT_TRUE((*writer)->Write(MakeBatch(TwoColumns(), {{Int(1), Str("x")}})));
  const Result<std::string> unit = (*writer)->Seal();
  ASSERT_TRUE(unit);
  ASSERT_TRUE((*writer)->Persist());
  const Names files = FilesBelow(Out());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_TRUE(files[0].starts_with(".part-0-0.csv.")) << files[0];
  EXPECT_TRUE(files[0].ends_with(".inprogress")) << files[0];
  ASSERT_TRUE(OpenCommitter(sink)->Commit({*unit}));
  EXPECT_EQ(FilesBelow(Out()), Names{"part-0-0.csv"});
  (*writer)->Abort();
  EXPECT_EQ(FilesBelow(Out()), Names{"part-0-0.csv"});
}

TEST_F(FileSink, AbortAndDestructionRemoveWhatIsUnfinished) {
  const SinkDescriptor sink = MakeSink("file", {{"path", Out()}, {"partition_by.0", "b"}}, "csv");
  for (const bool abort : {true, false}) {
    ASSERT_TRUE(FindConnector(StdConnectors(), "file")->prepare_sink(sink));
    auto writer = OpenSink(sink, TwoColumns());
    ASSERT_TRUE((*writer)->Write(MakeBatch(TwoColumns(), {{Int(1), Str("x")}})));
    if (abort) (*writer)->Abort();
    writer->reset();
    EXPECT_TRUE(std::filesystem::is_empty(Out()));
  }
}

TEST_F(FileSink, ADirectoryThatIsNotEmptyIsRefusedUnlessModeSays) {
  WriteFile("out/.hidden", "");
  ASSERT_TRUE(Run({}, {{{Int(1), Str("x")}}}));
  const Status refused = Run({}, {{{Int(2), Str("y")}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(refused.error().message,
            "sink `out`: " + Out() +
                " is not empty (it has part-0-0.csv); set `mode: append` or "
                "`mode: overwrite`, or choose another directory");
  ASSERT_TRUE(Run({{"mode", "append"}}, {{{Int(2), Str("y")}}}));
  EXPECT_EQ(FilesBelow(Out()), (Names{".hidden", "part-0-0.csv", "part-0-1.csv"}));
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.csv"), "a,b\n1,x\n");
  WriteFile("out/part-7-0.json", "of another run");
  WriteFile("out/notes.txt", "mine");
  ASSERT_TRUE(Run({{"mode", "overwrite"}}, {{{Int(3), Str("z")}}}));
  EXPECT_EQ(FilesBelow(Out()), (Names{".hidden", "notes.txt", "part-0-0.csv"}));
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.csv"), "a,b\n3,z\n");
}

// What a process that died before its first checkpoint has left keeps nobody from starting again.
TEST_F(FileSink, UnfinishedFilesInPartitionsAreNoOutput) {
  WriteFile("out/b=x/.part-0-0.csv.0123456789abcdef-fedcba9876543210.inprogress", "1,x");
  std::filesystem::create_directories(Out() + "/b=y");
  const SinkDescriptor sink = MakeSink("file", {{"path", Out()}, {"partition_by.0", "b"}}, "csv");
  EXPECT_TRUE(FindConnector(StdConnectors(), "file")->prepare_sink(sink));
  WriteFile("out/b=y/part-0-0.csv", "1,y");
  EXPECT_FALSE(FindConnector(StdConnectors(), "file")->prepare_sink(sink));
}

TEST_F(FileSink, OverwriteKeepsTheOldFilesIfTheJobFails) {
  ASSERT_TRUE(Run({}, {{{Int(1), Str("x")}}}));
  const SinkDescriptor sink = MakeSink("file", {{"path", Out()}, {"mode", "overwrite"}}, "csv");
  ASSERT_TRUE(FindConnector(StdConnectors(), "file")->prepare_sink(sink));
  auto writer = OpenSink(sink, TwoColumns());
  ASSERT_TRUE((*writer)->Write(MakeBatch(TwoColumns(), {{Int(2), Str("y")}})));
  ASSERT_TRUE((*writer)->Seal());
  ASSERT_TRUE((*writer)->Persist());
  (*writer)->Abort();
  EXPECT_EQ(FilesBelow(Out()).size(), 2u);
  ASSERT_TRUE(OpenCommitter(sink)->RemoveLeftovers({}, nullptr));
  EXPECT_EQ(FilesBelow(Out()), Names{"part-0-0.csv"});
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.csv"), "a,b\n1,x\n");
}

TEST_F(FileSink, OverwriteWithSeveralSubtasksLeavesOnlyTheirFiles) {
  for (const char* old : {"part-0-0.csv", "part-1-0.csv", "part-1-1.csv", "part-2-0.csv"}) {
    WriteFile(std::string("out/") + old, "old\n");
  }
  ASSERT_TRUE(Run({{"mode", "overwrite"}}, {{{Int(1), Str("x")}}}, "csv", {}, 1, 2));
  ASSERT_TRUE(Run({{"mode", "overwrite"}}, {{{Int(0), Str("x")}}}, "csv", {}, 0, 2));
  EXPECT_EQ(FilesBelow(Out()), (Names{"part-0-0.csv", "part-1-0.csv"}));
  EXPECT_EQ(ReadFile(Out() + "/part-1-0.csv"), "a,b\n1,x\n");
}

TEST_F(FileSink, RollsBySize) {
  std::vector<ValueList> rows;
  for (int i = 0; i < 100; ++i) rows.push_back({Int(i), Str(std::string(20, 'x'))});
  ASSERT_TRUE(Run({{"roll.size", "500"}}, {rows}));
  const Names files = FilesBelow(Out());
  EXPECT_GT(files.size(), 4u);
  for (const std::string& file : files) {
    EXPECT_LT(std::filesystem::file_size(Out() + "/" + file), 530u);
    EXPECT_TRUE(ReadFile(Out() + "/" + file).starts_with("a,b\n"));
  }
  EXPECT_EQ(ReadSource(MakeSource("file", {{"path", Out()}}, TwoColumns(), "csv")).rows.size(),
            100u);
}

TEST_F(FileSink, PacksFiles) {
  std::vector<ValueList> rows;
  for (int i = 0; i < 4000; ++i) rows.push_back({Int(i), Str("some text to pack")});
  const std::pair<const char*, const char*> kinds[] = {{"gzip", "part-0-0.csv.gz"},
                                                       {"zstd", "part-0-0.csv.zst"}};
  for (const auto& [name, file] : kinds) {
    std::filesystem::remove_all(Out());
    ASSERT_TRUE(Run({{"compression", name}}, {rows, rows}));
    EXPECT_EQ(FilesBelow(Out()), Names{file});
    EXPECT_LT(std::filesystem::file_size(Out() + "/" + file), 100'000u);
    EXPECT_EQ(ReadSource(MakeSource("file", {{"path", Out()}}, TwoColumns(), "csv")).rows.size(),
              8000u);
  }
}

TEST_F(FileSink, PartitionsByColumns) {
  ASSERT_TRUE(Run(
      {{"partition_by.0", "b"}, {"partition_by.1", "a"}},
      {{{Int(1), Str("x/../y")}, {Int(2), Str("")}, {Null(), Null()}, {Int(1), Str("x/../y")}}}));
  EXPECT_EQ(FilesBelow(Out()),
            (Names{"b=__EMPTY__/a=2/part-0-0.csv", "b=__NULL__/a=__NULL__/part-0-0.csv",
                   "b=x%2F..%2Fy/a=1/part-0-0.csv"}));
  EXPECT_EQ(ReadFile(Out() + "/b=x%2F..%2Fy/a=1/part-0-0.csv"), "a,b\n1,x/../y\n1,x/../y\n");
  EXPECT_EQ(ReadSource(MakeSource("file", {{"path", Out()}}, TwoColumns(), "csv")).rows.size(), 4u);
}

TEST_F(FileSink, MorePartitionsThanOpenFiles) {
  std::vector<ValueList> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back({Int(i), Str(std::to_string(i % 300))});
  ASSERT_TRUE(Run({{"partition_by.0", "b"}}, {rows}));
  EXPECT_EQ(ReadSource(MakeSource("file", {{"path", Out()}}, TwoColumns(), "csv")).rows.size(),
            1000u);
}

TEST_F(FileSink, PartitionByAColumnThatIsNotThere) {
  const Status status = Run({{"partition_by.0", "c"}}, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "sink `out`: option `partition_by`: there is no column `c`");
}

TEST_F(FileSink, RollsByTime) {
  const SinkDescriptor sink = MakeSink("file", {{"path", Out()}, {"roll.every", "10s"}}, "csv");
  TestClock clock;
  SinkContext context = MakeSinkContext(sink, TwoColumns());
  context.clock = &clock;
  const auto writer = FindConnector(StdConnectors(), "file")->make_writer(context);
  ASSERT_TRUE(writer);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE((*writer)->Write(MakeBatch(TwoColumns(), {{Int(i), Str("x")}})));
    clock.nanos += 5'000'000'000;
  }
  const Result<std::string> unit = (*writer)->Seal();
  ASSERT_TRUE(unit);
  ASSERT_TRUE((*writer)->Persist());
  ASSERT_TRUE(OpenCommitter(sink)->Commit({*unit}));
  EXPECT_EQ(FilesBelow(Out()), (Names{"part-0-0.csv", "part-0-1.csv", "part-0-2.csv"}));
  EXPECT_EQ(ReadFile(Out() + "/part-0-1.csv"), "a,b\n2,x\n3,x\n");
  EXPECT_EQ(Run({{"roll.every", "0s"}}, {}).error().message,
            "sink `out`: option `roll.every`: expected more than nothing");
}

TEST_F(FileSink, ADirectoryThatCannotBeMadeIsNamed) {
  WriteFile("file", "");
  const SinkDescriptor sink = MakeSink("file", {{"path", Path("file/out")}}, "csv");
  const Status status = FindConnector(StdConnectors(), "file")->prepare_sink(sink);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message,
            "sink `out`: cannot create the directory " + Path("file/out") + ": Not a directory");
}

// RLIMIT_FSIZE stands for a full disk: write fails with the system's own error.
TEST_F(FileSink, AFullDiskIsAnErrorAndLeavesNoWholeFile) {
  std::vector<ValueList> rows;
  for (int i = 0; i < 4000; ++i) rows.push_back({Int(i), Str(std::string(100, 'x'))});
  ASSERT_TRUE(Run({}, {{{Int(1), Str("written before")}}}));
  const SinkDescriptor sink = MakeSink("file", {{"path", Out()}, {"mode", "append"}}, "csv");
  auto writer = OpenSink(sink, TwoColumns());
  rlimit before;
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 100'000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  Status status = (*writer)->Write(MakeBatch(TwoColumns(), rows));
  if (status) {
    if (const Result<std::string> unit = (*writer)->Seal(); !unit) {
      status = std::unexpected(unit.error());
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kNoSpace);
  const std::string& message = status.error().message;
  EXPECT_TRUE(message.starts_with("cannot write " + Out() + "/.part-0-1.csv.")) << message;
  EXPECT_TRUE(message.ends_with(".inprogress: File too large")) << message;
  (*writer)->Abort();
  EXPECT_EQ(FilesBelow(Out()), Names{"part-0-0.csv"});
}

class ConsoleSink : public ConnectorTest {
 protected:
  std::string Print(OptionMap options, std::string format, const std::vector<ValueList>& rows,
                    const std::vector<RowKind>& kinds = {}) {
    std::string printed;
    const SinkDescriptor sink = MakeSink("console", std::move(options), std::move(format));
    const auto writer = OpenSink(
        sink, TwoColumns(),
        [&](std::string_view text) -> Status {
          printed += text;
          return {};
        },
        !kinds.empty());
    if (!writer) return writer.error().message;
    EXPECT_TRUE((*writer)->Write(MakeBatch(TwoColumns(), rows, kinds)));
    EXPECT_EQ((*writer)->Seal().value(), "");
    return printed;
  }
  const std::vector<ValueList> rows_{{Int(1), Str("x")}, {Null(), Null()}};
  const std::vector<ValueList> four_{
      {Int(1), Str("i")}, {Int(1), Str("i")}, {Int(2), Str("u")}, {Int(2), Str("u")}};
  const std::vector<RowKind> kinds_{RowKind::kInsert, RowKind::kUpdateBefore, RowKind::kUpdateAfter,
                                    RowKind::kDelete};
};

TEST_F(ConsoleSink, PrintsRowsAsFlinkDoes) {
  EXPECT_EQ(Print({}, "", rows_), "+I[1, x]\n+I[NULL, NULL]\n");
  EXPECT_EQ(Print({}, "", four_, kinds_), "+I[1, i]\n-U[1, i]\n+U[2, u]\n-D[2, u]\n");
}

TEST_F(ConsoleSink, PrintsFormats) {
  EXPECT_EQ(Print({}, "json", rows_), "{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"b\":null}\n");
  EXPECT_EQ(Print({}, "csv", rows_), "a,b\n1,x\n,\n");
  EXPECT_EQ(Print({}, "csv", four_, kinds_), "a,b\n+I 1,i\n-U 1,i\n+U 2,u\n-D 2,u\n");
}

TEST_F(ConsoleSink, PrefixAndLimit) {
  EXPECT_EQ(Print({{"prefix", "p"}, {"limit", "1"}}, "", rows_), "p> +I[1, x]\np> (1 more rows)\n");
  EXPECT_EQ(Print({{"limit", "2"}}, "", rows_), "+I[1, x]\n+I[NULL, NULL]\n");
  EXPECT_EQ(Print({{"limit", "-1"}}, "", rows_),
            "sink `out`: option `limit`: expected at least 0, found `-1`");
}

TEST(BlackholeSink, EveryValueCounts) {
  const Schema schema({{"i", DataType(TypeKind::kInt)},
                       {"d", DataType(TypeKind::kDouble)},
                       {"w", DataType::Decimal(30, 0)},
                       {"s", DataType::String()},
                       {"t", DataType(TypeKind::kTinyint)}});
  const auto checksum = [&](const std::vector<ValueList>& rows) {
    BlackholeWriter writer(schema);
    EXPECT_TRUE(writer.Write(MakeBatch(schema, rows)));
    return writer.checksum();
  };
  const ValueList row{Int(1), Value{2.5}, Value{Int128{3}}, Str("a text that is not inline"),
                      Int(4)};
  const ValueList other{Int(9), Value{0.5}, Value{Int128{7}}, Str("short"), Null()};
  const uint64_t all = checksum({row, other});
  EXPECT_EQ(all, checksum({other, row}));
  const ValueList changes{Int(2), Value{2.25}, Value{Int128{1} << 64},
                          Str("a text that is not inlinf"), Int(5)};
  for (size_t column = 0; column < schema.size(); ++column) {
    ValueList changed = row;
    changed[column] = changes[column];
    EXPECT_NE(all, checksum({changed, other})) << schema[column].name;
    changed[column] = Null();
    EXPECT_NE(all, checksum({changed, other})) << schema[column].name;
  }
  EXPECT_NE(all, checksum({row}));
}

}  // namespace
}  // namespace flinkc
