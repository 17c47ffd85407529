// Places the boxes of an acyclic graph in ranks from top to bottom and routes its edges between
// them, after Sugiyama, Tagawa, Toda (1981): ranks by longest path, orders by barycenter sweeps,
// coordinates by least squares. Knows nothing of plans. Lengths are pixels, y grows downwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace flinkc {

struct Point {
  double x = 0;
  double y = 0;
};

struct Rect {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

struct LayoutNode {
  double width = 0;
  double height = 0;
  // In the last rank, below all others: where an edge leaves the picture.
  bool at_bottom = false;
};

struct LayoutEdge {
  // Indexes of nodes, source < target: nodes come in topological order.
  size_t source = 0;
  size_t target = 0;
  // A place of this size is kept free on the edge; 0: no label.
  double label_width = 0;
  double label_height = 0;
  // Where it leaves the source's lower side, from its left end; absent: wherever it suits.
  std::optional<double> exit;
};

// From the source's lower side to the target's upper side, never upwards. Between two points with
// the same x it is a straight line, else a curve that starts and ends vertically; so it keeps to
// the points' box, and crosses no node.
struct RoutedEdge {
  std::vector<Point> points;
  Rect label;
};

struct LayeredLayout {
  std::vector<Rect> nodes;
  std::vector<uint32_t> ranks;  // of the nodes
  std::vector<RoutedEdge> edges;
  double width = 0;
  double height = 0;
};

// No two nodes or labels overlap, and all lie in (0, 0) to (width, height).
LayeredLayout LayOut(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges);

}  // namespace flinkc
