// Compiled jobs, damaged in every field: reading and loading them gives chains or an error. The
// first byte chooses the job, the others what is changed in it; or all are the bytes of a graph.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/check.h"
#include "tests/fuzz/compile_specs.h"
#include "tests/fuzz/damage_job.h"

namespace flinkc {
namespace {

struct Jobs {
  std::unique_ptr<Engine> engine;
  std::vector<std::string> graphs;

  Jobs() {
    EngineOptions options;
    options.jit = false;
    Result<std::unique_ptr<Engine>> made = Engine::Make(options);
    CHECK(made.has_value());
    engine = *std::move(made);
    graphs = CompileSpecs(*engine);
    for (const std::string& graph : graphs) CHECK(LoadJob(graph, engine->loader()).has_value());
  }
};

}  // namespace
}  // namespace flinkc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flinkc;
  static Jobs* const jobs = new Jobs();
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t chosen = data[0] % (jobs->graphs.size() + 1);
  std::string damaged;
  if (chosen == jobs->graphs.size()) {
    damaged = bytes.substr(1);
  } else {
    Choices choices(bytes.substr(1));
    damaged = DamageJob(jobs->graphs[chosen], choices);
  }
  static_cast<void>(LoadJob(damaged, jobs->engine->loader()));
  return 0;
}
