# Tests that mpirun starts, on more ranks than there are processors, and as root too.
# Ranks are not bound to processors: two jobs would be bound to the same ones. Sanitizers
# have much to say about Open MPI itself, so that such builds leave these tests out.
if(NOT MPI_C_FOUND OR NOT MPIEXEC_EXECUTABLE)
    add_test(NAME parallel_mpi
             COMMAND ${CMAKE_COMMAND} -E echo "skipped: no MPI or no mpirun here")
    set_tests_properties(parallel_mpi PROPERTIES SKIP_REGULAR_EXPRESSION skipped)
    return()
endif()
if(CMAKE_C_FLAGS MATCHES fsanitize)
    add_test(NAME parallel_mpi
             COMMAND ${CMAKE_COMMAND} -E echo "skipped: under mpirun without sanitizers")
    set_tests_properties(parallel_mpi PROPERTIES SKIP_REGULAR_EXPRESSION skipped)
    return()
endif()

set(mpi_environment OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1)

# The tests of a program on these pools.
function(fm_mpi_test name ranks pools program)
    add_test(NAME ${name} COMMAND ${MPIEXEC_EXECUTABLE} --bind-to none -n ${ranks}
             $<TARGET_FILE:${program}>)
    set_tests_properties(${name} PROPERTIES
        TIMEOUT 120 PROCESSORS 2 LABELS mpi
        ENVIRONMENT "${mpi_environment};FM_TEST_POOLS=${pools}")
endfunction()

set(both "mpi mpi,schedule=static")
foreach(test pool map map_ends future sum)
    fm_mpi_test(mpi_${test}_on_1 1 "${both}" test_parallel_${test})
    fm_mpi_test(mpi_${test}_on_2 2 "${both} mpi,workers-per-rank=2" test_parallel_${test})
    fm_mpi_test(mpi_${test}_on_3 3 "${both}" test_parallel_${test})
    fm_mpi_test(mpi_${test}_on_5 5 "${both}" test_parallel_${test})
    fm_mpi_test(mpi_${test}_on_8 8 "${both}" test_parallel_${test})
endforeach()

# What only this backend does. The programs get in before MPI's functions.
add_executable(test_parallel_mpi_parts test_mpi_parts.c)
target_link_libraries(test_parallel_mpi_parts
                      PRIVATE fm_parallel MPI::MPI_C ${CMOCKA_LIBRARY})
fm_mpi_test(mpi_parts_on_2 2 mpi test_parallel_mpi_parts)
fm_mpi_test(mpi_parts_on_5 5 mpi test_parallel_mpi_parts)
fm_mpi_test(mpi_parts_on_4_rank_0_alone 4 mpi test_parallel_mpi_parts)
set_property(TEST mpi_parts_on_4_rank_0_alone APPEND PROPERTY ENVIRONMENT
             FM_TEST_FIRST_NODE=1)

foreach(program sums faults)
    add_executable(mpi_${program} mpi_${program}.c)
    target_link_libraries(mpi_${program} PRIVATE fm_parallel MPI::MPI_C m)
endforeach()
find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME mpi_programs
         COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/test_mpi.py)
set_tests_properties(mpi_programs PROPERTIES TIMEOUT 300 PROCESSORS 2 LABELS mpi
    ENVIRONMENT "${mpi_environment};PROGRAMS=${CMAKE_CURRENT_BINARY_DIR};MPIRUN=${MPIEXEC_EXECUTABLE}")
