#include "compiler/driver/compile_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compiler/check/check_spec.h"
#include "compiler/driver/job_file.pb.h"
#include "compiler/plan/stream_views.h"
#include "runtime/abi/hash.h"
#include "runtime/data/parse_proto.h"

namespace flinkc {

namespace {

constexpr uint32_t kJobFileVersion = 1;
// Not UTF-8, so that no spec can begin like this.
constexpr std::string_view kMagic(
    "\xF1"
    "flinkc\n",
    8);
// Behind it HashBytes of all that follows, little endian: what copying does to a file is told from
// what another flinkc wrote.
constexpr size_t kHeaderBytes = kMagic.size() + sizeof(uint64_t);

uint64_t ChecksumOf(std::string_view bytes) {
  return HashBytes(bytes.data(), static_cast<uint32_t>(bytes.size()));
}

// "specs/flights.yaml" -> "flights"
std::string DefaultJobName(const std::string& spec_name) {
  const size_t slash = spec_name.find_last_of('/');
  std::string name = slash == std::string::npos ? spec_name : spec_name.substr(slash + 1);
  return name.substr(0, name.find('.'));
}

}  // namespace

std::optional<CompiledJob> CompileJob(const CompileRequest& request,
                                      const CompilerServices& services, DiagnosticLog& log) {
  std::optional<JobSpec> spec = ParseSpec(*request.spec, request.parse, log);
  if (!spec.has_value()) return std::nullopt;
  CompiledJob job;
  job.spec = *std::move(spec);
  job.config = MakeJobConfig(job.spec, request.settings, DefaultJobName(request.spec->name()), log);

  CheckContext context;
  context.registry = services.registry;
  context.connectors = services.connectors;
  context.formats = services.formats;
  context.config = &job.config;
  context.evaluator = services.evaluator;
  context.strict = request.strict;
  std::optional<LogicalPlan> plan = CheckSpec(job.spec, context, log);
  if (!plan.has_value() || log.has_errors()) return std::nullopt;
  job.logical = *std::move(plan);

  OptimizeOptions options;
  options.disabled_rules = request.disabled_rules;
  options.trace = request.trace_rules;
  options.evaluator = services.evaluator;
  options.registry = services.registry;
  job.optimized = Optimize(job.logical, options, &job.report);
  MakeStreamViews(job.logical, &job.optimized);
  job.chained = BuildJobGraph(job.optimized);
  job.chained.graph.spec = std::string(request.spec->text());
  return job;
}

std::string WriteJobFile(const CompiledJob& job, const SourceBuffer& spec,
                         const std::string& flinkc_version) {
  proto::JobFile file;
  file.set_version(kJobFileVersion);
  file.set_compiled_by(flinkc_version);
  file.set_spec_name(spec.name());
  file.set_spec_text(std::string(spec.text()));
  // The text stands in the file once.
  JobGraph graph = job.chained.graph;
  graph.spec.clear();
  file.set_job_graph(Serialize(graph));
  for (const RuleReport& rule : job.report.rules) {
    if (rule.changes > 0) file.add_decisions(std::string(rule.name));
  }
  const std::string body = file.SerializeAsString();
  const uint64_t checksum = ChecksumOf(body);
  std::string bytes(kMagic);
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(checksum >> shift);
  return bytes + body;
}

bool IsJobFile(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<JobFile> ReadJobFile(std::string_view bytes) {
  if (!IsJobFile(bytes)) return MakeError(ErrorCode::kCorrupt, "not a job compiled by flinkc");
  uint64_t checksum = 0;
  for (size_t i = kMagic.size(); i < std::min(bytes.size(), kHeaderBytes); ++i) {
    checksum |= uint64_t{static_cast<uint8_t>(bytes[i])} << 8 * (i - kMagic.size());
  }
  const std::string_view body = bytes.substr(std::min(bytes.size(), kHeaderBytes));
  proto::JobFile file;
  if (bytes.size() < kHeaderBytes || ChecksumOf(body) != checksum || !ParseProto(body, &file)) {
    return MakeError(ErrorCode::kCorrupt,
                     "the compiled job is damaged or cut off; compile the spec again");
  }
  if (file.version() != kJobFileVersion) {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("it was compiled by flinkc {} in format version {}, this flinkc "
                                 "reads version {}; compile the spec again",
                                 file.compiled_by(), file.version(), kJobFileVersion));
  }
  JobFile job;
  ASSIGN_OR_RETURN(job.graph, DeserializeJobGraph(file.job_graph()));
  job.spec_name = file.spec_name();
  job.spec_text = file.spec_text();
  job.graph.spec = job.spec_text;
  return job;
}

}  // namespace flinkc
