#include "tools/bench/start_time.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "tools/bench/bench_job.h"

namespace flinkc {

namespace {

// Milliseconds from the fork to the first byte on the command's standard output.
double FirstByte(const std::string& command, const std::string& spec, const std::string& cache) {
  int ends[2];
  if (pipe(ends) != 0) Die("no pipe");
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    setenv("XDG_CACHE_HOME", cache.c_str(), 1);
    dup2(ends[1], STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl(command.c_str(), command.c_str(), "run", spec.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  char byte;
  const bool any = read(ends[0], &byte, 1) == 1;
  const double ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  char rest[4096];
  while (read(ends[0], rest, sizeof(rest)) > 0) {
  }
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !any || status != 0) {
    Die(fmt::format("`{} run {}` gives no row", command, spec));
  }
  return ms;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

StartTime MeasureStart(const std::string& command, const std::string& spec,
                       const std::string& directory, int runs) {
  std::vector<double> cold, cached;
  for (int i = 0; i < runs; ++i) {
    const std::string cache = fmt::format("{}/cache{}", directory, i);
    cold.push_back(FirstByte(command, spec, cache));
    cached.push_back(FirstByte(command, spec, cache));
  }
  return {Median(cold), Median(cached)};
}

}  // namespace flinkc
