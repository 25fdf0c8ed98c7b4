# Finds ONNX Runtime and defines OnnxRuntime::OnnxRuntime.
#
# Looked for in this order: ONNXRUNTIME_ROOT (a prefix with include/ and lib/), the system, then
# third_party/onnxruntime as `make deps` lays it out. One prefix must give both header and library:
# headers newer than the library make GetApi() return null at run time.

set(_ort_candidates "${ONNXRUNTIME_ROOT}" /usr/local /usr ${PROJECT_SOURCE_DIR}/third_party/onnxruntime)

foreach(_prefix IN LISTS _ort_candidates)
  if(_prefix STREQUAL "" OR OnnxRuntime_LIBRARY)
    continue()
  endif()
  unset(_ort_include CACHE)
  unset(_ort_library CACHE)
  find_path(_ort_include onnxruntime_cxx_api.h
    PATHS ${_prefix}/include PATH_SUFFIXES onnxruntime onnxruntime/core/session NO_DEFAULT_PATH)
  find_library(_ort_library onnxruntime
    PATHS ${_prefix}/lib ${_prefix}/lib/${CMAKE_LIBRARY_ARCHITECTURE} ${_prefix}/lib64
    NO_DEFAULT_PATH)
  if(_ort_include AND _ort_library)
    set(OnnxRuntime_INCLUDE_DIR ${_ort_include})
    set(OnnxRuntime_LIBRARY ${_ort_library})
  endif()
endforeach()
unset(_ort_include CACHE)
unset(_ort_library CACHE)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxRuntime
  REQUIRED_VARS OnnxRuntime_LIBRARY OnnxRuntime_INCLUDE_DIR
  REASON_FAILURE_MESSAGE
  "ONNX Runtime is neither installed nor in third_party/onnxruntime: run `make deps`")

if(OnnxRuntime_FOUND AND NOT TARGET OnnxRuntime::OnnxRuntime)
  add_library(OnnxRuntime::OnnxRuntime SHARED IMPORTED)
  set_target_properties(OnnxRuntime::OnnxRuntime PROPERTIES
    IMPORTED_LOCATION ${OnnxRuntime_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${OnnxRuntime_INCLUDE_DIR})
endif()
