# The version: `git describe` where there are tags (v1.2.3), else the number below. It reaches the
# code as kVersion in "offramp_version.h" through the target offramp::version; only files that
# include it are compiled again when it changes.

set(OFFRAMP_VERSION ${PROJECT_VERSION})
find_program(OFFRAMP_GIT git)
mark_as_advanced(OFFRAMP_GIT)
if(OFFRAMP_GIT AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(
    COMMAND ${OFFRAMP_GIT} -C ${PROJECT_SOURCE_DIR} describe --tags --match "v[0-9]*"
    OUTPUT_VARIABLE _described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(_described)
    string(SUBSTRING "${_described}" 1 -1 OFFRAMP_VERSION)
  else()
    execute_process(
      COMMAND ${OFFRAMP_GIT} -C ${PROJECT_SOURCE_DIR} rev-parse --short=9 HEAD
      OUTPUT_VARIABLE _commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(_commit MATCHES "^[0-9a-f]+$")
      set(OFFRAMP_VERSION ${PROJECT_VERSION}+g${_commit})
    endif()
  endif()
endif()

configure_file(${PROJECT_SOURCE_DIR}/cmake/offramp_version.h.in
               ${CMAKE_BINARY_DIR}/generated/offramp_version.h @ONLY)
add_library(offramp_version INTERFACE)
add_library(offramp::version ALIAS offramp_version)
target_include_directories(offramp_version INTERFACE ${CMAKE_BINARY_DIR}/generated)
