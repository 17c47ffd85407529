#include "compiler/driver/compile_job.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/check/check_spec.h"
#include "compiler/driver/job_file.pb.h"

namespace flinkc {

namespace {

constexpr uint32_t kJobFileVersion = 1;
// Not UTF-8, so that no spec can begin like this.
constexpr std::string_view kMagic("\xF1" "flinkc\n", 8);

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
  job.config =
      MakeJobConfig(job.spec, request.settings, DefaultJobName(request.spec->name()), log);

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
  job.chained = BuildJobGraph(job.optimized);
  return job;
}

std::string WriteJobFile(const CompiledJob& job, const SourceBuffer& spec,
                         const std::string& flinkc_version) {
  proto::JobFile file;
  file.set_version(kJobFileVersion);
  file.set_compiled_by(flinkc_version);
  file.set_spec_name(spec.name());
  file.set_spec_text(std::string(spec.text()));
  file.set_job_graph(Serialize(job.chained.graph));
  for (const RuleReport& rule : job.report.rules) {
    if (rule.changes > 0) file.add_decisions(std::string(rule.name));
  }
  return std::string(kMagic) + file.SerializeAsString();
}

bool IsJobFile(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<JobFile> ReadJobFile(std::string_view bytes) {
  proto::JobFile file;
  if (!IsJobFile(bytes) || !file.ParseFromArray(bytes.data() + kMagic.size(),
                                                static_cast<int>(bytes.size() - kMagic.size()))) {
    return MakeError(ErrorCode::kCorrupt, "not a job compiled by flinkc, or damaged");
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
  return job;
}

}  // namespace flinkc
