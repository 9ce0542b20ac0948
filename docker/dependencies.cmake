# Finds the libraries and offers each as a target: dependency::microhttpd, dependency::cjson,
# dependency::xxhash, dependency::uthash, and dependency::cmocka for the tests.
# What docker/dependencies has built comes before what the distribution has; libmicrohttpd is never
# the distribution's.

if(WIN32)
  set(kind windows)
else()
  set(kind native)
endif()
set(script ${PROJECT_SOURCE_DIR}/docker/dependencies)
execute_process(COMMAND ${script} --path ${kind} OUTPUT_VARIABLE built_dependencies
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${script} ${PROJECT_SOURCE_DIR}/docker/aptsrc.sh)

# A find result of an earlier recipe must not outlive it.
if(NOT "${built_dependencies}" STREQUAL "$CACHE{SECTIOND_BUILT_DEPENDENCIES}")
  get_cmake_property(cached CACHE_VARIABLES)
  foreach(variable IN LISTS cached)
    if(variable MATCHES "^dependency_")
      unset(${variable} CACHE)
    endif()
  endforeach()
  set(SECTIOND_BUILT_DEPENDENCIES "${built_dependencies}" CACHE INTERNAL "")
endif()

if(built_dependencies AND EXISTS ${built_dependencies})
  list(PREPEND CMAKE_PREFIX_PATH ${built_dependencies})
  list(PREPEND CMAKE_FIND_ROOT_PATH ${built_dependencies})
endif()

function(require_dependency name package)
  set(variables ${ARGN})
  foreach(variable IN LISTS variables)
    if(${variable})
      continue()
    endif()
    if(WIN32 OR name STREQUAL microhttpd)
      set(help "run docker/dependencies ${kind}")
    else()
      set(help "install ${package}")
    endif()
    if(name STREQUAL cmocka)
      string(APPEND help ", or configure with -DSECTIOND_TESTS=OFF")
    endif()
    message(FATAL_ERROR "${name} was not found: ${help}. server/run and tests/run do it by "
                        "themselves; then configure again.")
  endforeach()
endfunction()

# PLACES limits the folders that are looked into: see find_library.
function(add_dependency name package header)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "NAMES;PLACES")
  find_path(dependency_${name}_include ${header} ${arg_PLACES})
  find_library(dependency_${name}_library NAMES ${arg_NAMES} ${arg_PLACES})
  require_dependency(${name} ${package} dependency_${name}_include dependency_${name}_library)
  add_library(dependency::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(dependency::${name} PROPERTIES
    IMPORTED_LOCATION ${dependency_${name}_library}
    INTERFACE_INCLUDE_DIRECTORIES ${dependency_${name}_include})
endfunction()

# A library that is one header is the same for every platform. The cross compiler must not see the
# rest of /usr/include, so the header is copied to a folder of its own.
function(add_header_dependency name package header)
  find_file(dependency_${name}_header ${header} PATHS /usr/include /usr/local/include
            NO_CMAKE_FIND_ROOT_PATH)
  if(NOT dependency_${name}_header)
    message(FATAL_ERROR "${name} was not found: install ${package}, or let server/run do it.")
  endif()
  configure_file(${dependency_${name}_header} ${PROJECT_BINARY_DIR}/headers/${name}/${header}
                 COPYONLY)
  add_library(dependency_${name} INTERFACE)
  add_library(dependency::${name} ALIAS dependency_${name})
  target_include_directories(dependency_${name} SYSTEM INTERFACE
                             ${PROJECT_BINARY_DIR}/headers/${name})
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# The distribution's is too old, or a shared library, whose use of memory TSan cannot follow.
add_dependency(microhttpd libmicrohttpd microhttpd.h NAMES libmicrohttpd.a
               PLACES NO_SYSTEM_ENVIRONMENT_PATH NO_CMAKE_SYSTEM_PATH)
# Older ones let malformed requests through before any callback of ours is asked, mistake the length
# of a chunk that has an extension, and may close a connection without telling us.
file(STRINGS ${dependency_microhttpd_include}/microhttpd.h microhttpd_version
     REGEX "^#define MHD_VERSION 0x")
string(REGEX REPLACE ".*0x([0-9a-fA-F]+).*" "\\1" microhttpd_version "${microhttpd_version}")
if(microhttpd_version STRLESS "01001000")
  message(FATAL_ERROR "libmicrohttpd in ${dependency_microhttpd_include} is older than 1.0.10 "
                      "(MHD_VERSION 0x${microhttpd_version}), which cannot be made safe: take that "
                      "folder out of CMAKE_PREFIX_PATH, run docker/dependencies ${kind}, then "
                      "configure again.")
endif()
set_property(TARGET dependency::microhttpd APPEND PROPERTY
             INTERFACE_LINK_LIBRARIES Threads::Threads $<$<BOOL:${WIN32}>:ws2_32>)

add_dependency(cjson libcjson-dev cjson/cJSON.h NAMES cjson)
add_header_dependency(xxhash libxxhash-dev xxhash.h)
target_compile_definitions(dependency_xxhash INTERFACE XXH_INLINE_ALL)
add_header_dependency(uthash uthash-dev uthash.h)
if(SECTIOND_TESTS)
  add_dependency(cmocka libcmocka-dev cmocka.h NAMES cmocka-static cmocka)
endif()
