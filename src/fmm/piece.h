#ifndef FM_FMM_PIECE_H
#define FM_FMM_PIECE_H

#include "path.h"

/* What a ray takes from each cell and node that it runs by. */
typedef struct fm_pieces {
    fm_ray_piece *piece;
    size_t n, room;
    fm_ray_node *node;
    size_t nnodes, nodes_room;
    uint32_t *place; /* where in node[], and one more; 0: nowhere. For each node of the
                        grid, then for those of the interfaces as seen from beyond */
} fm_pieces;

fm_status fm_pieces_create(const fm_medium *medium, fm_pieces *pieces, fm_error *error);
void fm_pieces_clear(fm_pieces *pieces);
double fm_pieces_bytes(const fm_medium *medium);

/* Cut a path up. FM_NO_MEMORY. */
fm_status fm_pieces_cut(fm_pieces *pieces, const fm_field *field, const fm_path *path,
                        fm_error *error);

#endif
