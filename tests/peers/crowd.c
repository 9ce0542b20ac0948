#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static peer_object *crowd;
static size_t crowd_count;
static size_t crowd_room;

static bool make(const char *kind, const char *path, peer_object *ret_object, failure *why)
{
    if (strcmp(kind, "event") == 0)
        return event_create(NULL, ret_object, why);
    if (strcmp(kind, "section") == 0)
        return section_create(NULL, 4096, ret_object, why);
    if (strcmp(kind, "file") == 0)
        return file_open(path, ret_object, why);
    if (strcmp(kind, "pipe") == 0)
        return pipe_create(ret_object, why);
    if (strcmp(kind, "blocked-pipe") == 0)
        return pipe_create(ret_object, why) && pipe_block_reader(ret_object, why);
    why->call = "crowd";
    why->number = 0;
    snprintf(why->text, sizeof why->text, "no such kind");
    return false;
}

bool crowd_add(const char *kind, uint64_t count, const char *path, failure *why)
{
    for (uint64_t i = 0; i < count; i++) {
        if (crowd_count == crowd_room) {
            size_t room = crowd_room ? crowd_room * 2 : 1024;
            peer_object *grown = realloc(crowd, room * sizeof *grown);
            if (!grown) {
                why->call = "realloc";
                why->number = 0;
                why->text[0] = '\0';
                return false;
            }
            crowd = grown;
            crowd_room = room;
        }
        if (!make(kind, path, &crowd[crowd_count], why))
            return false;
        crowd_count++;
    }
    return true;
}

void crowd_disperse(void)
{
    while (crowd_count > 0)
        object_close(&crowd[--crowd_count]);
}
