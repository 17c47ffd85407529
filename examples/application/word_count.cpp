// Counts the words of text files with a job that runs in this process: what its console sink prints
// comes to us.
#include <flinkc/application.h>

#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

namespace {

constexpr const char* kSpec = R"yaml(
flinkc: 1
job: {name: word-count}
params:
  input: {type: STRING, doc: text files to read}
sources:
  lines: {connector: file, options: {path: "${input}"}, format: text}
streams:
  words:
    from: lines
    pipe:
      - unnest: {word: "regexp_extract_all(lower(line), '[a-z]+')"}
      - filter: char_length(word) > 1
  counts: {from: words, aggregate: {by: [word], compute: {n: count(*)}, emit: end}}
sinks:
  out: {from: counts, connector: console, format: json}
)yaml";

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2) {
    std::fprintf(stderr, "usage: word_count FILES\n");
    return 2;
  }
  namespace flink = flinkc::application;
  std::mutex mutex;
  std::string rows;
  flink::Options options;
  options.print = [&](std::string_view text) {
    const std::lock_guard lock(mutex);
    rows += text;
  };
  const flink::Job word_count{.spec = kSpec,
                              .name = "word_count.cpp",
                              .parameters = {{"input", arguments[1]}},
                              .config = {{"parallelism.default", "2"}}};
  const auto job = flink::JobClient::Submit(word_count, options);
  if (!job) {
    std::fprintf(stderr, "%s\n", job.error().message.c_str());
    return 1;
  }
  const flink::JobStatus end = job->Wait();
  if (end.state != flink::JobState::kFinished) {
    std::fprintf(stderr, "the job has failed: %s\n", end.failure.c_str());
    return 1;
  }
  std::fputs(rows.c_str(), stdout);
  std::fprintf(stderr, "%llu lines\n", static_cast<unsigned long long>(end.source_rows));
  return 0;
}
