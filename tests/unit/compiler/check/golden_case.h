// Files of a spec and what is expected of it, in sections that start with a line `--- name`. With
// FLINKC_UPDATE_GOLDEN set in the environment, the expected texts are rewritten.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace flinkc {

struct GoldenCase {
  std::string name;  // of the file, without its ending
  // The text before the first section. If its first line is `# orders`, that line stands for
  // WithOrders.
  std::string spec;
};

// All files of `folder` (below the repository's root), by name.
std::vector<std::string> GoldenFiles(const std::string& folder);

// Runs the file: `make` gives the text of a section by its name. A difference fails the test.
void CheckGolden(const std::string& path,
                 const std::function<std::string(const GoldenCase&, const std::string&)>& make);

// A printed plan without the schemas.
std::string WithoutSchemas(const std::string& printed);

}  // namespace flinkc
