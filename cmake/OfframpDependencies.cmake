# Every third-party library, under one kind of name: deps::<library>. A folder's CMakeLists.txt
# names these and nothing else from outside, so what is found how stays in this file.

find_package(PkgConfig QUIET)
if(NOT PkgConfig_FOUND)
  message(FATAL_ERROR "pkg-config is missing: run `make deps`")
endif()

# _offramp_dep(<name> <targets>...): deps::<name> links all of <targets>.
function(_offramp_dep name)
  add_library(deps_${name} INTERFACE)
  add_library(deps::${name} ALIAS deps_${name})
  target_link_libraries(deps_${name} INTERFACE ${ARGN})
endfunction()

# _offramp_dep_pkg(<name> <modules>...): the same for pkg-config modules.
function(_offramp_dep_pkg name)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${ARGN})
  if(NOT ${name}_FOUND)
    list(JOIN ARGN " " modules)
    message(FATAL_ERROR "Not found with pkg-config: ${modules}. Run `make deps`.")
  endif()
  _offramp_dep(${name} PkgConfig::${name})
endfunction()

# _offramp_dep_cmake(<name> <package and find_package arguments> TARGETS <targets>...)
macro(_offramp_dep_cmake name)
  cmake_parse_arguments(_dep "" "" "FIND;TARGETS" ${ARGN})
  find_package(${_dep_FIND} QUIET)
  list(GET _dep_FIND 0 _dep_package)
  if(NOT ${_dep_package}_FOUND)
    message(FATAL_ERROR "Not found: ${_dep_package}. Run `make deps`.")
  endif()
  _offramp_dep(${name} ${_dep_TARGETS})
endmacro()

set(THREADS_PREFER_PTHREAD_FLAG ON)
_offramp_dep_cmake(threads FIND Threads TARGETS Threads::Threads)

# What the libraries for planning and simulation need, and the readers of files. An installed library
# finds those of OFFRAMP_PACKAGE_DEPS again by cmake/offrampConfig.cmake.in.
set(OFFRAMP_PACKAGE_DEPS ipopt yaml openssl)

# Debian's ipopt.pc also names what the shared library was linked with (LAPACK, BLAS), whose
# development files need not be here.
find_path(OFFRAMP_IPOPT_INCLUDE IpIpoptApplication.hpp PATH_SUFFIXES coin coin-or)
find_library(OFFRAMP_IPOPT_LIBRARY ipopt)
mark_as_advanced(OFFRAMP_IPOPT_INCLUDE OFFRAMP_IPOPT_LIBRARY)
if(NOT OFFRAMP_IPOPT_INCLUDE OR NOT OFFRAMP_IPOPT_LIBRARY)
  message(FATAL_ERROR "Not found: Ipopt (Debian: coinor-libipopt-dev). Run `make deps`.")
endif()
_offramp_dep(ipopt ${OFFRAMP_IPOPT_LIBRARY})
target_include_directories(deps_ipopt SYSTEM INTERFACE ${OFFRAMP_IPOPT_INCLUDE})
target_compile_definitions(deps_ipopt INTERFACE HAVE_CSTDDEF)

_offramp_dep_cmake(openssl FIND OpenSSL TARGETS OpenSSL::SSL OpenSSL::Crypto)
_offramp_dep_cmake(json FIND nlohmann_json CONFIG TARGETS nlohmann_json::nlohmann_json)
_offramp_dep_pkg(yaml yaml-cpp)

# The interpreter of tests and of the Python module: the environment that `make deps` makes, else
# the system's python3.
find_program(OFFRAMP_PYTHON python3 PATHS ${PROJECT_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH)
if(NOT OFFRAMP_PYTHON)
  set(OFFRAMP_PYTHON python3)
endif()

# Everything below is for the program, its daemons, tests and benchmarks.
if(OFFRAMP_LIBRARIES_ONLY)
  return()
endif()

_offramp_dep_cmake(zlib FIND ZLIB TARGETS ZLIB::ZLIB)
_offramp_dep_cmake(cli11 FIND CLI11 CONFIG TARGETS CLI11::CLI11)
_offramp_dep_cmake(spdlog FIND spdlog CONFIG TARGETS spdlog::spdlog)
_offramp_dep_cmake(boost FIND Boost 1.74 TARGETS Boost::headers)
_offramp_dep_cmake(gtest FIND GTest CONFIG TARGETS GTest::gmock GTest::gtest)
_offramp_dep_cmake(benchmark FIND benchmark CONFIG TARGETS benchmark::benchmark)

# Debian builds gRPC, protobuf and prometheus-cpp without usable CMake packages (protobuf has none,
# prometheus-cpp's wants curl): pkg-config knows them all.
_offramp_dep_pkg(protobuf protobuf)
_offramp_dep_pkg(grpc grpc++ protobuf)
_offramp_dep_pkg(simdjson simdjson)
_offramp_dep_pkg(prometheus prometheus-cpp-core)
_offramp_dep_pkg(eigen eigen3)
_offramp_dep_pkg(icu icu-i18n icu-uc)
_offramp_dep_pkg(zip libzip)
_offramp_dep_pkg(png libpng)
_offramp_dep_pkg(jpeg libturbojpeg)

# liblbfgs comes without any package file.
find_path(OFFRAMP_LBFGS_INCLUDE lbfgs.h)
find_library(OFFRAMP_LBFGS_LIBRARY lbfgs)
mark_as_advanced(OFFRAMP_LBFGS_INCLUDE OFFRAMP_LBFGS_LIBRARY)
if(NOT OFFRAMP_LBFGS_INCLUDE OR NOT OFFRAMP_LBFGS_LIBRARY)
  message(FATAL_ERROR "Not found: liblbfgs (Debian: liblbfgs-dev). Run `make deps`.")
endif()
_offramp_dep(lbfgs ${OFFRAMP_LBFGS_LIBRARY})
target_include_directories(deps_lbfgs SYSTEM INTERFACE ${OFFRAMP_LBFGS_INCLUDE})

# ONNX's messages alone; its headers must be told what the library was built with.
find_path(OFFRAMP_ONNX_INCLUDE onnx/onnx_pb.h)
find_library(OFFRAMP_ONNX_LIBRARY onnx_proto)
mark_as_advanced(OFFRAMP_ONNX_INCLUDE OFFRAMP_ONNX_LIBRARY)
if(NOT OFFRAMP_ONNX_INCLUDE OR NOT OFFRAMP_ONNX_LIBRARY)
  message(FATAL_ERROR "Not found: ONNX (Debian: libonnx-dev). Run `make deps`.")
endif()
_offramp_dep(onnx ${OFFRAMP_ONNX_LIBRARY} deps::protobuf)
target_include_directories(deps_onnx SYSTEM INTERFACE ${OFFRAMP_ONNX_INCLUDE})
target_compile_definitions(deps_onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)

find_program(OFFRAMP_PROTOC protoc)
find_program(OFFRAMP_GRPC_PLUGIN grpc_cpp_plugin)
mark_as_advanced(OFFRAMP_PROTOC OFFRAMP_GRPC_PLUGIN)
if(NOT OFFRAMP_PROTOC OR NOT OFFRAMP_GRPC_PLUGIN)
  message(FATAL_ERROR "protoc or grpc_cpp_plugin is missing: run `make deps`")
endif()

# ONNX Runtime is not in Debian 12: `make deps` fetches it (tools/onnxruntime.sh).
if(EXISTS ${PROJECT_SOURCE_DIR}/offramp/engine/CMakeLists.txt)
  find_package(OnnxRuntime REQUIRED)
  _offramp_dep(onnxruntime OnnxRuntime::OnnxRuntime)
endif()
