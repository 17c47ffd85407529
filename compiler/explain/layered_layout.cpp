#include "compiler/explain/layered_layout.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "compiler/explain/least_squares.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr double kNodeGap = 28;
constexpr double kLineGap = 14;  // beside an edge that passes a rank
constexpr double kRankGapMin = 18;
constexpr double kRankGapMax = 56;
constexpr int kOrderSweeps = 24;
constexpr int kCoordinateSweeps = 24;
// Long edges should be straight before nodes are centred over their neighbours.
constexpr double kLineWeight = 8;

// A node, or the place where an edge passes a rank (and has its label).
struct Vertex {
  bool is_line = false;
  uint32_t rank = 0;
  double width = 0;
  double height = 0;
  double x = 0;  // of its centre
};

struct Segment {
  size_t upper = 0;
  size_t lower = 0;
  double exit = 0;  // from the upper one's centre
};

struct Neighbour {
  size_t vertex;
  double exit;  // from the upper one's centre
};

// Where at height `y` the curve of RoutedEdge is that leads from `from` to `to`.
double CurveAt(const Point& from, const Point& to, double y) {
  // Its height grows with t: 1.5 t (1 - t) + t^3 of the way.
  double low = 0;
  double high = 1;
  for (int i = 0; i < 30; ++i) {
    const double t = (low + high) / 2;
    const double height = from.y + (to.y - from.y) * (1.5 * t * (1 - t) + t * t * t);
    (height < y ? low : high) = t;
  }
  return from.x + (to.x - from.x) * low * low * (3 - 2 * low);
}

class Layouter {
 public:
  Layouter(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges)
      : nodes_(nodes), edges_(edges) {}

  LayeredLayout Run() {
    AssignRanks();
    MakeVertices();
    OrderRanks();
    PlaceHorizontally();
    PlaceVertically();
    return Finish();
  }

 private:
  // Even ranks hold nodes, odd ones the labels between them.
  void AssignRanks() {
    std::vector<uint32_t> rank(nodes_.size(), 0);
    uint32_t last = 0;
    for (size_t node = 0; node < nodes_.size(); ++node) last = std::max(last, RankOf(node, rank));
    std::vector<uint32_t> slack(nodes_.size(), UINT32_MAX);
    std::vector<bool> has_input(nodes_.size(), false);
    for (const LayoutEdge& edge : edges_) {
      slack[edge.source] = std::min(slack[edge.source], rank[edge.target]);
      has_input[edge.target] = true;
    }
    for (size_t node = 0; node < nodes_.size(); ++node) {
      // A source stands just above what first reads it.
      const bool sinks = !has_input[node] && slack[node] != UINT32_MAX;
      if (sinks) rank[node] = slack[node] - 2;
      if (nodes_[node].at_bottom) rank[node] = last;
    }
    ranks_ = std::move(rank);
    layers_.resize(nodes_.empty() ? 0 : last + 1);
  }

  // Longest path; called in the order of the nodes, it finds all sources of `node` done.
  uint32_t RankOf(size_t node, std::vector<uint32_t>& rank) {
    if (incoming_.empty()) {
      incoming_.resize(nodes_.size());
      for (const LayoutEdge& edge : edges_) {
        CHECK(edge.source < edge.target && edge.target < nodes_.size());
        incoming_[edge.target].push_back(edge.source);
      }
    }
    for (size_t source : incoming_[node]) rank[node] = std::max(rank[node], rank[source] + 2);
    return rank[node];
  }

  void MakeVertices() {
    for (size_t node = 0; node < nodes_.size(); ++node) {
      vertices_.push_back({false, ranks_[node], nodes_[node].width, nodes_[node].height, 0});
    }
    lines_.resize(edges_.size());
    for (size_t i = 0; i < edges_.size(); ++i) {
      const LayoutEdge& edge = edges_[i];
      const double exit = edge.exit ? *edge.exit - nodes_[edge.source].width / 2 : 0;
      size_t upper = edge.source;
      for (uint32_t rank = ranks_[edge.source] + 1; rank < ranks_[edge.target]; ++rank) {
        const bool labelled = rank == ranks_[edge.source] + 1 && edge.label_width > 0;
        lines_[i].push_back(vertices_.size());
        segments_.push_back({upper, vertices_.size(), lines_[i].size() == 1 ? exit : 0});
        upper = vertices_.size();
        vertices_.push_back(
            {true, rank, labelled ? edge.label_width : 0, labelled ? edge.label_height : 0, 0});
      }
      segments_.push_back({upper, edge.target, lines_[i].empty() ? exit : 0});
    }
    above_.resize(vertices_.size());
    below_.resize(vertices_.size());
    for (const Segment& segment : segments_) {
      below_[segment.upper].push_back({segment.lower, segment.exit});
      above_[segment.lower].push_back({segment.upper, segment.exit});
    }
  }

  void OrderRanks() {
    InitialOrder();
    std::vector<std::vector<size_t>> best = layers_;
    uint64_t fewest = CountCrossings();
    // A large graph gets fewer sweeps: the first ones bring most.
    const int sweeps = vertices_.size() > 20'000 ? 4 : kOrderSweeps;
    for (int sweep = 0; sweep < sweeps && fewest > 0; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (size_t i = 0; i < layers_.size(); ++i) {
        SortLayer(down ? i : layers_.size() - 1 - i, down ? above_ : below_);
      }
      const uint64_t crossings = CountCrossings();
      if (crossings < fewest) {
        fewest = crossings;
        best = layers_;
      }
    }
    layers_ = std::move(best);
    UpdatePositions();
  }

  // Depth first, so that what belongs together starts together.
  void InitialOrder() {
    std::vector<bool> seen(vertices_.size(), false);
    std::vector<size_t> stack;
    for (size_t root = 0; root < nodes_.size(); ++root) {
      if (seen[root]) continue;
      stack.push_back(root);
      while (!stack.empty()) {
        const size_t vertex = stack.back();
        stack.pop_back();
        if (seen[vertex]) continue;
        seen[vertex] = true;
        layers_[vertices_[vertex].rank].push_back(vertex);
        for (const Neighbour& next : above_[vertex]) stack.push_back(next.vertex);
        for (size_t i = below_[vertex].size(); i-- > 0;) stack.push_back(below_[vertex][i].vertex);
      }
    }
    position_.resize(vertices_.size());
    UpdatePositions();
  }

  void UpdatePositions() {
    for (const std::vector<size_t>& layer : layers_) {
      for (size_t i = 0; i < layer.size(); ++i) position_[layer[i]] = static_cast<double>(i);
    }
  }

  void SortLayer(size_t rank, const std::vector<std::vector<Neighbour>>& neighbours) {
    std::vector<size_t>& layer = layers_[rank];
    // Equal keys stay in their order.
    std::vector<std::tuple<double, double, size_t>> keyed;
    for (size_t vertex : layer) {
      double sum = 0;
      for (const Neighbour& next : neighbours[vertex]) {
        // Ports of one node keep their order.
        sum += position_[next.vertex] + next.exit * 1e-5;
      }
      const auto count = static_cast<double>(neighbours[vertex].size());
      keyed.emplace_back(count > 0 ? sum / count : position_[vertex], position_[vertex], vertex);
    }
    std::ranges::sort(keyed);
    for (size_t i = 0; i < layer.size(); ++i) {
      layer[i] = std::get<2>(keyed[i]);
      position_[layer[i]] = static_cast<double>(i);
    }
  }

  // Pairs of segments that cross, all ranks together: inversions, counted with a Fenwick tree.
  uint64_t CountCrossings() const {
    uint64_t crossings = 0;
    for (size_t rank = 0; rank + 1 < layers_.size(); ++rank) {
      std::vector<uint64_t> tree(layers_[rank + 1].size() + 1, 0);
      uint64_t total = 0;
      for (size_t upper : layers_[rank]) {
        std::vector<size_t> targets;
        for (const Neighbour& next : below_[upper]) {
          targets.push_back(static_cast<size_t>(position_[next.vertex]));
        }
        for (size_t target : targets) {
          uint64_t not_right = 0;
          for (size_t i = target + 1; i > 0; i -= i & (0 - i)) not_right += tree[i];
          crossings += total - not_right;
        }
        for (size_t target : targets) {
          for (size_t i = target + 1; i < tree.size(); i += i & (0 - i)) ++tree[i];
          ++total;
        }
      }
    }
    return crossings;
  }

  double Separation(const Vertex& left, const Vertex& right) const {
    const bool line = left.is_line || right.is_line;
    return (left.width + right.width) / 2 + (line ? kLineGap : kNodeGap);
  }

  void PlaceHorizontally() {
    for (const std::vector<size_t>& layer : layers_) {
      double x = 0;
      for (size_t i = 0; i < layer.size(); ++i) {
        if (i > 0) x += Separation(vertices_[layer[i - 1]], vertices_[layer[i]]);
        vertices_[layer[i]].x = x;
      }
    }
    for (int sweep = 0; sweep < kCoordinateSweeps; ++sweep) {
      // First from above and from below in turn, at last by both.
      const bool both = sweep >= kCoordinateSweeps / 2;
      const bool down = sweep % 2 == 0;
      for (size_t i = 0; i < layers_.size(); ++i) {
        PlaceLayer(down ? i : layers_.size() - 1 - i, both || down, both || !down);
      }
    }
    double left = INFINITY;
    for (const Vertex& vertex : vertices_) left = std::min(left, vertex.x - vertex.width / 2);
    for (Vertex& vertex : vertices_) {
      vertex.x -= left;
      width_ = std::max(width_, vertex.x + vertex.width / 2);
    }
  }

  void PlaceLayer(size_t rank, bool by_above, bool by_below) {
    const std::vector<size_t>& layer = layers_[rank];
    std::vector<SeparatedPoint> points;
    for (size_t i = 0; i < layer.size(); ++i) {
      const Vertex& vertex = vertices_[layer[i]];
      double sum = 0;
      double weight = 0;
      const auto pull = [&](const Neighbour& next, double x) {
        const bool line = vertex.is_line && vertices_[next.vertex].is_line;
        const double w = line ? kLineWeight : 1;
        sum += w * x;
        weight += w;
      };
      if (by_above) {
        for (const Neighbour& next : above_[layer[i]]) {
          pull(next, vertices_[next.vertex].x + next.exit);
        }
      }
      if (by_below) {
        for (const Neighbour& next : below_[layer[i]]) {
          pull(next, vertices_[next.vertex].x - next.exit);
        }
      }
      const double gap = i == 0 ? 0 : Separation(vertices_[layer[i - 1]], vertex);
      if (weight > 0) {
        points.push_back({sum / weight, weight, gap});
      } else {
        points.push_back({vertex.x, 0.01, gap});
      }
    }
    const std::vector<double> solved = SolveSeparated(points);
    for (size_t i = 0; i < layer.size(); ++i) vertices_[layer[i]].x = solved[i];
  }

  // A rank of labels without a label takes no room, and edges pass it without a bend.
  bool IsShown(size_t rank) const { return rank % 2 == 0 || heights_[rank] > 0; }

  void PlaceVertically() {
    heights_.resize(layers_.size(), 0);
    tops_.resize(layers_.size(), 0);
    std::vector<double> drift(layers_.size(), 0);
    for (const Vertex& vertex : vertices_) {
      heights_[vertex.rank] = std::max(heights_[vertex.rank], vertex.height);
    }
    for (const Segment& segment : segments_) {
      const Vertex& upper = vertices_[segment.upper];
      double& most = drift[upper.rank];
      most = std::max(most, std::abs(upper.x + segment.exit - vertices_[segment.lower].x));
    }
    double y = 0;
    for (size_t rank = 0; rank < layers_.size(); ++rank) {
      tops_[rank] = y;
      if (!IsShown(rank)) continue;
      y += heights_[rank];
      height_ = y;
      double most = drift[rank];
      if (rank + 1 < layers_.size() && !IsShown(rank + 1)) {
        // One gap instead of two: it must be enough for both bends.
        most = std::max(most, drift[rank + 1]) + kRankGapMin / 0.08;
      }
      y += std::clamp(kRankGapMin + 0.08 * most, kRankGapMin, kRankGapMax);
    }
  }

  LayeredLayout Finish() {
    LayeredLayout layout;
    layout.ranks.reserve(nodes_.size());
    for (size_t node = 0; node < nodes_.size(); ++node) {
      const Vertex& vertex = vertices_[node];
      layout.nodes.push_back(
          {vertex.x - vertex.width / 2, tops_[vertex.rank], vertex.width, vertex.height});
      layout.ranks.push_back(vertex.rank / 2);
    }
    layout.width = width_;
    layout.height = height_;
    layout.edges.resize(edges_.size());
    const std::vector<double> exits = Attach(true);
    const std::vector<double> entries = Attach(false);
    SmoothHops(exits, entries);
    for (size_t i = 0; i < edges_.size(); ++i) {
      layout.edges[i] = Route(i, exits[i], entries[i], layout);
    }
    return layout;
  }

  // Where each edge touches its source's lower side (or its target's upper one): straight above
  // or below where it goes on, as far as that is near the middle and not another edge's place.
  std::vector<double> Attach(bool at_source) const {
    std::vector<std::vector<std::pair<double, size_t>>> ends(nodes_.size());
    std::vector<double> attached(edges_.size());
    for (size_t i = 0; i < edges_.size(); ++i) {
      const LayoutEdge& edge = edges_[i];
      const size_t end = at_source ? edge.source : edge.target;
      if (at_source && edge.exit) {
        attached[i] = vertices_[end].x - vertices_[end].width / 2 + *edge.exit;
        continue;
      }
      const size_t other = lines_[i].empty() ? (at_source ? edge.target : edge.source)
                                             : (at_source ? lines_[i].front() : lines_[i].back());
      ends[end].emplace_back(vertices_[other].x, i);
    }
    for (size_t node = 0; node < nodes_.size(); ++node) {
      std::ranges::sort(ends[node]);
      const double half = vertices_[node].width / 2;
      const double gap = std::min(24.0, 0.7 * half / static_cast<double>(ends[node].size() + 1));
      std::vector<SeparatedPoint> points;
      for (const auto& [x, edge] : ends[node]) {
        const double off = std::clamp(x - vertices_[node].x, -0.6 * half, 0.6 * half);
        points.push_back({vertices_[node].x + off, 1, gap});
      }
      const std::vector<double> solved = SolveSeparated(points);
      for (size_t i = 0; i < solved.size(); ++i) attached[ends[node][i].second] = solved[i];
    }
    return attached;
  }

  // An edge to the next rank of nodes may be one curve from end to end, with its label on it, where
  // its neighbours in the rank of labels leave room for that.
  void SmoothHops(const std::vector<double>& exits, const std::vector<double>& entries) {
    is_smooth_.resize(edges_.size());
    // By vertex, what it takes of its rank.
    std::vector<std::pair<double, double>> taken;
    for (const Vertex& vertex : vertices_) {
      taken.emplace_back(vertex.x - vertex.width / 2, vertex.x + vertex.width / 2);
    }
    for (size_t i = 0; i < edges_.size(); ++i) {
      if (lines_[i].size() != 1) continue;
      const size_t line = lines_[i].front();
      const uint32_t rank = vertices_[line].rank;
      if (!IsShown(rank)) continue;
      const Point from = {exits[i], tops_[rank - 1] + heights_[rank - 1]};
      const Point to = {entries[i], tops_[rank + 1]};
      const double above = CurveAt(from, to, tops_[rank]);
      const double below = CurveAt(from, to, tops_[rank] + heights_[rank]);
      const double middle = (above + below) / 2;
      const double half = vertices_[line].width / 2;
      const double left = std::min({above, below, middle - half});
      const double right = std::max({above, below, middle + half});
      const std::vector<size_t>& layer = layers_[rank];
      const auto place = static_cast<size_t>(position_[line]);
      const double least = place > 0 ? taken[layer[place - 1]].second + kLineGap : 0;
      const double most =
          place + 1 < layer.size() ? taken[layer[place + 1]].first - kLineGap : width_;
      if (left < least || right > most) continue;
      is_smooth_[i] = true;
      vertices_[line].x = middle;
      taken[line] = {left, right};
    }
  }

  RoutedEdge Route(size_t index, double exit, double entry, const LayeredLayout& layout) const {
    const LayoutEdge& edge = edges_[index];
    RoutedEdge routed;
    const Rect& source = layout.nodes[edge.source];
    const uint32_t rank = vertices_[edge.source].rank;
    routed.points.push_back({exit, source.bottom()});
    const double rank_bottom = tops_[rank] + heights_[rank];
    if (rank_bottom > source.bottom()) routed.points.push_back({exit, rank_bottom});
    for (size_t line : lines_[index]) {
      const Vertex& vertex = vertices_[line];
      if (!IsShown(vertex.rank)) continue;
      const double top = tops_[vertex.rank];
      if (!is_smooth_[index]) {
        routed.points.push_back({vertex.x, top});
        routed.points.push_back({vertex.x, top + heights_[vertex.rank]});
      }
      if (vertex.width > 0) {
        const double y = top + (heights_[vertex.rank] - vertex.height) / 2;
        routed.label = {vertex.x - vertex.width / 2, y, vertex.width, vertex.height};
      }
    }
    routed.points.push_back({entry, layout.nodes[edge.target].y});
    return routed;
  }

  // Constant after construction
  const std::vector<LayoutNode>& nodes_;
  const std::vector<LayoutEdge>& edges_;

  // By node
  std::vector<uint32_t> ranks_;
  std::vector<std::vector<size_t>> incoming_;
  // Nodes first, then the lines' vertices
  std::vector<Vertex> vertices_;
  std::vector<double> position_;
  std::vector<std::vector<Neighbour>> above_;
  std::vector<std::vector<Neighbour>> below_;
  std::vector<Segment> segments_;
  // By edge: its vertices from top to bottom, and whether it passes its one without a bend
  std::vector<std::vector<size_t>> lines_;
  std::vector<bool> is_smooth_;
  // By rank: vertices from left to right, and where the rank lies
  std::vector<std::vector<size_t>> layers_;
  std::vector<double> tops_;
  std::vector<double> heights_;
  double width_ = 0;
  double height_ = 0;
};

}  // namespace

LayeredLayout LayOut(const std::vector<LayoutNode>& nodes, const std::vector<LayoutEdge>& edges) {
  return Layouter(nodes, edges).Run();
}

}  // namespace flinkc
