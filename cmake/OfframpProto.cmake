# offramp_proto_library(<name> PROTO <files relative to proto/>... [GRPC])
#
# Generates C++ for the given .proto files into the build tree and compiles it, without our warnings,
# into the target offramp_<name> (alias offramp::<name>). With GRPC also the service stubs.
# Users write `#include "offramp/v1/node.pb.h"`: the path below proto/.
function(offramp_proto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "GRPC" "" "PROTO")
  set(root ${PROJECT_SOURCE_DIR}/proto)
  set(out ${CMAKE_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  set(sources)
  foreach(proto IN LISTS arg_PROTO)
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(generated ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    set(options --proto_path=${root} --cpp_out=${out})
    if(arg_GRPC)
      list(APPEND generated ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
      list(APPEND options --grpc_out=${out} --plugin=protoc-gen-grpc=${OFFRAMP_GRPC_PLUGIN})
    endif()
    add_custom_command(
      OUTPUT ${generated}
      COMMAND ${OFFRAMP_PROTOC} ${options} ${proto}
      DEPENDS ${root}/${proto}
      WORKING_DIRECTORY ${root}
      COMMENT "Generating ${stem}.pb"
      VERBATIM)
    list(APPEND sources ${generated})
  endforeach()
  add_library(offramp_${name} STATIC ${sources})
  add_library(offramp::${name} ALIAS offramp_${name})
  target_compile_options(offramp_${name} PRIVATE -w)
  target_include_directories(offramp_${name} SYSTEM PUBLIC ${out})
  if(arg_GRPC)
    target_link_libraries(offramp_${name} PUBLIC deps::grpc deps::threads)
  else()
    target_link_libraries(offramp_${name} PUBLIC deps::protobuf deps::threads)
  endif()
endfunction()
