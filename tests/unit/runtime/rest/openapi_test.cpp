// docs/openapi.yaml and the router know the same paths and methods.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include "runtime/rest/router.h"

namespace flinkc {
namespace {

// The keys of `paths:` and the methods below them: "GET /jobs/:jobid". The file's shape is fixed:
// two spaces before a path, four before a method.
std::set<std::string> DocumentedRoutes() {
  std::ifstream file(FLINKC_SOURCE_DIR "/docs/openapi.yaml");
  std::set<std::string> routes;
  std::string path;
  bool in_paths = false;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(' ')) in_paths = line == "paths:";
    if (!in_paths || line.starts_with("     ") || !line.ends_with(':')) continue;
    if (line.starts_with("  /")) {
      path = line.substr(2, line.size() - 3);
      for (size_t at = 0; (at = path.find('{', at)) != std::string::npos;) path[at] = ':';
      std::erase(path, '}');
    } else if (line.starts_with("    ") && line != "    parameters:") {
      std::string method = line.substr(4, line.size() - 5);
      std::ranges::transform(method, method.begin(),
                             [](char c) { return static_cast<char>(std::toupper(c)); });
      routes.insert(method + " " + path);
    }
  }
  return routes;
}

TEST(OpenApi, NamesEveryRouteAndNoOther) {
  const std::vector<std::string> known = RestRouter::Routes();
  const std::set<std::string> documented = DocumentedRoutes();
  EXPECT_EQ(documented, std::set<std::string>(known.begin(), known.end()));
  EXPECT_EQ(known.size(), documented.size()) << "a route stands twice";
  EXPECT_TRUE(documented.contains("PATCH /jobs/:jobid"));
}

}  // namespace
}  // namespace flinkc
