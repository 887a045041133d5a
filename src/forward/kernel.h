#ifndef FM_FORWARD_KERNEL_H
#define FM_FORWARD_KERNEL_H

/* The kernel's name and argument: "march", the index of the shot as a size_t. */
#define FM_MARCH_KERNEL "march"

#endif
