#include <stdlib.h>
#include <string.h>

#include "registry/private.h"

/* What users set on a section: its label, and the name of its layout. */

static char *copy_text(registry *registry, char *const *text)
{
    pthread_mutex_lock(&registry->lock);
    char *copy = *text != NULL ? strdup(*text) : NULL;
    pthread_mutex_unlock(&registry->lock);
    return copy;
}

static void set_text(registry *registry, char **text, char *new_text)
{
    pthread_mutex_lock(&registry->lock);
    char *old = *text;
    *text = new_text;
    pthread_mutex_unlock(&registry->lock);
    free(old);
}

char *registry_copy_label(registry *registry, const entry *entry)
{
    return copy_text(registry, &entry->label);
}

void registry_set_label(registry *registry, entry *entry, char *label)
{
    set_text(registry, &entry->label, label);
}

char *registry_copy_layout(registry *registry, const entry *entry)
{
    return copy_text(registry, &entry->layout);
}

void registry_set_layout(registry *registry, entry *entry, char *layout)
{
    set_text(registry, &entry->layout, layout);
}

bool registry_uses_layout(registry *registry, const char *layout)
{
    bool uses = false;
    pthread_mutex_lock(&registry->lock);
    for (const entry *each = registry->by_id; each != NULL && !uses; each = each->hh.next) {
        uses = each->layout != NULL && strcmp(each->layout, layout) == 0;
    }
    pthread_mutex_unlock(&registry->lock);
    return uses;
}
