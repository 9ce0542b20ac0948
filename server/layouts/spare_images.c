#include "layouts/spare_images.h"

section_image *spare_images_take(spare_images *self)
{
    for (size_t i = 0; i < SPARE_IMAGES_MAX; i++) {
        section_image *image = atomic_exchange(&self->images[i], NULL);
        if (image != NULL) {
            return image;
        }
    }
    return section_image_new();
}

void spare_images_give(spare_images *self, section_image *image)
{
    if (image != NULL && section_image_room_bytes(image) <= SPARE_IMAGE_BYTES_MAX) {
        for (size_t i = 0; i < SPARE_IMAGES_MAX; i++) {
            section_image *none = NULL;
            if (atomic_compare_exchange_strong(&self->images[i], &none, image)) {
                return;
            }
        }
    }
    section_image_free(image);
}

void spare_images_free(spare_images *self)
{
    for (size_t i = 0; i < SPARE_IMAGES_MAX; i++) {
        section_image_free(atomic_exchange(&self->images[i], NULL));
    }
}
