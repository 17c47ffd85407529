#include "tools/bench/ingest_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace flinkc {

namespace {

BenchJob ReadJob(const std::string& name, const std::string& path, std::string_view format,
                 std::string_view schema, std::string_view columns) {
  BenchJob job;
  job.name = name;
  job.spec = fmt::format(
      "flinkc: 1\n"
      "job: {{name: {}}}\n"
      "params: {{input: {{type: STRING}}}}\n"
      "sources:\n"
      "  input: {{connector: file, options: {{path: \"${{input}}\"}}, format: {}, schema: "
      "{{{}}}}}\n"
      "streams:\n"
      "  rows: {{from: input, select: [{}]}}\n"
      "sinks:\n"
      "  out: {{from: rows, connector: blackhole}}\n",
      name, format, schema, columns);
  job.params["input"] = path;
  return job;
}

}  // namespace

IngestInput MakeCsvInput(const std::string& directory) {
  constexpr int kTimes = 250;
  std::ifstream flights(FLINKC_SOURCE_DIR "/specs/flights/flights.csv");
  std::string header;
  std::getline(flights, header);
  std::stringstream rows;
  rows << flights.rdbuf();
  const std::string body = rows.str();
  const std::string path = directory + "/flights.csv";
  std::ofstream output(path);
  output << header << "\n";
  for (int i = 0; i < kTimes; ++i) output << body;
  output.close();
  if (!flights || !output) Die("cannot write " + path);

  constexpr std::string_view kSchema =
      "date: TIMESTAMP(0) NOT NULL, delay: INT NOT NULL, distance: INT NOT NULL, "
      "origin: STRING NOT NULL, destination: STRING NOT NULL";
  IngestInput input;
  input.name = "CSV flights";
  input.rows = kTimes * std::count(body.begin(), body.end(), '\n');
  input.all = ReadJob("csv", path, "csv", kSchema, "date, delay, distance, origin, destination");
  input.few = ReadJob("csv-few", path, "csv", kSchema, "date, delay, origin");
  return input;
}

IngestInput MakeJsonInput(Engine& engine, const std::string& directory) {
  constexpr int64_t kEvents = 2'000'000;
  constexpr std::string_view kSchema =
      "auction: BIGINT NOT NULL, bidder: BIGINT NOT NULL, price: BIGINT NOT NULL, "
      "channel: STRING NOT NULL, url: STRING NOT NULL, dateTime: TIMESTAMP(3) NOT NULL, "
      "extra: STRING NOT NULL";
  BenchJob writer;
  writer.name = "write-bids";
  writer.spec = fmt::format(
      "flinkc: 1\n"
      "job: {{name: write-bids}}\n"
      "params: {{output: {{type: STRING}}}}\n"
      "sources:\n"
      "  bid: {{connector: nexmark, options: {{table: bid, events.num: {}}}}}\n"
      "sinks:\n"
      "  out: {{from: bid, connector: file, options: {{path: \"${{output}}\"}}, format: json}}\n",
      kEvents);
  writer.params["output"] = directory + "/bids";
  RunJob(engine, writer, 1);

  IngestInput input;
  input.name = "JSON bids";
  input.rows = kEvents / 50 * 46;
  const std::string path = directory + "/bids/*";
  input.all = ReadJob("json", path, "json", kSchema,
                      "auction, bidder, price, channel, url, dateTime, extra");
  input.few = ReadJob("json-few", path, "json", kSchema, "auction, price");
  return input;
}

}  // namespace flinkc
