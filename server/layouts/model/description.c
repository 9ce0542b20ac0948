#include "layouts/model/description.h"

void layout_description_free(layout_description *self)
{
    arena_release(&self->arena);
    *self = (layout_description){0};
}
