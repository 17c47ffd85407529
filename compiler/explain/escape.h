// A plan's texts come from a spec: any character may be in them. These make them harmless inside
// each notation.
#pragma once

#include <string>
#include <string_view>

namespace flinkc {

// For XML text and attributes in double quotes. Control characters, which XML 1.0 cannot hold,
// become spaces.
std::string EscapeXml(std::string_view text);
// For the inside of a quoted DOT label, in which Graphviz reads entities.
std::string EscapeDot(std::string_view text);
// For the inside of a quoted Mermaid label, which is HTML to it: entities, never markup.
std::string EscapeMermaid(std::string_view text);

}  // namespace flinkc
