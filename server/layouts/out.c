#include "layouts/out.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/plan.h"

enum { FIRST_BYTES = 1024 };

static bool fail(text_out *self, section_status status)
{
    self->status = status;
    return false;
}

bool out_reserve(text_out *self, size_t bytes)
{
    const size_t most = self->most_bytes > 0 ? self->most_bytes : SIZE_MAX;
    if (self->status != SECTION_OK) {
        return false;
    }
    if (bytes <= self->room_bytes - self->used_bytes) {
        return true;
    }
    if (bytes > most - self->used_bytes) {
        return fail(self, section_fail(&self->error, SECTION_TOO_LARGE, "more than %llu bytes",
                                       (unsigned long long)most));
    }
    size_t room = self->room_bytes > 0 ? self->room_bytes : FIRST_BYTES;
    while (room - self->used_bytes < bytes) {
        if (room > SIZE_MAX / 2) {
            return fail(self, section_fail(&self->error, SECTION_NO_MEMORY, "no memory"));
        }
        room *= 2;
    }
    room = room < most ? room : most;
    if (self->call != NULL) {
        section_status status = call_reserve(self->call, room - self->room_bytes, &self->error);
        if (status != SECTION_OK) {
            return fail(self, status);
        }
    }
    char *text = realloc(self->text, room);
    if (text == NULL) {
        return fail(self,
                    section_fail(&self->error, SECTION_NO_MEMORY, "no memory for the answer"));
    }
    self->text = text;
    self->room_bytes = room;
    return true;
}

void out_put(text_out *self, const char *text, size_t text_bytes)
{
    if (text_bytes > 0 && out_reserve(self, text_bytes)) {
        memcpy(self->text + self->used_bytes, text, text_bytes);
        self->used_bytes += text_bytes;
    }
}

void out_text(text_out *self, const char *text)
{
    out_put(self, text, strlen(text));
}

void out_char(text_out *self, char character)
{
    out_put(self, &character, 1);
}

static void put_escape(text_out *self, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    if (byte >= 0x20) {
        const char escape[] = {'\\', (char)byte};
        out_put(self, escape, sizeof escape);
        return;
    }
    const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
    out_put(self, escape, sizeof escape);
}

void out_quoted(text_out *self, const char *text, size_t text_bytes)
{
    size_t plain = 0;
    out_char(self, '"');
    for (size_t i = 0; i < text_bytes; i++) {
        const unsigned char byte = (unsigned char)text[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            continue;
        }
        out_put(self, text + plain, i - plain);
        put_escape(self, byte);
        plain = i + 1;
    }
    out_put(self, text + plain, text_bytes - plain);
    out_char(self, '"');
}

void out_free(text_out *self)
{
    free(self->text);
    self->text = NULL;
    self->used_bytes = 0;
    self->room_bytes = 0;
}
