#include "compiler/explain/layered_layout.h"

#include <gtest/gtest.h>

#include <random>

#include "compiler/explain/least_squares.h"

namespace flinkc {
namespace {

struct Dag {
  std::vector<LayoutNode> nodes;
  std::vector<LayoutEdge> edges;
};

Dag RandomDag(uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](uint32_t end) { return static_cast<uint32_t>(random() % end); };
  Dag dag;
  const size_t count = 1 + below(40);
  for (size_t i = 0; i < count; ++i) {
    dag.nodes.push_back({40.0 + below(300), 20.0 + below(150), false});
    const size_t inputs = i == 0 ? 0 : below(4);
    for (size_t k = 0; k < inputs; ++k) {
      LayoutEdge edge{below(static_cast<uint32_t>(i)), i, 0, 0, std::nullopt};
      if (below(2) == 0) edge = {edge.source, i, 20.0 + below(150), 18, std::nullopt};
      if (below(5) == 0) edge.exit = below(40);
      dag.edges.push_back(edge);
    }
  }
  return dag;
}

bool Overlap(const Rect& a, const Rect& b) {
  constexpr double kSlack = 1e-6;
  return a.x < b.right() - kSlack && b.x < a.right() - kSlack && a.y < b.bottom() - kSlack &&
         b.y < a.bottom() - kSlack;
}

class RandomDagTest : public testing::TestWithParam<uint32_t> {
 protected:
  void SetUp() override {
    dag_ = RandomDag(GetParam());
    layout_ = LayOut(dag_.nodes, dag_.edges);
    boxes_ = layout_.nodes;
    for (const RoutedEdge& edge : layout_.edges) {
      if (edge.label.width > 0) boxes_.push_back(edge.label);
    }
  }

  Dag dag_;
  LayeredLayout layout_;
  std::vector<Rect> boxes_;  // nodes and labels
};

TEST_P(RandomDagTest, BoxesAndLabelsKeepTheirSizeAndDoNotOverlap) {
  for (size_t i = 0; i < dag_.nodes.size(); ++i) {
    EXPECT_EQ(layout_.nodes[i].width, dag_.nodes[i].width);
    EXPECT_EQ(layout_.nodes[i].height, dag_.nodes[i].height);
  }
  for (size_t i = 0; i < dag_.edges.size(); ++i) {
    EXPECT_EQ(layout_.edges[i].label.width, dag_.edges[i].label_width);
  }
  for (size_t i = 0; i < boxes_.size(); ++i) {
    for (size_t j = 0; j < i; ++j) EXPECT_FALSE(Overlap(boxes_[i], boxes_[j])) << i << " " << j;
  }
}

TEST_P(RandomDagTest, EverythingLiesInsideThePicture) {
  for (const Rect& box : boxes_) {
    EXPECT_GE(box.x, -1e-6);
    EXPECT_GE(box.y, -1e-6);
    EXPECT_LE(box.right(), layout_.width + 1e-6);
    EXPECT_LE(box.bottom(), layout_.height + 1e-6);
  }
  for (const RoutedEdge& edge : layout_.edges) {
    for (const Point& point : edge.points) {
      EXPECT_GE(point.x, -1e-6);
      EXPECT_LE(point.x, layout_.width + 1e-6);
    }
  }
}

TEST_P(RandomDagTest, EdgesAdvanceFromBoxToBox) {
  for (size_t i = 0; i < dag_.edges.size(); ++i) {
    const LayoutEdge& edge = dag_.edges[i];
    const Rect& source = layout_.nodes[edge.source];
    const Rect& target = layout_.nodes[edge.target];
    EXPECT_LT(layout_.ranks[edge.source], layout_.ranks[edge.target]);
    const std::vector<Point>& points = layout_.edges[i].points;
    ASSERT_GE(points.size(), 2U);
    EXPECT_DOUBLE_EQ(points.front().y, source.bottom());
    EXPECT_DOUBLE_EQ(points.back().y, target.y);
    EXPECT_GE(points.front().x, source.x);
    EXPECT_LE(points.front().x, source.right());
    EXPECT_GE(points.back().x, target.x);
    EXPECT_LE(points.back().x, target.right());
    if (edge.exit) EXPECT_NEAR(points.front().x, source.x + *edge.exit, 1e-6);
    for (size_t k = 1; k < points.size(); ++k) EXPECT_GE(points[k].y, points[k - 1].y);
  }
}

// A curve stays in the box of its two points: where that box is free, so is the edge.
TEST_P(RandomDagTest, NoEdgeCrossesABox) {
  for (const RoutedEdge& edge : layout_.edges) {
    for (size_t k = 1; k < edge.points.size(); ++k) {
      const Point& from = edge.points[k - 1];
      const Point& to = edge.points[k];
      const Rect swept = {std::min(from.x, to.x) - 1e-3, from.y, std::abs(from.x - to.x) + 2e-3,
                          to.y - from.y};
      for (const Rect& node : layout_.nodes) EXPECT_FALSE(Overlap(swept, node));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDagTest, testing::Range(0U, 120U));

TEST(LayeredLayout, OfNothingIsEmpty) {
  const LayeredLayout layout = LayOut({}, {});
  EXPECT_TRUE(layout.nodes.empty());
  EXPECT_EQ(layout.height, 0);
}

TEST(LayeredLayout, ALineIsStraight) {
  const LayeredLayout layout =
      LayOut({{100, 20}, {60, 20}, {140, 20}}, {{0, 1, 0, 0, {}}, {1, 2, 30, 18, {}}});
  for (const RoutedEdge& edge : layout.edges) {
    for (const Point& point : edge.points) EXPECT_NEAR(point.x, 70, 0.01);
  }
}

TEST(LayeredLayout, ASweepTakesOutACrossing) {
  // 0 -> 3 and 1 -> 2 cross in the order of the nodes.
  const LayeredLayout layout =
      LayOut({{50, 20}, {50, 20}, {50, 20}, {50, 20}}, {{0, 3, 0, 0, {}}, {1, 2, 0, 0, {}}});
  EXPECT_EQ(layout.nodes[0].x < layout.nodes[1].x, layout.nodes[3].x < layout.nodes[2].x);
}

TEST(LeastSquares, PoolsWhatWouldOverlap) {
  EXPECT_EQ(SolveSeparated({{0, 1, 0}, {10, 1, 4}}), (std::vector<double>{0, 10}));
  EXPECT_EQ(SolveSeparated({{5, 1, 0}, {5, 1, 4}}), (std::vector<double>{3, 7}));
  EXPECT_EQ(SolveSeparated({{5, 3, 0}, {5, 1, 4}}), (std::vector<double>{4, 8}));
  EXPECT_TRUE(SolveSeparated({}).empty());
}

}  // namespace
}  // namespace flinkc
