#ifndef SECTIOND_LAYOUTS_SPARE_IMAGES_H
#define SECTIOND_LAYOUTS_SPARE_IMAGES_H

#include <section/fields.h>
#include <stdatomic.h>

/**
 * @file
 * A few images that are not in use, for the reads to come: new memory costs more than what is copied
 * into it.
 */

enum {
    SPARE_IMAGES_MAX = 4,
    SPARE_IMAGE_BYTES_MAX = 512 * 1024 /* a larger one is freed */
};

/** Zeroed, it is empty. Threads: any. */
typedef struct spare_images {
    _Atomic(section_image *) images[SPARE_IMAGES_MAX];
} spare_images;

/** A spare one, or a new one; NULL where memory runs out. */
section_image *spare_images_take(spare_images *self);

/** Keeps an image, or frees it; NULL is ignored. */
void spare_images_give(spare_images *self, section_image *image);

/** Frees those that are kept. */
void spare_images_free(spare_images *self);

#endif
