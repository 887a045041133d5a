# Runs the job, then the table on its result: the two commands of scripts/demo.
foreach(step "${FERMAT};forward;${JOB};-o;${RESULT};--quiet" "${TABLE};${JOB};${RESULT}")
    execute_process(COMMAND ${step} RESULT_VARIABLE status)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${step}: exit status ${status}")
    endif()
endforeach()
