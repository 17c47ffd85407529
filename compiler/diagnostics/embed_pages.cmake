# cmake -DOUTPUT=<file.cpp> -DPAGES=<a.md|b.md> -P embed_pages.cmake
# Writes the source of ExplainPage with every page as a string.
string(REPLACE "|" ";" pages "${PAGES}")
set(cases "")
foreach(page IN LISTS pages)
  get_filename_component(number ${page} NAME_WE)
  file(READ ${page} text)
  string(APPEND cases "    {\"${number}\", R\"flinkc_page(${text})flinkc_page\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Generated from docs/diagnostics by embed_pages.cmake.
#include \"compiler/diagnostics/explain_page.h\"

namespace flinkc {

std::string_view ExplainPage(DiagnosticCode code) {
  struct Page {
    std::string_view number;
    std::string_view text;
  };
  static constexpr Page kPages[] = {
    {\"\", \"\"},
${cases}  };
  for (const Page& page : kPages) {
    if (page.number == Info(code).number) return page.text;
  }
  return {};
}

}  // namespace flinkc
")
