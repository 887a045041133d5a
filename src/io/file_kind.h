#ifndef FM_IO_FILE_KIND_H
#define FM_IO_FILE_KIND_H

/* What kind of model a file holds, by its name; private to the room. */
typedef enum fm_file_kind {
    FM_FILE_UNKNOWN,
    FM_FILE_VTX,     /* .vtx */
    FM_FILE_GRID,    /* .grd .nc .h5 .hdf5 */
    FM_FILE_PROFILE, /* .csv .txt */
} fm_file_kind;

fm_file_kind fm_file_kind_of(const char *path);

#endif
