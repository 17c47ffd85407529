# cmake -DBITCODE_FILE= -DOUTPUT= -DNAME= -DBITCODE= -DBUILD_ID= -P embed_bitcode.cmake
# Writes the source that embeds a bitcode file; see FlinkcKernels.cmake.
file(SHA256 ${BITCODE_FILE} hash)
string(SUBSTRING ${hash} 0 16 id)
file(WRITE ${OUTPUT} "// Generated from ${NAME}.bc.
#include <cstddef>
#include <cstdint>
#include <span>

asm(\".pushsection .rodata\\n\"
    \".balign 16\\n\"
    \"${NAME}_begin: .incbin \\\"${BITCODE_FILE}\\\"\\n\"
    \"${NAME}_end: .byte 0\\n\"
    \".global ${NAME}_begin, ${NAME}_end\\n\"
    \".hidden ${NAME}_begin, ${NAME}_end\\n\"
    \".popsection\");

extern \"C\" {
extern const std::byte ${NAME}_begin[] __attribute__((visibility(\"hidden\")));
extern const std::byte ${NAME}_end[] __attribute__((visibility(\"hidden\")));
}

namespace flinkc {
std::span<const std::byte> ${BITCODE}() { return {${NAME}_begin, ${NAME}_end}; }
uint64_t ${BUILD_ID}() { return 0x${id}; }
}  // namespace flinkc
")
