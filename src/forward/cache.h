#ifndef FM_FORWARD_CACHE_H
#define FM_FORWARD_CACHE_H

#include "core/hash.h"
#include "packed.h"

/* Shots kept on disk, for the kernel: the key of a shot, its entry found, its entry
 * written. (fm_cache_open, in forward/forward.h, is for those who start a run.) */

/* In every key: a change of the layout of entries, or of what shot_bytes means, gets a
 * new number, and what older programs kept is not looked at. */
enum { FM_CACHE_FORMAT = 2 };

/* Which program this is: its version, and a digest of the sources of the solver, which
 * change more often. */
const char *fm_cache_program(void);

/* The digest of all that the shots of a job have in common and that decides their
 * bytes: model, medium, options, what is wanted, the program. */
fm_status fm_cache_digest(const job_view *job, const char *program,
                          char digest[FM_HASH_TEXT], fm_error *error);

/* The key of one shot: that digest and the shot's own points; if a gradient is wanted
 * also what was observed there, [n] each, else NULL. */
fm_status fm_cache_key(const char *digest, bool reciprocal, fm_point origin,
                       const fm_point *targets, const double *observed_s,
                       const double *pull, size_t n, char key[FM_HASH_TEXT],
                       fm_error *error);

typedef enum fm_cache_found {
    FM_CACHE_ABSENT,
    FM_CACHE_FOUND,   /* and verified */
    FM_CACHE_DAMAGED, /* something is there that is not this entry */
} fm_cache_found;

/* The bytes of an entry may lie in several places. */
typedef struct fm_cache_part {
    void *bytes;
    size_t size;
} fm_cache_part;

/* Is there an entry, and how many bytes does it hold? FOUND says no more than that it
 * may be one. */
fm_cache_found fm_cache_size(const char *folder, const char *key, size_t *size);

/* Fill part[n] from the entry. Unless FM_CACHE_FOUND they hold anything. */
fm_cache_found fm_cache_read(const char *folder, const char *key,
                             const fm_cache_part *part, size_t n);

/* Keep the bytes of part[n] as the entry, which appears whole or not at all and
 * replaces what had its name. 0, or the errno that says why it could not be kept. */
int fm_cache_write(const char *folder, const char *key, const fm_cache_part *part,
                   size_t n);

#endif
