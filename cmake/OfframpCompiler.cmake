# How everything is compiled and linked: language level, build types, sanitizers, ccache, linker.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()

# -g1 keeps function names and line numbers in stack traces at a fraction of the size and link time
# of full debug information. Release and RelWithDebInfo are the same on purpose: they share ccache.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "${CMAKE_CXX_FLAGS_RELEASE}")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g -D_GLIBCXX_ASSERTIONS")

# Sanitizers, for example -DOFFRAMP_SANITIZE=address,undefined or -DOFFRAMP_SANITIZE=thread.
set(OFFRAMP_SANITIZE "" CACHE STRING "Sanitizers for every target, separated by commas")
if(OFFRAMP_SANITIZE)
  add_compile_options(-fsanitize=${OFFRAMP_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OFFRAMP_SANITIZE})
endif()

# libFuzzer (Clang only): instrument everything, so that the fuzzers see coverage in our libraries.
option(OFFRAMP_LIBFUZZER "Build the fuzzers with libFuzzer; needs Clang" OFF)
if(OFFRAMP_LIBFUZZER)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "OFFRAMP_LIBFUZZER needs Clang: use `cmake --preset fuzz`")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# A process that starts in milliseconds must not load sixty libraries it never calls: gRPC's link
# line names every part of abseil.
add_link_options(-Wl,--as-needed)

find_program(OFFRAMP_CCACHE ccache)
find_program(OFFRAMP_ENV env)
mark_as_advanced(OFFRAMP_CCACHE OFFRAMP_ENV)
if(OFFRAMP_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # NOHASHDIR lets all build folders of one checkout share their objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${OFFRAMP_ENV} CCACHE_NOHASHDIR=1 ${OFFRAMP_CCACHE})
endif()

# lld links several times faster than GNU ld. Debian's lld-14 installs it only under a versioned
# name, and compilers look for `ld.lld`: a link in the build folder bridges that.
find_program(OFFRAMP_LLD NAMES ld.lld ld.lld-16 ld.lld-15 ld.lld-14)
mark_as_advanced(OFFRAMP_LLD)
if(OFFRAMP_LLD)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/linker)
  file(CREATE_LINK ${OFFRAMP_LLD} ${CMAKE_BINARY_DIR}/linker/ld.lld SYMBOLIC)
  add_link_options(-fuse-ld=lld -B${CMAKE_BINARY_DIR}/linker)
endif()
