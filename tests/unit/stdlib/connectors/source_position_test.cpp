// A source stopped anywhere and gone on with elsewhere gives what it would have given undisturbed.
#include <random>

#include "stdlib-operators/connectors/compression.h"
#include "stdlib-operators/connectors/source_position.h"
#include "tests/unit/stdlib/connectors/connector_fixture.h"

namespace flinkc {
namespace {

// Everything that a job sees of one split, in order: rows and failures with record number and
// origin.
using Trace = std::vector<std::string>;

struct SplitRead {
  Trace rows;
  Trace failures;
  std::string error;
  size_t positions = 0;  // how often it was stopped and gone on with
  int64_t bytes_read = 0;
};

Schema TwoColumns() { return Schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType::String()}}); }

std::string Pack(std::string_view text, Compression compression) {
  std::string packed;
  const std::unique_ptr<Compressor> compressor = MakeCompressor(compression);
  compressor->Append(text, packed);
  compressor->Finish(packed);
  return packed;
}

class SourcePosition : public ConnectorTest {
 protected:
  std::unique_ptr<SourceReader> OpenReader(const SourceDescriptor& source, const Clock* clock,
                                           SplitRead* run) {
    SourceContext context;
    context.descriptor = &source;
    context.memory = &memory_;
    context.clock = clock;
    context.on_failure = [run](const DecodeFailure& failure) -> Status {
      run->failures.push_back(fmt::format("{} {} {} {} {} {}", failure.offset, failure.status,
                                          failure.column, failure.detail, failure.raw,
                                          failure.origin->topic));
      return {};
    };
    auto reader = FindConnector(StdConnectors(), source.connector)->make_reader(context);
    EXPECT_TRUE(reader);
    return *std::move(reader);
  }

  // Reads one split with batches of `rows_max` rows, in a new reader after every `every` polls (0:
  // never); each reader is new to the position that the last one gave.
  SplitRead ReadSplit(const SourceDescriptor& source, Split split, int32_t rows_max, size_t every,
                      TestClock* clock = nullptr) {
    static const SystemClock real;
    SplitRead run;
    const Schema schema = source.BatchSchema();
    const Clock* time = clock == nullptr ? static_cast<const Clock*>(&real) : clock;
    std::unique_ptr<SourceReader> reader = OpenReader(source, time, &run);
    if (const Status added = reader->AddSplit(split); !added) {
      run.error = added.error().message;
      return run;
    }
    for (size_t polls = 1;; ++polls) {
      RecordBatch batch(schema, rows_max, false, false, nullptr);
      const Result<SourcePoll> poll = reader->Poll(batch);
      if (!poll) {
        run.error = poll.error().message;
        return run;
      }
      if (clock != nullptr) clock->nanos += 1'000'000;
      for (int32_t row = 0; row < batch.row_count(); ++row) {
        std::string& text = run.rows.emplace_back();
        AppendRowJson(text, batch, schema, row);
        text += fmt::format(" {} {}", batch.OffsetOf(row), batch.origin()->topic);
      }
      if (poll->split_finished) {
        EXPECT_FALSE(reader->Position(0)) << "a finished split has no position";
        run.bytes_read = reader->bytes_read();
        return run;
      }
      if (every == 0 || polls % every != 0) continue;
      const Result<std::string> position = reader->Position(0);
      EXPECT_TRUE(position) << position.error().message;
      if (!position) return run;
      // Within a record of several blocks nothing is won yet: stopped there each time, it would be
      // begun anew for ever.
      if (*position == split.position) continue;
      split.position = *position;
      ++run.positions;
      reader = OpenReader(source, time, &run);
      EXPECT_TRUE(reader->AddSplit(split));
      // A split that waits is where it was put.
      EXPECT_EQ(*reader->Position(0), split.position);
    }
  }

  std::vector<Split> Splits(const SourceDescriptor& source) {
    auto enumerator = FindConnector(StdConnectors(), source.connector)->make_enumerator(source);
    EXPECT_TRUE(enumerator);
    return *(*enumerator)->Enumerate(1);
  }

  // All splits, some batch sizes and distances between stops. Gives how often it stopped.
  size_t ExpectSameWhereverItStops(const SourceDescriptor& source, std::mt19937& random,
                                   int rounds) {
    size_t positions = 0;
    for (const Split& split : Splits(source)) {
      const SplitRead whole = ReadSplit(source, split, RecordBatch::kRowsMax, 0);
      for (int round = 0; round < rounds; ++round) {
        const auto rows_max = static_cast<int32_t>(1 + random() % (round % 2 == 0 ? 8 : 200));
        const size_t every = 1 + random() % 5;
        const SplitRead parts = ReadSplit(source, split, rows_max, every);
        EXPECT_EQ(parts.rows, whole.rows) << "batches of " << rows_max << ", stops every " << every;
        EXPECT_EQ(parts.failures, whole.failures);
        EXPECT_EQ(parts.error, whole.error);
        if (split.payload.find(":0:/") != std::string::npos) {  // a plain file
          EXPECT_EQ(parts.bytes_read, whole.bytes_read);
        }
        positions += parts.positions;
        if (::testing::Test::HasFailure()) return positions;
      }
    }
    return positions;
  }

  MemoryPool memory_;
};

std::string RandomText(const std::string& format, std::mt19937& random, int records) {
  const char* fields[] = {"",    "1",          "\"2\"",    "x",    "\"a,b\"",  "\"li\nne\"",
                          "5\"", "\"q\"\"q\"", "\"\n\n\"", "\"\"", "\"bad\"x", "\"crlf\r\n\""};
  const char* lines[] = {
      "{\"a\":1,\"b\":\"x\"}",    "{\"b\":\"\\n\"}", "", "{\"a\":", "  ", "{\"a\":\"no\"}", "[1]",
      "{\"a\":2,\"b\":\"\xFF\"}", "{\"a\":3}\r"};
  std::string text = format == "csv" ? "a,b\n" : "";
  if (random() % 3 == 0) text.insert(0, "\xEF\xBB\xBF");
  for (int i = 0; i < records; ++i) {
    if (format == "csv") {
      text += fmt::format("{},{}", random() % 10 == 0 ? "?" : std::to_string(i),
                          fields[random() % std::size(fields)]);
      if (random() % 9 == 0) text += ",too many";
      text += random() % 4 == 0 ? "\r\n" : "\n";
    } else if (format == "json") {
      text += lines[random() % std::size(lines)];
      text += '\n';
    } else {
      text += std::string(random() % 30, 'y') + (random() % 9 == 0 ? "\xFF" : "") +
              (random() % 4 == 0 ? "\r\n" : "\n");
    }
  }
  if (random() % 2 == 0) text += format == "json" ? "{\"a\":9}" : "7";
  return text;
}

TEST_F(SourcePosition, FilesGoOnAtTheNextRow) {
  std::mt19937 random(7);
  size_t positions = 0, failures = 0;
  for (const char* format : {"csv", "json", "text"}) {
    for (const Compression compression :
         {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
      for (int round = 0; round < 8; ++round) {
        std::string text = RandomText(format, random, 200);
        if (compression != Compression::kNone) text = Pack(text, compression);
        const std::string path = WriteFile("in", text);
        Schema schema = std::string_view(format) == "text"
                            ? Schema({{"line", DataType::String().NotNull()}})
                            : TwoColumns();
        OptionMap options{{"path", path}};
        if (round % 3 != 0) options["split_size"] = std::to_string(300 + random() % 2000);
        SourceDescriptor source = MakeSource("file", options, std::move(schema), format);
        source.on_error = round % 2 == 0 ? ErrorMode::kDrop : ErrorMode::kRoute;
        positions += ExpectSameWhereverItStops(source, random, 20);
        for (const Split& split : Splits(source)) {
          failures += ReadSplit(source, split, 4096, 0).failures.size();
        }
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_GT(positions, 10'000u);
  EXPECT_GT(failures, 1'000u);
}

TEST_F(SourcePosition, AnErrorThatEndsTheJobIsTheSameAfterAStop) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) text += fmt::format("{},\"x\ny\"\n", i);
  const SourceDescriptor source = MakeSource(
      "file", {{"path", WriteFile("bad.csv", text + "no,y\n1,x\n")}}, TwoColumns(), "csv");
  const Split split = Splits(source)[0];
  const SplitRead whole = ReadSplit(source, split, 10, 0);
  EXPECT_NE(whole.error.find("bad.csv:202: column `a`"), std::string::npos) << whole.error;
  const SplitRead parts = ReadSplit(source, split, 10, 3);
  EXPECT_EQ(parts.rows, whole.rows);
  EXPECT_EQ(parts.error, whole.error);
  EXPECT_GT(parts.positions, 2u);
}

// Blocks are 256 KiB: stops at their borders, within what must be carried over, and behind a record
// of several blocks.
TEST_F(SourcePosition, LargeFilesAndRecordsGoOn) {
  std::mt19937 random(3);
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += fmt::format("{{\"a\":{},\"b\":\"{}\"}}\n", i,
                        std::string(random() % 40'000 + (i % 20 == 0 ? 600'000 : 0), 'z'));
  }
  for (const Compression compression : {Compression::kNone, Compression::kZstd}) {
    const std::string path =
        WriteFile("large", compression == Compression::kNone ? text : Pack(text, compression));
    const SourceDescriptor source = MakeSource("file", {{"path", path}}, TwoColumns(), "json");
    const Split split = Splits(source)[0];
    const SplitRead whole = ReadSplit(source, split, 4096, 0);
    ASSERT_EQ(whole.rows.size(), 60u);
    for (const int32_t rows_max : {1, 7, 4096}) {
      const SplitRead parts = ReadSplit(source, split, rows_max, 1);
      EXPECT_EQ(parts.rows, whole.rows);
      EXPECT_GT(parts.positions, 2u);
    }
  }
}

// A record that was given up is being skipped for many polls; a stop in them does not wake it up.
TEST_F(SourcePosition, AGivenUpRecordStaysGivenUp) {
  const std::string endless = "{\"b\":\"" + std::string(67 << 20, 'x') + "\"}\n";
  const SourceDescriptor source = [&] {
    SourceDescriptor made = MakeSource(
        "file",
        {{"path", WriteFile("endless", "{\"a\":1}\n" + endless + "{\"a\":2}\n{}x\n{\"a\":3}")},
         {"split_size", "1gb"}},
        TwoColumns(), "json");
    made.on_error = ErrorMode::kDrop;
    return made;
  }();
  const Split split = Splits(source)[0];
  const SplitRead whole = ReadSplit(source, split, 4096, 0);
  ASSERT_EQ(whole.rows.size(), 3u);
  EXPECT_TRUE(whole.rows[1].starts_with("{\"a\":2,\"b\":null} 2 ")) << whole.rows[1];
  ASSERT_EQ(whole.failures.size(), 2u);
  EXPECT_TRUE(whole.failures[0].starts_with("1 "));
  EXPECT_TRUE(whole.failures[1].starts_with("3 "));
  // Stops from the failure on: before it the record would be read anew each time.
  SplitRead parts;
  const auto reader = OpenReader(source, nullptr, &parts);
  ASSERT_TRUE(reader->AddSplit(split));
  for (int polls = 0; parts.failures.empty(); ++polls) {
    ASSERT_LT(polls, 10'000);
    RecordBatch batch(source.BatchSchema(), 1, false, false, nullptr);
    ASSERT_TRUE(reader->Poll(batch));
  }
  Split rest = split;
  rest.position = *reader->Position(0);
  const SplitRead after = ReadSplit(source, rest, 1, 1);
  EXPECT_EQ(after.rows, Trace(whole.rows.begin() + 1, whole.rows.end()));
  EXPECT_EQ(after.failures, Trace(whole.failures.begin() + 1, whole.failures.end()));
  EXPECT_GT(after.positions, 3u);
}

TEST_F(SourcePosition, GeneratedSourcesGoOnAtTheNextItem) {
  SourceDescriptor datagen = MakeSource("datagen",
                                        {{"rows", "70123"},
                                         {"seed", "4"},
                                         {"fields.a.kind", "sequence"},
                                         {"fields.a.min", "0"},
                                         {"fields.b.null_rate", "0.3"}},
                                        TwoColumns());
  std::vector<SourceDescriptor> sources{datagen};
  for (const char* table : {"all", "bid", "person"}) {
    OptionMap options{{"events.num", "300123"}};
    if (std::string_view(table) != "all") options["table"] = table;
    Schema schema =
        FindConnectorRecord(StdConnectorRecords(), "nexmark")->source.fixed_schema(options);
    sources.push_back(MakeSource("nexmark", options, std::move(schema)));
  }
  size_t positions = 0;
  for (const SourceDescriptor& source : sources) {
    const std::vector<Split> splits = Splits(source);
    for (size_t i = 0; i < splits.size(); i += 5) {
      const SplitRead whole = ReadSplit(source, splits[i], 4096, 0);
      ASSERT_GT(whole.rows.size(), 10u);
      for (const size_t every : {1, 2, 3}) {
        const SplitRead parts = ReadSplit(source, splits[i], 4096, every);
        ASSERT_EQ(parts.rows, whole.rows);
        EXPECT_EQ(parts.bytes_read, whole.bytes_read);
        positions += parts.positions;
      }
    }
  }
  EXPECT_GT(positions, 80u);
}

// Under a rate limit stops fall within blocks, and going on does not make good the time of the
// stop.
TEST_F(SourcePosition, ARateLimitHoldsAcrossStops) {
  for (const char* connector : {"datagen", "nexmark"}) {
    const bool is_datagen = std::string_view(connector) == "datagen";
    OptionMap options{{is_datagen ? "rows" : "events.num", is_datagen ? "20000" : "130000"}};
    Schema schema =
        is_datagen
            ? TwoColumns()
            : FindConnectorRecord(StdConnectorRecords(), "nexmark")->source.fixed_schema(options);
    SourceDescriptor source = MakeSource(connector, options, schema);
    const Split split = Splits(source)[1];
    const SplitRead whole = ReadSplit(source, split, 4096, 0);
    source.options["rows_per_second"] = "123000";
    TestClock clock;
    const SplitRead parts = ReadSplit(source, split, 4096, 4, &clock);
    EXPECT_EQ(parts.rows, whole.rows);
    EXPECT_GT(parts.positions, 3u);
    // A millisecond a poll is 123 rows; a new reader gives one at once.
    const double seconds = static_cast<double>(clock.nanos - TestClock().nanos) / 1e9;
    EXPECT_LE(static_cast<double>(parts.rows.size()),
              seconds * 123'000 + static_cast<double>(parts.positions) + 1);
  }
}

TEST_F(SourcePosition, PositionsThatNoSplitHasAreCorrupt) {
  std::mt19937 random(11);
  const auto add = [&](const SourceDescriptor& source, Split split, std::string position) {
    SplitRead run;
    split.position = std::move(position);
    static const SystemClock clock;
    return OpenReader(source, &clock, &run)->AddSplit(split);
  };
  const auto encode = [](uint8_t version, std::vector<int64_t> numbers) {
    return EncodePosition(version, numbers);
  };
  const SourceDescriptor file =
      MakeSource("file", {{"path", WriteFile("x.csv", "a,b\n1,x\n2,y\n")}}, TwoColumns(), "csv");
  const Split file_split = Splits(file)[0];
  const SourceDescriptor datagen = MakeSource("datagen", {{"rows", "20000"}}, TwoColumns());
  const Split datagen_split = Splits(datagen)[2];
  EXPECT_TRUE(add(file, file_split, encode(1, {8, 1, 0})));
  EXPECT_TRUE(add(datagen, datagen_split, encode(1, {2, 17})));
  for (const std::string& bad :
       {std::string("x"), encode(2, {8, 1, 0}), encode(1, {8, 1}), encode(1, {13, 1, 0}),
        encode(1, {8, 9, 0}), encode(1, {8, 1, 2}), encode(1, {-8, 1, 0}),
        encode(1, {INT64_MAX, INT64_MAX, 0}), encode(1, {8, 1, 0}) + "x"}) {
    const Status status = add(file, file_split, bad);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << status.error().message;
    EXPECT_NE(status.error().message.find(file_split.id), std::string::npos);
  }
  for (const std::string& bad :
       {encode(1, {3, 17}), encode(1, {2, 1'000}), encode(1, {2}), encode(0, {2, 17}),
        encode(1, {INT64_MAX - 13, 0}), encode(1, {2 + 16 * 100, 0})}) {
    const Status status = add(datagen, datagen_split, bad);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << status.error().message;
  }
  // Whatever bytes: an error or rows, and an end.
  size_t accepted = 0;
  for (int i = 0; i < 2'000; ++i) {
    const bool is_file = i % 2 == 0;
    Split split = is_file ? file_split : datagen_split;
    split.position =
        encode(1, is_file ? std::vector<int64_t>{8, 1, 0} : std::vector<int64_t>{2, 17});
    for (int flips = 0; flips < 1 + i % 3; ++flips) {
      split.position[random() % split.position.size()] ^= static_cast<char>(1 << random() % 8);
    }
    const SplitRead run = ReadSplit(is_file ? file : datagen, split, 4096, 0);
    accepted += run.error.empty() ? 1 : 0;
  }
  EXPECT_GT(accepted, 0u);
  EXPECT_LT(accepted, 1'500u);
  // A packed file is known to be too short only when it is read.
  const SourceDescriptor packed =
      MakeSource("file", {{"path", WriteFile("x.gz", Pack("a,b\n1,x\n", Compression::kGzip))}},
                 TwoColumns(), "csv");
  Split split = Splits(packed)[0];
  split.position = encode(1, {1'000, 1, 0});
  EXPECT_NE(ReadSplit(packed, split, 10, 0).error.find("holds 8 bytes unpacked"),
            std::string::npos);
}

}  // namespace
}  // namespace flinkc
