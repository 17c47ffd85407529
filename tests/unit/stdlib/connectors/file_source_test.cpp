#include <zlib.h>

#include <random>

#include "runtime/env/allowed_paths.h"
#include "stdlib-operators/connectors/compression.h"
#include "stdlib-operators/connectors/file_split.h"
#include "tests/unit/stdlib/connectors/connector_fixture.h"

namespace flinkc {
namespace {

using Rows = std::vector<std::string>;

Schema TwoColumns() { return Schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType::String()}}); }

std::string Pack(std::string_view text, Compression compression) {
  std::string packed;
  const std::unique_ptr<Compressor> compressor = MakeCompressor(compression);
  compressor->Append(text, packed);
  compressor->Finish(packed);
  return packed;
}

class FileSource : public ConnectorTest {
 protected:
  SourceRows Read(OptionMap options, std::string format = "csv", uint32_t parallelism = 1,
                  ErrorMode on_error = ErrorMode::kFail) {
    Schema schema =
        format == "text" ? Schema({{"line", DataType::String().NotNull()}}) : TwoColumns();
    SourceDescriptor source =
        MakeSource("file", std::move(options), std::move(schema), std::move(format));
    source.on_error = on_error;
    return ReadSource(source, parallelism);
  }
};

TEST_F(FileSource, ReadsAFileADirectoryAndAGlob) {
  WriteFile("in/2.csv", "a,b\n2,two\n");
  WriteFile("in/1.csv", "b,a\none,1\n");
  WriteFile("in/deep/3.csv", "a,b\n3,three\n");
  WriteFile("in/.hidden", "junk");
  WriteFile("in/_SUCCESS", "");
  WriteFile("in/deep/.part-0-0.csv.inprogress", "a,b\n9,unfinished\n");
  const Rows all{R"({"a":1,"b":"one"})", R"({"a":2,"b":"two"})", R"({"a":3,"b":"three"})"};
  EXPECT_EQ(Read({{"path", Path("in")}}).rows, all);
  EXPECT_EQ(Read({{"path", Path("in/")}}).rows, all);
  EXPECT_EQ(Read({{"path", Path("in/2.csv")}}).rows, Rows{all[1]});
  EXPECT_EQ(Read({{"path", Path("in/?.csv")}}).rows, (Rows{all[0], all[1]}));
  EXPECT_EQ(Read({{"path", Path("*")}}).rows, all);
  EXPECT_EQ(Read({{"path", Path("in")}}, "csv", 3).Sorted(), all);
}

TEST_F(FileSource, WhatIsNotThereIsNamed) {
  SourceRows got = Read({{"path", Path("missing.csv")}});
  EXPECT_EQ(got.code, ErrorCode::kNotFound);
  EXPECT_EQ(got.error,
            "source `s`: cannot open " + Path("missing.csv") + ": No such file or directory");
  got = Read({{"path", Path("*.csv")}});
  EXPECT_EQ(got.code, ErrorCode::kNotFound);
  EXPECT_EQ(got.error, "source `s`: no file matches " + Path("*.csv"));
  WriteFile("file", "x");
  got = Read({{"path", Path("file/below.csv")}});
  EXPECT_EQ(got.code, ErrorCode::kNotFound);
  EXPECT_NE(got.error.find("Not a directory"), std::string::npos);
}

TEST_F(FileSource, PipesAndDevicesAreRefused) {
  const SourceRows got = Read({{"path", "/dev/null"}});
  EXPECT_EQ(got.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(got.error.find("not a regular file"), std::string::npos) << got.error;
}

TEST_F(FileSource, EmptyInputsGiveNoRows) {
  EXPECT_EQ(Read({{"path", WriteFile("empty.csv", "")}}).error, "");
  EXPECT_EQ(Read({{"path", WriteFile("empty.json", "")}}, "json").rows, Rows{});
  EXPECT_EQ(Read({{"path", WriteFile("empty.txt", "")}}, "text").rows, Rows{});
  EXPECT_EQ(Read({{"path", WriteFile("header.csv", "a,b\n")}}).rows, Rows{});
  std::filesystem::create_directories(Path("nothing"));
  const SourceRows got = Read({{"path", Path("nothing")}});
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.splits, 0u);
}

TEST_F(FileSource, ErrorsSayFileAndLine) {
  const std::string csv = WriteFile("bad.csv", "a,b\n1,\"two\nlines\"\n3,x\nno number,y\n");
  SourceRows got = Read({{"path", csv}});
  EXPECT_EQ(got.code, ErrorCode::kInvalidData);
  EXPECT_TRUE(got.error.starts_with(csv + ":5: column `a`: ")) << got.error;
  const std::string json = WriteFile("bad.json", "{\"a\":1}\n\n{\"a\":\n");
  got = Read({{"path", json}}, "json");
  EXPECT_TRUE(got.error.starts_with(json + ":3: the row is not well-formed")) << got.error;
  const std::string packed = WriteFile("bad.csv.gz", Pack("a,b\n1,x\nno,y\n", Compression::kGzip));
  got = Read({{"path", packed}});
  EXPECT_TRUE(got.error.starts_with(packed + ":3: column `a`: ")) << got.error;
  // In a later split the line is still counted from the file's beginning.
  std::string lines = "a,b\n";
  for (int i = 0; i < 1000; ++i) lines += "1,x\n";
  const std::string late = WriteFile("late.csv", lines + "?,y\n");
  got = Read({{"path", late}, {"split_size", "256"}});
  EXPECT_TRUE(got.error.starts_with(late + ":1002: ")) << got.error;
}

TEST_F(FileSource, AHeaderThatDoesNotFitIsNamed) {
  const std::string path = WriteFile("x.csv", "x,y\n1,2\n");
  SourceDescriptor source =
      MakeSource("file", {{"path", path}}, Schema({{"a", DataType(TypeKind::kInt, false)}}), "csv");
  EXPECT_EQ(ReadSource(source).error,
            path + ":1: the header has no column `a`, which is NOT NULL; it has: x, y");
}

TEST_F(FileSource, ByteOrderMarksAreSkipped) {
  EXPECT_EQ(Read({{"path", WriteFile("bom.csv",
                                     "\xEF\xBB\xBF"
                                     "a,b\n1,x\n")}})
                .rows,
            (Rows{R"({"a":1,"b":"x"})"}));
  EXPECT_EQ(Read({{"path", WriteFile("bom.json", "\xEF\xBB\xBF{\"a\":1}\n")}}, "json").rows,
            (Rows{R"({"a":1,"b":null})"}));
}

TEST_F(FileSource, ReadsPackedFiles) {
  std::string text = "a,b\n";
  Rows expected;
  for (int i = 0; i < 100'000; ++i) {
    text += fmt::format("{},row {} of many\n", i, i);
    expected.push_back(fmt::format(R"({{"a":{},"b":"row {} of many"}})", i, i));
  }
  // The extension says nothing; more members or frames are one file.
  const size_t half = text.find('\n', text.size() / 2) + 1;
  const std::string_view first = std::string_view(text).substr(0, half);
  const std::string_view second = std::string_view(text).substr(half);
  for (const Compression compression : {Compression::kGzip, Compression::kZstd}) {
    const std::string name = compression == Compression::kGzip ? "gzip" : "zstd";
    const std::string path =
        WriteFile("in.bin", Pack(first, compression) + Pack(second, compression));
    for (const std::string& option : {std::string("auto"), name}) {
      const SourceRows got = Read({{"path", path}, {"compression", option}, {"split_size", "1kb"}});
      EXPECT_EQ(got.error, "");
      EXPECT_EQ(got.rows, expected);
      EXPECT_EQ(got.splits, 1u);
      EXPECT_EQ(got.bytes_read, static_cast<int64_t>(std::filesystem::file_size(path)));
    }
    EXPECT_NE(Read({{"path", path}, {"compression", "none"}}).error, "");
  }
}

TEST_F(FileSource, TruncatedAndDamagedPackedFilesAreErrors) {
  std::string text;
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{{\"a\":{}}}\n", random() % 1'000'000);
  for (const Compression compression : {Compression::kGzip, Compression::kZstd}) {
    const std::string packed = Pack(text, compression);
    for (const size_t cut : {packed.size() - 1, packed.size() / 2, size_t{12}}) {
      const SourceRows got = Read({{"path", WriteFile("cut", packed.substr(0, cut))}}, "json");
      EXPECT_EQ(got.code, ErrorCode::kInvalidData);
      EXPECT_NE(got.error.find("truncated"), std::string::npos) << got.error << " at " << cut;
    }
    std::string damaged = packed;
    for (size_t i = packed.size() / 2; i < packed.size() / 2 + 100; ++i) damaged[i] ^= 0x55;
    const SourceRows got = Read({{"path", WriteFile("damaged", damaged)}}, "json");
    EXPECT_EQ(got.code, ErrorCode::kInvalidData);
    EXPECT_NE(got.error.find("damaged"), std::string::npos) << got.error;
  }
}

TEST_F(FileSource, MonitorIsNotSupportedYet) {
  const SourceRows got = Read({{"path", WriteFile("x.csv", "")}, {"monitor", "5s"}});
  EXPECT_EQ(got.code, ErrorCode::kUnsupported);
  EXPECT_EQ(got.error, "source `s`: option `monitor` is not supported yet");
}

TEST_F(FileSource, OptionsAreChecked) {
  EXPECT_EQ(Read({}).error, "source `s`: option `path` is missing");
  EXPECT_EQ(
      Read({{"path", "x"}, {"compression", "rar"}}).error,
      "source `s`: option `compression`: expected one of auto, none, gzip, zstd, found `rar`");
  EXPECT_EQ(Read({{"path", "x"}, {"split_size", "0"}}).error,
            "source `s`: option `split_size`: expected at least 1 bytes, found `0`");
}

std::string RandomCsv(std::mt19937& random, int rows) {
  const char* fields[] = {"",    "1",          "\"2\"",    "x",    "\"a,b\"",  "\"li\nne\"",
                          "5\"", "\"q\"\"q\"", "\"\n\n\"", "\"\"", "\"bad\"x", "\"crlf\r\n\""};
  std::string text = "a,b\n";
  for (int row = 0; row < rows; ++row) {
    text += fmt::format("{},{}", random() % 10 == 0 ? "?" : std::to_string(row),
                        fields[random() % std::size(fields)]);
    text += random() % 4 == 0 ? "\r\n" : "\n";
  }
  return text;
}

TEST_F(FileSource, AnySplitSizeGivesTheSameRowsAndFailures) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    const std::string path = WriteFile("random.csv", RandomCsv(random, 300));
    SourceRows whole = Read({{"path", path}}, "csv", 1, ErrorMode::kDrop);
    ASSERT_EQ(whole.splits, 1u);
    ASSERT_GT(whole.rows.size(), 100u);
    ASSERT_GT(whole.failures.size(), 10u);
    for (const int split_size : {1, 7, 50, 333, 2000}) {
      const SourceRows parts = Read({{"path", path}, {"split_size", std::to_string(split_size)}},
                                    "csv", 1 + static_cast<uint32_t>(round) % 3, ErrorMode::kDrop);
      EXPECT_GT(parts.splits, 1u);
      EXPECT_EQ(parts.Sorted(), whole.Sorted()) << "split_size " << split_size;
      EXPECT_EQ(parts.failures.size(), whole.failures.size());
    }
  }
}

TEST_F(FileSource, LinesAreSplitAtAnySize) {
  std::mt19937 random(6);
  std::string json, text;
  for (int i = 0; i < 500; ++i) {
    json += fmt::format("{{\"a\":{},\"b\":\"{}\"}}\n", i, std::string(random() % 200, 'x'));
    text += std::string(random() % 50, 'y') + (i % 7 == 0 ? "\n\n" : "\n");
  }
  const std::string json_path = WriteFile("lines.json", json);
  const std::string text_path = WriteFile("lines.txt", text + "no line end");
  const SourceRows json_whole = Read({{"path", json_path}}, "json");
  const SourceRows text_whole = Read({{"path", text_path}}, "text");
  EXPECT_EQ(json_whole.rows.size(), 500u);
  for (const char* split_size : {"1", "10", "99", "1kb", "1mb"}) {
    EXPECT_EQ(Read({{"path", json_path}, {"split_size", split_size}}, "json").rows,
              json_whole.rows);
    const SourceRows parts = Read({{"path", text_path}, {"split_size", split_size}}, "text");
    EXPECT_EQ(parts.rows, text_whole.rows) << split_size;
    EXPECT_EQ(parts.bytes_read, static_cast<int64_t>(text.size() + 11));
  }
}

TEST_F(FileSource, RecordsLargerThanABlockAreRead) {
  std::string text = "a,b\n";
  for (const size_t size : {300'000, 10, 3'000'000, 600'000}) {
    text += "1,\"" + std::string(size, 'z') + "\n\"\n";
  }
  const SourceRows got = Read({{"path", WriteFile("large.csv", text)}});
  EXPECT_EQ(got.error, "");
  ASSERT_EQ(got.rows.size(), 4u);
  EXPECT_GT(got.rows[2].size(), 3'000'000u);
}

TEST_F(FileSource, ARecordWithoutEndGoesByOnError) {
  const std::string endless = "{\"b\":\"" + std::string(80 << 20, 'x') + "\"}\n";
  const std::string path = WriteFile("endless.json", "{\"a\":1}\n" + endless + "{\"a\":2}\n");
  SourceRows got = Read({{"path", path}}, "json");
  EXPECT_EQ(got.code, ErrorCode::kInvalidData);
  EXPECT_TRUE(got.error.starts_with(path + ":2: the record does not end")) << got.error;
  got = Read({{"path", path}}, "json", 1, ErrorMode::kDrop);
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.rows, (Rows{R"({"a":1,"b":null})", R"({"a":2,"b":null})"}));
  EXPECT_EQ(got.failures.size(), 1u);
}

TEST_F(FileSource, AFileThatShrinksIsAnError) {
  const std::string path = WriteFile("x.csv", "a,b\n1,x\n");
  const SourceDescriptor source = MakeSource("file", {{"path", path}}, TwoColumns(), "csv");
  const ConnectorRuntime* connector = FindConnector(StdConnectors(), "file");
  const Result<std::vector<Split>> splits = (*connector->make_enumerator(source))->Enumerate(1);
  ASSERT_TRUE(splits);
  WriteFile("x.csv", "a,b\n");
  SourceContext context;
  context.descriptor = &source;
  const auto reader = connector->make_reader(context);
  ASSERT_TRUE((*reader)->AddSplit((*splits)[0]));
  RecordBatch batch(source.BatchSchema(), 10, false, false, nullptr);
  const Result<SourcePoll> poll = (*reader)->Poll(batch);
  ASSERT_FALSE(poll);
  EXPECT_NE(poll.error().message.find("became shorter"), std::string::npos);
}

TEST_F(FileSource, KeepsToTheFoldersThatAreAllowed) {
  const ConnectorRuntime* connector = FindConnector(StdConnectors(), "file");
  const std::string inside = WriteFile("x.csv", "a,b\n1,x\n");
  const std::string folder = std::filesystem::path(inside).parent_path();
  const auto allowed = AllowedPaths::Make({folder});
  ASSERT_TRUE(allowed) << allowed.error().message;
  const auto check = [&](const std::string& path) {
    return connector->check_source_paths({{"path", path}}, *allowed).has_value();
  };
  EXPECT_TRUE(check(inside));
  EXPECT_TRUE(check(folder));
  EXPECT_TRUE(check(folder + "/*.csv"));
  EXPECT_TRUE(check(folder + "/none.csv")) << "that is another error";
  for (const char* path : {"/etc/passwd", "/etc/*", "/*", "*.csv", "/etc/../etc"}) {
    EXPECT_FALSE(check(path)) << path;
  }
  EXPECT_FALSE(check(folder + "/../*"));
  // One of its files is elsewhere.
  std::filesystem::create_symlink("/etc/passwd", folder + "/y.csv");
  EXPECT_FALSE(check(folder));
  EXPECT_FALSE(check(folder + "/*.csv"));
  EXPECT_TRUE(check(inside));
  // A split may say what no spec does.
  const SourceDescriptor source = MakeSource("file", {{"path", inside}}, TwoColumns(), "csv");
  SourceContext context;
  context.descriptor = &source;
  context.allowed_paths = &*allowed;
  for (const auto& [path, may_read] : {std::pair<std::string, bool>{inside, true},
                                       {folder + "/y.csv", false},
                                       {"/etc/passwd", false}}) {
    const auto reader = connector->make_reader(context);
    Split split;
    split.payload = EncodeFileSplit({path, 0, 4, Compression::kNone});
    ASSERT_TRUE((*reader)->AddSplit(split));
    RecordBatch batch(source.BatchSchema(), 10, false, false, nullptr);
    const Result<SourcePoll> poll = (*reader)->Poll(batch);
    EXPECT_EQ(poll.has_value(), may_read) << path;
    if (!poll) EXPECT_EQ(poll.error().code, ErrorCode::kPermissionDenied) << poll.error().message;
  }
}

TEST_F(FileSource, SplitsFromTheWireAreChecked) {
  for (const char* payload : {"", "1:2:0", "-1:2:0:x", "5:2:0:x", "0:1:9:x", "a:b:c:d"}) {
    EXPECT_FALSE(DecodeFileSplit(payload)) << payload;
  }
  const Result<FileSplit> split = DecodeFileSplit("3:17:1:/a:b/c\nd");
  ASSERT_TRUE(split);
  EXPECT_EQ(split->path, "/a:b/c\nd");
  EXPECT_EQ(EncodeFileSplit(*split), "3:17:1:/a:b/c\nd");
}

}  // namespace
}  // namespace flinkc
