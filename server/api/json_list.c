#include "api/json_list.h"

#include <stdlib.h>
#include <string.h>

static void append(json_list *self, const char *text)
{
    const size_t length = strlen(text);
    if (!self->failed && self->room_bytes - self->used_bytes <= length) {
        const size_t room = (self->used_bytes + length + 1) * 2;
        char *grown = realloc(self->text, room);
        self->failed = grown == NULL;
        if (grown != NULL) {
            self->text = grown;
            self->room_bytes = room;
        }
    }
    if (!self->failed) {
        memcpy(self->text + self->used_bytes, text, length + 1);
        self->used_bytes += length;
    }
}

/* Appends what a document is printed as, from its byte `skip` on; takes it over. */
static void append_json(json_list *self, cJSON *document, size_t skip)
{
    char *printed = document != NULL ? cJSON_PrintUnformatted(document) : NULL;
    if (printed != NULL) {
        append(self, printed + skip);
    } else {
        self->failed = true;
    }
    cJSON_free(printed);
    cJSON_Delete(document);
}

static void begin(json_list *self)
{
    append(self, "{\"");
    append(self, self->name);
    append(self, "\":[");
}

bool json_list_add(json_list *self, cJSON *element)
{
    if (self->used_bytes == 0) {
        begin(self);
    } else {
        append(self, ",");
    }
    append_json(self, element, 0);
    return !self->failed;
}

section_status json_list_reply(json_list *self, reply *reply, cJSON *rest, section_error *ret_error)
{
    if (self->used_bytes == 0) {
        begin(self);
    }
    if (rest != NULL) {
        append(self, "],");
        append_json(self, rest, 1); /* without its opening bracket */
    } else {
        append(self, "]}");
    }
    if (self->failed) {
        json_list_discard(self);
        return section_fail(ret_error, SECTION_NO_MEMORY, "no memory for the answer");
    }
    reply_owned(reply, 200, "application/json", self->text, self->used_bytes);
    return SECTION_OK;
}

void json_list_discard(json_list *self)
{
    free(self->text);
    self->text = NULL;
}
