// How fast rows come in: the decoders and generators alone, one thread, no job around them.
// decode_bench <flights.csv> [text]; prints a table, of the lines that hold the text.
#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/env/file.h"
#include "runtime/env/file_system.h"
#include "stdlib-operators/connectors/blackhole_sink.h"
#include "stdlib-operators/connectors/nexmark_generator.h"
#include "stdlib-operators/connectors/registry.h"
#include "stdlib-operators/formats/registry.h"

namespace flinkc {
namespace {

// Time on the processor, of all threads: other processes on the machine do not count.
int64_t CpuNanos() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

struct Measured {
  int64_t rows = 0;
  double seconds = 0;
};

// Reads a source to its end as a worker does. Each batch goes to `sink`, if any.
Result<Measured> ReadAll(const SourceDescriptor& source, SinkWriter* sink) {
  const ConnectorRuntime* connector = FindConnector(StdConnectors(), source.connector);
  static const SystemClock clock;
  SourceContext context;
  context.descriptor = &source;
  context.clock = &clock;
  ASSIGN_OR_RETURN(std::unique_ptr<SplitEnumerator> enumerator, connector->make_enumerator(source));
  ASSIGN_OR_RETURN(const std::vector<Split> splits, enumerator->Enumerate(1));
  ASSIGN_OR_RETURN(std::unique_ptr<SourceReader> reader, connector->make_reader(context));
  for (const Split& split : splits) RETURN_IF_ERROR(reader->AddSplit(split));
  auto pool = std::make_shared<BatchPool>(source.BatchSchema(), false, false, nullptr);
  Measured measured;
  const int64_t start = CpuNanos();
  while (true) {
    const BatchPtr batch = pool->Take();
    ASSIGN_OR_RETURN(const SourcePoll poll, reader->Poll(*batch));
    if (poll.status == SourceStatus::kNeedsSplit) break;
    measured.rows += batch->row_count();
    if (sink != nullptr) RETURN_IF_ERROR(sink->Write(batch));
  }
  measured.seconds = static_cast<double>(CpuNanos() - start) / 1e9;
  return measured;
}

void PrintLine(const std::string& what, const Measured& measured, double events_per_row) {
  const double events = static_cast<double>(measured.rows) * events_per_row;
  fmt::print("{:<48} {:>10} rows {:>8.2f} M/s {:>8.1f} ns\n", what, measured.rows,
             events / measured.seconds / 1e6, measured.seconds / events * 1e9);
}

std::string wanted;  // only lines with this in their name

void Print(const std::string& what, const SourceDescriptor& source, SinkWriter* sink,
           double events_per_row = 1) {
  if (what.find(wanted) == std::string::npos) return;
  // The best of three: what else runs on the machine only ever adds.
  Result<Measured> measured = ReadAll(source, sink);
  for (int i = 1; i < 3 && measured; ++i) {
    Result<Measured> again = ReadAll(source, sink);
    if (!again || again->seconds < measured->seconds) measured = std::move(again);
  }
  if (!measured) {
    fmt::print("{:<48} {}\n", what, measured.error().message);
    return;
  }
  PrintLine(what, *measured, events_per_row);
}

SourceDescriptor FileSource(const std::string& path, std::string format, Schema schema) {
  SourceDescriptor source;
  source.name = "bench";
  source.connector = "file";
  source.options["path"] = path;
  source.format = std::move(format);
  source.schema = std::move(schema);
  for (uint32_t i = 0; i < source.schema.size(); ++i) source.needed_columns.push_back(i);
  return source;
}

SourceDescriptor Nexmark(const std::string& table, int64_t events, const std::string& generate) {
  SourceDescriptor source;
  source.name = "bench";
  source.connector = "nexmark";
  source.options = {{"events.num", fmt::format("{}", events)}, {"generate", generate}};
  if (!table.empty()) source.options["table"] = table;
  for (const ConnectorRecord& record : StdConnectorRecords()) {
    if (record.name == "nexmark") source.schema = record.source.fixed_schema(source.options);
  }
  for (uint32_t i = 0; i < source.schema.size(); ++i) source.needed_columns.push_back(i);
  return source;
}

// The bids of `events` events as JSON lines in Flink's field names.
Status WriteBids(const std::string& path, int64_t events) {
  ASSIGN_OR_RETURN(WritableFile file, WritableFile::Create(path));
  const SourceDescriptor source = Nexmark("bid", events, "needed");
  OptionMap options;
  ASSIGN_OR_RETURN(std::unique_ptr<RowEncoder> encoder,
                   MakeRowEncoder("json", options, source.schema));
  struct Writer final : SinkWriter {
    RowEncoder* encoder;
    WritableFile* file;
    std::string text;
    Status Write(const BatchPtr& batch) override {
      text.clear();
      for (int32_t row = 0; row < batch->row_count(); ++row) encoder->Encode(*batch, row, text);
      return file->Append(text);
    }
  } writer;
  writer.encoder = encoder.get();
  writer.file = &file;
  const Result<Measured> measured = ReadAll(source, &writer);
  if (!measured) return std::unexpected(measured.error());
  PrintLine("json encode, bid (with write)", *measured, 1);
  return file.Close();
}

Status Repeat(const std::string& from, const std::string& to, int times) {
  ASSIGN_OR_RETURN(const ReadableFile input, ReadableFile::Open(from));
  std::string text(static_cast<size_t>(input.size()), '\0');
  RETURN_IF_ERROR(input.ReadAt(0, text));
  const size_t body = text.find('\n') + 1;
  ASSIGN_OR_RETURN(WritableFile output, WritableFile::Create(to));
  RETURN_IF_ERROR(output.Append(text.substr(0, body)));
  for (int i = 0; i < times; ++i) RETURN_IF_ERROR(output.Append(text.substr(body)));
  return output.Close();
}

// Encodes the bids first: what is read must be written.
Status RunJson(const std::string& directory) {
  const std::string json = directory + "/bids.json";
  RETURN_IF_ERROR(WriteBids(json, 2'000'000));
  ASSIGN_OR_RETURN(const FileInfo info, GetFileInfo(json));
  fmt::print("{:<48} {:>10.1f} bytes a line\n", "json bids",
             static_cast<double>(info.size_bytes) / (2'000'000 * 0.92));
  SourceDescriptor bids = FileSource(json, "json", Nexmark("bid", 1, "needed").schema);
  Print("json bid, all 7 fields", bids, nullptr);
  bids.needed_columns = {0, 2};
  Print("json bid, 2 fields", bids, nullptr);
  SourceDescriptor text =
      FileSource(json, "text", Schema({{"line", DataType::String().NotNull()}}));
  Print("text lines of the same file", text, nullptr);
  return {};
}

void RunNexmark() {
  constexpr int64_t kEvents = 20'000'000;
  for (const char* generate : {"all", "needed"}) {
    const std::string all = std::string("nexmark bids, generate: ") + generate;
    const SourceDescriptor nexmark = Nexmark("bid", kEvents, generate);
    Print(all + " (events)", nexmark, nullptr, 50.0 / 46);
    BlackholeWriter blackhole(nexmark.schema);
    Print(all + ", to blackhole", nexmark, &blackhole, 50.0 / 46);
  }
  SourceDescriptor few = Nexmark("bid", kEvents, "needed");
  few.needed_columns = {0, 5};
  Print("nexmark bids, auction and dateTime (events)", few, nullptr, 50.0 / 46);
  Print("nexmark persons (persons)", Nexmark("person", kEvents, "needed"), nullptr);
  Print("nexmark auctions (auctions)", Nexmark("auction", kEvents, "needed"), nullptr);
  Print("nexmark envelope (events)", Nexmark("", kEvents / 10, "needed"), nullptr);
}

Status Run(const std::string& flights) {
  const std::string directory = std::filesystem::temp_directory_path() / "flinkc_decode_bench";
  RETURN_IF_ERROR(MakeDirectories(directory));
  const std::string csv = directory + "/flights.csv";
  RETURN_IF_ERROR(Repeat(flights, csv, 250));
  const Schema schema({{"date", DataType::Timestamp(3, false)},
                       {"delay", DataType(TypeKind::kInt)},
                       {"distance", DataType(TypeKind::kInt)},
                       {"origin", DataType::String()},
                       {"destination", DataType::String()}});
  SourceDescriptor source = FileSource(csv, "csv", schema);
  Print("csv flights, all 5 columns", source, nullptr);
  source.needed_columns = {0, 1, 3};
  Print("csv flights, 3 columns", source, nullptr);

  if (wanted.empty() || wanted.starts_with("json")) RETURN_IF_ERROR(RunJson(directory));
  if (wanted.empty() || wanted.starts_with("nexmark")) RunNexmark();
  return RemoveTree(directory);
}

}  // namespace
}  // namespace flinkc

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fputs("usage: decode_bench flights.csv [text]\n", stderr);
    return 2;
  }
  if (argc == 3) flinkc::wanted = argv[2];
  const flinkc::Status status = flinkc::Run(argv[1]);
  if (!status) fmt::print(stderr, "{}\n", status.error().message);
  return status ? 0 : 1;
}
