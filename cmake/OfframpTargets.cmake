# The functions with which every folder declares what it builds. Sources are listed by hand.

# offramp_library(<name> SOURCES <.cc and .h files>... [PUBLIC_DEPS <targets>...]
#                 [PRIVATE_DEPS <targets>...])
#
# A static library offramp_<name> with the alias offramp::<name>; an interface library when no .cc
# is listed. Includes are written from the repository's root: #include "offramp/<name>/x.h".
# PUBLIC_DEPS are the targets whose headers this library's headers include. Where the library is
# installed (OfframpInstall.cmake), a private deps::x becomes the package's offramp::x.
function(offramp_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC_DEPS;PRIVATE_DEPS")
  _offramp_reject_unparsed(offramp_library)
  _offramp_drop_missing_sources()
  set(compiled ${arg_SOURCES})
  list(FILTER compiled INCLUDE REGEX "\\.cc$")
  if(compiled)
    set(private $<BUILD_INTERFACE:offramp_warnings>)
    foreach(dep IN LISTS arg_PRIVATE_DEPS)
      if(dep MATCHES "^deps::(.*)$")
        list(APPEND private $<BUILD_INTERFACE:${dep}>)
        if(CMAKE_MATCH_1 IN_LIST OFFRAMP_PACKAGE_DEPS)
          list(APPEND private $<INSTALL_INTERFACE:offramp::${CMAKE_MATCH_1}>)
        endif()
      else()
        list(APPEND private ${dep})
      endif()
    endforeach()
    add_library(offramp_${name} STATIC ${arg_SOURCES})
    target_compile_features(offramp_${name} PUBLIC cxx_std_20)
    target_include_directories(offramp_${name} PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
    target_link_libraries(offramp_${name} PUBLIC ${arg_PUBLIC_DEPS} PRIVATE ${private})
  else()
    add_library(offramp_${name} INTERFACE)
    target_include_directories(offramp_${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(offramp_${name} INTERFACE ${arg_PUBLIC_DEPS} ${arg_PRIVATE_DEPS})
  endif()
  add_library(offramp::${name} ALIAS offramp_${name})
endfunction()

# offramp_test(<name> [SOURCES <files>...] DEPS <targets>... [LABELS <labels>...]
#              [ENV <NAME=value>...] [TIMEOUT <seconds>] [SERIAL])
#
# One gtest executable and one ctest entry for one unit. SOURCES is <name>.cc when left out. In
# tests/unit/core, offramp_test(cost_test ...) makes the target core_cost_test and the ctest entry
# core.cost_test; the target unit_core builds all of that folder. Tests start in the repository's
# root, which the environment also names: OFFRAMP_SOURCE_DIR; OFFRAMP_TEST_MODELS names the folder of
# the bundles that models/make_test_models.py made. SERIAL: no other test runs beside it.
function(offramp_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS;ENV")
  _offramp_reject_unparsed(offramp_test)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cc)
  endif()
  set(target ${folder}_${name})
  _offramp_drop_missing_sources()
  if(NOT arg_SOURCES)
    return()
  endif()
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target}
    PRIVATE offramp_warnings ${arg_DEPS} GTest::gmock_main deps::gtest deps::threads)
  if(NOT TARGET unit_${folder})
    add_custom_target(unit_${folder})
  endif()
  add_dependencies(unit_${folder} ${target})
  add_test(NAME ${folder}.${name} COMMAND ${target} --gtest_brief=1)
  _offramp_test_properties(${folder}.${name})
endfunction()

# offramp_python_test(<name> SCRIPT <x.py> [ARGS <arguments>...] [LABELS ...] [ENV ...]
#                     [TIMEOUT <seconds>] [SERIAL])
#
# A test that drives the real binary from Python, in the environment that `make deps` made. The
# environment variable OFFRAMP_BINARY names the binary.
function(offramp_python_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "SCRIPT;TIMEOUT" "ARGS;LABELS;ENV")
  _offramp_reject_unparsed(offramp_python_test)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  list(APPEND arg_ENV OFFRAMP_BINARY=${CMAKE_BINARY_DIR}/offramp PYTHONDONTWRITEBYTECODE=1)
  add_test(NAME ${folder}.${name}
    COMMAND ${OFFRAMP_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT} ${arg_ARGS})
  _offramp_test_properties(${folder}.${name})
endfunction()

# offramp_fuzzer(<name> [SOURCES <files>...] DEPS <targets>... [CORPUS <folder>])
#
# A fuzzer with the libFuzzer entry point LLVMFuzzerTestOneInput, built as fuzz_<name>, and a ctest
# entry fuzz.<name> that runs every seed of CORPUS (relative to the calling folder) and then about a
# second of mutations of them. Under `cmake --preset fuzz` that is libFuzzer; with any other
# compiler a small driver of ours (fuzz/standalone_main.cc) with a fixed seed.
function(offramp_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS;TIMEOUT" "SOURCES;DEPS;LABELS;ENV")
  _offramp_reject_unparsed(offramp_fuzzer)
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cc)
  endif()
  set(target fuzz_${name})
  _offramp_drop_missing_sources()
  if(NOT arg_SOURCES)
    return()
  endif()
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE offramp_warnings ${arg_DEPS} deps::threads)
  if(OFFRAMP_LIBFUZZER)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    # The first folder is where libFuzzer writes what it finds: keep the committed seeds clean.
    set(found ${CMAKE_CURRENT_BINARY_DIR}/found/${name})
    file(MAKE_DIRECTORY ${found})
    set(options -seed=1 -timeout=10 -artifact_prefix=${found}/ ${found})
  else()
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/fuzz/standalone_main.cc)
    set(options -seed=1)
  endif()
  if(arg_CORPUS)
    set(seeds ${CMAKE_CURRENT_SOURCE_DIR}/${arg_CORPUS})
  endif()
  set_property(GLOBAL APPEND PROPERTY OFFRAMP_FUZZERS ${target})
  add_test(NAME fuzz.${name} COMMAND ${target} -max_total_time=1 ${options} ${seeds})
  list(APPEND arg_LABELS fuzz)
  _offramp_test_properties(fuzz.${name})
endfunction()

# offramp_benchmark(<name> [SOURCES <files>...] DEPS <targets>...): a Google Benchmark program,
# bench_<name>, not built by default; `ninja bench_micro` builds them all.
function(offramp_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  _offramp_reject_unparsed(offramp_benchmark)
  if(NOT arg_SOURCES)
    set(arg_SOURCES ${name}.cc)
  endif()
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_include_directories(bench_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(bench_${name}
    PRIVATE offramp_warnings ${arg_DEPS} deps::benchmark benchmark::benchmark_main deps::threads)
  if(NOT TARGET bench_micro)
    add_custom_target(bench_micro)
  endif()
  add_dependencies(bench_micro bench_${name})
endfunction()

# offramp_executable(<name> SOURCES <files>... DEPS <targets>...): the program <name>, put in the
# top of the build folder.
function(offramp_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS")
  _offramp_reject_unparsed(offramp_executable)
  _offramp_drop_missing_sources()
  if(NOT arg_SOURCES)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE offramp_warnings ${arg_DEPS} deps::threads)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# While several people fill one tree, a list may name a file that its author has not written yet. With
# this on (in local.cmake, which git ignores) such a file is left out with a warning.
option(OFFRAMP_ALLOW_MISSING_SOURCES "Leave out sources that do not exist" OFF)
mark_as_advanced(OFFRAMP_ALLOW_MISSING_SOURCES)
macro(_offramp_drop_missing_sources)
  if(OFFRAMP_ALLOW_MISSING_SOURCES)
    foreach(_source IN LISTS arg_SOURCES)
      if(NOT IS_ABSOLUTE ${_source} AND NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${_source})
        message(WARNING "${CMAKE_CURRENT_SOURCE_DIR}/${_source} does not exist: left out")
        list(REMOVE_ITEM arg_SOURCES ${_source})
      endif()
    endforeach()
  endif()
endmacro()

# A misspelt keyword must not silently drop sources.
macro(_offramp_reject_unparsed function)
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${function}(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(arg_KEYWORDS_MISSING_VALUES AND NOT arg_KEYWORDS_MISSING_VALUES MATCHES
     "^(PUBLIC_DEPS|PRIVATE_DEPS|DEPS|LABELS|ENV|ARGS|;)+$")
    message(FATAL_ERROR "${function}(${name}): nothing after ${arg_KEYWORDS_MISSING_VALUES}")
  endif()
endmacro()

# What every ctest entry gets; reads the caller's parsed arguments.
macro(_offramp_test_properties test)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set(_supp ${PROJECT_SOURCE_DIR}/tools/sanitizers)
  list(APPEND arg_ENV
    OFFRAMP_SOURCE_DIR=${PROJECT_SOURCE_DIR} OFFRAMP_TEST_MODELS=${CMAKE_BINARY_DIR}/test_models)
  if(OFFRAMP_SANITIZE)
    # gRPC and protobuf are not instrumented: containers they grow would be reported wrongly.
    list(APPEND arg_ENV
      OFFRAMP_SANITIZED=1
      ASAN_OPTIONS=detect_container_overflow=0:detect_stack_use_after_return=1
      LSAN_OPTIONS=suppressions=${_supp}/lsan.supp:print_suppressions=0
      UBSAN_OPTIONS=print_stacktrace=1
      TSAN_OPTIONS=suppressions=${_supp}/tsan.supp:ignore_noninstrumented_modules=1)
  endif()
  set_tests_properties(${test} PROPERTIES
    TIMEOUT ${arg_TIMEOUT}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    ENVIRONMENT "${arg_ENV}"
    LABELS "${arg_LABELS}")
  if(arg_SERIAL)
    set_tests_properties(${test} PROPERTIES RUN_SERIAL ON)
  endif()
endmacro()
