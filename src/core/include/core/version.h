#ifndef FM_CORE_VERSION_H
#define FM_CORE_VERSION_H

/* The version of the program and its libraries, "0.1.0", from the project's one
 * statement of it in CMakeLists.txt. */
const char *fm_version(void);

#endif
