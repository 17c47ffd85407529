#include "compiler/explain/escape.h"

namespace flinkc {

namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string EscapeXml(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':  // titles have lines
        escaped += c;
        break;
      default:
        escaped += IsControl(c) ? ' ' : c;
    }
  }
  return escaped;
}

std::string EscapeDot(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += IsControl(c) ? ' ' : c;
    if (c == '&') escaped += "amp;";
  }
  return escaped;
}

std::string EscapeMermaid(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '"':
        escaped += "#quot;";
        break;
      case '<':
        escaped += "#lt;";
        break;
      case '>':
        escaped += "#gt;";
        break;
      case '&':
        escaped += "#amp;";
        break;
      case '#':
        escaped += "#35;";
        break;
      case '`':  // a quoted label that starts with it would be Markdown
        escaped += "#96;";
        break;
      default:
        escaped += IsControl(c) ? ' ' : c;
    }
  }
  return escaped;
}

}  // namespace flinkc
