# Write OUTPUT, a header with FM_PROGRAM: the version and a digest of the sources in SRC
# that decide what a march finds. So the cache of shots notices a changed solver between
# two versions, too. (That the sources suffice is because floating point is not left to
# the compiler: see docs/architecture.md.)
#
#   cmake -D SRC=src -D VERSION=0.1.0 -D OUTPUT=program.h -P program.cmake
set(texts "")
foreach(room core model survey fmm)
    file(GLOB sources ${SRC}/${room}/*.[ch] ${SRC}/${room}/include/${room}/*.h)
    list(APPEND texts ${sources})
endforeach()
set(digests "")
foreach(source IN LISTS texts ITEMS ${SRC}/forward/kernel.c)
    file(SHA256 ${source} digest)
    string(APPEND digests ${digest})
endforeach()
string(SHA256 digest "${digests}")
file(WRITE ${OUTPUT} "#define FM_PROGRAM \"${VERSION} ${digest}\"\n")
