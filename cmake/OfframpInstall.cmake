# What `cmake --install <build>` installs, by component:
#
#   libraries  headers, static libraries and the CMake package `offramp`: targets offramp::offramp
#              (base, core, optimize, simulate) and, as the package's component `files`, offramp::files
#              (the readers of scenario and fleet files)
#   program    bin/offramp, its ONNX Runtime where it is a private one, completions, and the shipped
#              models and fleets under share/offramp
#
# The Python module has a component of its own, `python`, which only pip asks for.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(OFFRAMP_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/offramp)

# _offramp_install_set(<export> <libraries>...)
function(_offramp_install_set export)
  foreach(library IN LISTS ARGN)
    set_target_properties(offramp_${library} PROPERTIES EXPORT_NAME ${library})
    install(TARGETS offramp_${library} EXPORT ${export}
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT libraries)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/offramp/${library}
      DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/offramp COMPONENT libraries
      FILES_MATCHING PATTERN "*.h")
  endforeach()
  install(EXPORT ${export} NAMESPACE offramp:: DESTINATION ${OFFRAMP_PACKAGE_DIR}
    COMPONENT libraries)
endfunction()

_offramp_install_set(offrampTargets base core optimize simulate)
_offramp_install_set(offrampFilesTargets model files)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/offrampConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/offrampConfig.cmake INSTALL_DESTINATION ${OFFRAMP_PACKAGE_DIR})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/offrampConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/offrampConfig.cmake
              ${CMAKE_BINARY_DIR}/package/offrampConfigVersion.cmake
  DESTINATION ${OFFRAMP_PACKAGE_DIR} COMPONENT libraries)

if(OFFRAMP_LIBRARIES_ONLY)
  return()
endif()

install(TARGETS offramp RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
# A library that `make deps` brought is not where the system looks for one.
if(OnnxRuntime_LIBRARY MATCHES "^${PROJECT_SOURCE_DIR}/")
  file(REAL_PATH ${OnnxRuntime_LIBRARY} _ort)
  cmake_path(GET _ort PARENT_PATH _ort_folder)
  install(FILES ${_ort} DESTINATION ${CMAKE_INSTALL_LIBDIR}/offramp COMPONENT program
    RENAME libonnxruntime.so.1)
  file(RELATIVE_PATH _from_bin ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR}/offramp)
  set_target_properties(offramp PROPERTIES INSTALL_RPATH "$ORIGIN/${_from_bin}")
endif()
set(_completions ${PROJECT_SOURCE_DIR}/completions)
install(FILES ${_completions}/offramp.bash RENAME offramp
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
install(FILES ${_completions}/_offramp
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program)
install(FILES ${_completions}/offramp.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/fashion-mnist
  DESTINATION ${CMAKE_INSTALL_DATADIR}/offramp/models COMPONENT program)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/fleets
  DESTINATION ${CMAKE_INSTALL_DATADIR}/offramp COMPONENT program FILES_MATCHING PATTERN "*.yaml")
