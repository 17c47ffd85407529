// Elements of arrays as values of their own, to search, sort and put together anew.
#pragma once

#include <unordered_set>
#include <vector>

#include "runtime/abi/element.h"
#include "stdlib-operators/kernels/kernel.h"

namespace flinkc {

// One element, by reference: lives as long as the array or the argument it came from.
struct Element {
  const char* bytes = nullptr;  // nullptr: NULL
  uint32_t size = 0;

  bool is_null() const { return bytes == nullptr; }
};

using ElementList = std::vector<Element>;

Element ElementAt(const NestedReader& array, uint32_t slot, ElementKind kind);
// A valid view must outlive the element: a short one stands in the argument itself.
Element ElementOf(const PackedArgument& argument);
// Appends all elements of `array`.
void AppendElements(const StringValue& array, ElementKind kind, ElementList* list);
ElementList ElementsOf(const StringValue& array, ElementKind kind);

// As SQL's `=`, but that NULL is NULL: a NaN equals nothing, 0.0 equals -0.0.
bool SameElement(const Element& a, const Element& b, ElementKind kind);
// The total order of min and max (kernels/comparison.h) of two that are not NULL and not nested:
// -1, 0, 1.
int32_t CompareElements(const Element& a, const Element& b, ElementKind kind);
// Gives back one that is not NULL; see GiveElement.
void GiveValue(const Element& element, ElementKind kind, void* out);

// An ARRAY of these elements in memory of the output. kKernelNull: it would be 4 GiB or more.
int32_t GiveArray(KernelContext* context, const ElementList& elements, ElementKind kind,
                  StringValue* out);

// Elements that differ as SameElement says.
class ElementSet {
 public:
  explicit ElementSet(ElementKind kind) : elements_(16, Hash{kind}, Equal{kind}) {}

  bool Contains(const Element& element) const { return elements_.contains(element); }
  // False: it was there.
  bool Insert(const Element& element) { return elements_.insert(element).second; }

 private:
  struct Hash {
    ElementKind kind;
    size_t operator()(const Element& element) const;
  };
  struct Equal {
    ElementKind kind;
    bool operator()(const Element& a, const Element& b) const { return SameElement(a, b, kind); }
  };

  std::unordered_set<Element, Hash, Equal> elements_;
};

}  // namespace flinkc
