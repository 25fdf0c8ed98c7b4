# The warning flags of our own code, in one place. Headers of other projects are system headers and
# stay silent; generated code is compiled without any of these (see OfframpProto.cmake).

option(OFFRAMP_WARNINGS_AS_ERRORS "Fail the build on any warning in our own code" ON)

add_library(offramp_warnings INTERFACE)
target_compile_options(offramp_warnings INTERFACE
  -Wall
  -Wextra
  -Wshadow
  -Wnon-virtual-dtor
  -Woverloaded-virtual
  -Wcast-align
  -Wvla
  # Designated initialisers leave members at their defaults on purpose.
  -Wno-missing-field-initializers
  $<$<BOOL:${OFFRAMP_WARNINGS_AS_ERRORS}>:-Werror>
  # GCC 12 reports overlapping copies in correct uses of std::string operator+ (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond>
  $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>
  # Clang checks the lock annotations of offramp/base/mutex.h.
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-unknown-warning-option>)

# Sanitizers move code around so much that GCC's flow-based warning about uninitialised values sees
# ghosts (std::optional, mostly).
if(OFFRAMP_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(offramp_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
