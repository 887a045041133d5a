#ifndef FM_IO_SPELLING_H
#define FM_IO_SPELLING_H

#include <stddef.h>

/* How many letters must be put in, left out or changed to make one word from the other;
 * words of more than 30 letters are 30 from everything. Private to the room. */
size_t fm_letters_apart(const char *a, const char *b);

#endif
