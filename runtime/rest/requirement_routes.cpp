#include "runtime/rest/requirement_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "runtime/protocol/job_state.h"

namespace flinkc {

namespace {

HttpResponse GetRequirements(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  Json json = Json::object();
  for (const protocol::VertexDescription& vertex : job->vertices()) {
    json[VertexIdOf(vertex.name())]["parallelism"] = {{"lowerBound", vertex.lower_bound()},
                                                      {"upperBound", vertex.upper_bound()}};
  }
  return JsonResponse(json);
}

std::unexpected<Error> Wrong(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

Status CheckFields(const std::string& where, const Json& object,
                   std::initializer_list<std::string_view> known) {
  if (!object.is_object()) return Wrong(fmt::format("{} must be an object", where));
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, std::string_view(key)) != known.end()) continue;
    return Wrong(fmt::format("{} has no field `{}`; there are: {}", where, key,
                             fmt::join(known.begin(), known.end(), ", ")));
  }
  return {};
}

Result<uint32_t> BoundIn(const std::string& vertex, const Json& parallelism, const char* name) {
  const auto value = parallelism.find(name);
  const bool fits = value != parallelism.end() && value->is_number_unsigned() &&
                    value->get<uint64_t>() <= UINT32_MAX;
  if (fits) return value->get<uint32_t>();
  return Wrong(fmt::format("the {} of `{}` must be a whole number of 1 or more", name, vertex));
}

Result<protocol::ResourceRequirements> RequirementsIn(const std::string& body,
                                                      const protocol::JobDescription& job) {
  ASSIGN_OR_RETURN(const Json json, ParseBody(body));
  protocol::ResourceRequirements requirements;
  for (const auto& [id, wanted] : json.items()) {
    const auto& vertices = job.vertices();
    const auto vertex = std::ranges::find_if(
        vertices, [&id = id](const auto& one) { return VertexIdOf(one.name()) == id; });
    if (vertex == vertices.end()) {
      return Wrong(
          fmt::format("the job has no vertex `{}`; /jobs/{} lists them", id, job.job_id()));
    }
    RETURN_IF_ERROR(CheckFields(fmt::format("`{}`", id), wanted, {"parallelism"}));
    const auto parallelism = wanted.find("parallelism");
    if (parallelism == wanted.end()) return Wrong(fmt::format("`{}` lacks `parallelism`", id));
    RETURN_IF_ERROR(CheckFields(fmt::format("`parallelism` of `{}`", id), *parallelism,
                                {"lowerBound", "upperBound"}));
    protocol::ResourceRequirements::Range& range = *requirements.add_ranges();
    range.set_vertex(static_cast<uint32_t>(vertex - vertices.begin()));
    ASSIGN_OR_RETURN(const uint32_t lower, BoundIn(id, *parallelism, "lowerBound"));
    ASSIGN_OR_RETURN(const uint32_t upper, BoundIn(id, *parallelism, "upperBound"));
    range.set_lower(lower);
    range.set_upper(upper);
  }
  return requirements;
}

HttpResponse PutRequirements(const RestCall& call) {
  const auto job = DescribeJobOf(call);
  if (!job) return FailureOf(job.error());
  if (const auto state = static_cast<JobState>(job->state()); IsTerminal(state)) {
    return HttpResponse::Failure(409,
                                 fmt::format("the job has ended already: it is {}", Name(state)));
  }
  auto requirements = RequirementsIn(call.body, *job);
  if (!requirements) return FailureOf(requirements.error());
  const Status updated = call.gateway->UpdateRequirements(job->job_id(), *std::move(requirements));
  if (!updated) return FailureOf(updated.error());
  return JsonResponse(Json::object());
}

constexpr RestRoute kRoutes[] = {
    {HttpMethod::kGet, "/jobs/:jobid/resource-requirements", GetRequirements},
    {HttpMethod::kPut, "/jobs/:jobid/resource-requirements", PutRequirements},
};

}  // namespace

std::span<const RestRoute> RequirementRoutes() { return kRoutes; }

}  // namespace flinkc
