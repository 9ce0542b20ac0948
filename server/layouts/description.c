#include "layouts/description.h"

void layout_description_free(layout_description *self)
{
    arena_free(&self->arena);
    *self = (layout_description){0};
}
