#include "watch/texts.h"

#include <string.h>

static uint64_t age_of(const snapshot *from)
{
    return from != NULL ? from->pass : 0;
}

static texts_item *find(texts *self, const snapshot *from)
{
    for (unsigned i = 0; i < self->count; i++) {
        if (self->items[i].from == from) {
            return &self->items[i];
        }
    }
    return NULL;
}

static void drop(texts_item *item)
{
    snapshot_unref(item->from);
    view_text_unref(item->text);
}

static void insert(texts *self, unsigned at, snapshot *from)
{
    if (self->count == TEXTS_MAX) {
        drop(&self->items[--self->count]);
    }
    memmove(&self->items[at + 1], &self->items[at], (self->count - at) * sizeof self->items[0]);
    self->items[at] = (texts_item){.from = from != NULL ? snapshot_ref(from) : NULL};
    self->count++;
}

void texts_want(texts *self, snapshot *from)
{
    unsigned at = 0;
    if (find(self, from) != NULL) {
        return;
    }
    while (at < self->count && age_of(self->items[at].from) <= age_of(from)) {
        at++;
    }
    if (at < TEXTS_MAX) {
        insert(self, at, from);
    }
}

void texts_want_first(texts *self, snapshot *from)
{
    texts_item *known = find(self, from);
    if (known != NULL) {
        const texts_item *end = &self->items[self->count--];
        drop(known);
        memmove(known, known + 1, (size_t)(end - known - 1) * sizeof *known);
    }
    insert(self, 0, from);
}

/* Where a change was undone there is nothing to tell. */
static bool is_same(const snapshot *from, const snapshot *to)
{
    return from == to || (from != NULL && strcmp(from->etag, to->etag) == 0);
}

unsigned texts_make(texts *self, const watch_view *view, const snapshot *to)
{
    size_t bytes = 0;
    unsigned made = 0;
    for (unsigned i = 0; i < self->count && bytes < TEXTS_BYTES_MAX; i++) {
        texts_item *item = &self->items[i];
        if (!is_same(item->from, to)) {
            item->text = view->tell(view, item->from, to);
        }
        if (item->text != NULL) {
            bytes += item->text->length_bytes;
            made++;
        }
    }
    return made;
}

void texts_move(texts *self, texts *made)
{
    for (unsigned i = 0; i < made->count; i++) {
        texts_item *item = &made->items[i];
        if (item->text == NULL || find(self, item->from) != NULL) {
            drop(item);
            continue;
        }
        if (self->count == TEXTS_MAX) {
            texts_drop(self);
        }
        self->items[self->count++] = *item;
    }
    made->count = 0;
}

view_text *texts_find(const texts *self, const snapshot *from)
{
    for (unsigned i = 0; i < self->count; i++) {
        if (self->items[i].from == from) {
            return self->items[i].text;
        }
    }
    return NULL;
}

void texts_drop(texts *self)
{
    for (unsigned i = 0; i < self->count; i++) {
        drop(&self->items[i]);
    }
    self->count = 0;
}
