#include <stdlib.h>
#include <string.h>

#include "http/private.h"

/*
 * A body that is read from what may wait for a disk. The loop that sends it asks for more when a piece is
 * sent; the next one is read in the lane of the section, and the connection is suspended meanwhile.
 */

/* Less room than this is left: a reader may need more for what it gives as a whole. */
enum { ROOM_BYTES_MIN = 64 };

struct piece_reader {
    job job;
    http *http;
    connection_state *connection;
    reply_reader *read;
    void *context;
    uint64_t lane;
    uint64_t first_position;
    uint64_t length_bytes; /* of the body */
    uint64_t position;     /* of the piece in it */
    size_t piece_bytes;
    bool is_paused; /* the connection waits for the piece */
    bool has_failed;
    char bytes[REPLY_PIECE_BYTES];
};

piece_reader *pieces_new(http *http, connection_state *connection, const exchange *exchange)
{
    const reply *reply = &exchange->reply;
    piece_reader *self = malloc(sizeof *self);
    if (self != NULL) {
        self->http = http;
        self->connection = connection;
        self->read = reply->read;
        self->context = reply->context;
        self->lane = run_lane(&exchange->run);
        self->first_position = reply->first_position;
        self->length_bytes = reply->length_bytes;
        self->position = 0;
        self->piece_bytes = 0;
        self->is_paused = false;
        self->has_failed = false;
    }
    return self;
}

void pieces_free(piece_reader *self)
{
    free(self);
}

/* In the lane: as much as there is room for; what fails after a part is found out the next time. */
static void read_piece(job *job)
{
    piece_reader *self = (piece_reader *)((char *)job - offsetof(piece_reader, job));
    http *http = self->http;
    const uint64_t rest = self->length_bytes - self->position;
    const size_t wanted = rest < sizeof self->bytes ? (size_t)rest : sizeof self->bytes;
    while (self->piece_bytes < wanted) {
        const size_t room = sizeof self->bytes - self->piece_bytes;
        const size_t more = wanted - self->piece_bytes;
        if (room < ROOM_BYTES_MIN) {
            break;
        }
        const int64_t length =
            self->read(self->context, self->first_position + self->position + self->piece_bytes,
                       self->bytes + self->piece_bytes, more);
        if (length <= 0) {
            self->has_failed = self->piece_bytes == 0;
            break;
        }
        self->piece_bytes += (size_t)length;
    }
    http_resume(http, self->connection->connection);
    atomic_fetch_sub(&http->working, 1);
}

/* Counted before it is asked whether the daemon closes, as go_to_worker does. */
static ssize_t begin_piece(piece_reader *self, uint64_t position)
{
    http *http = self->http;
    atomic_fetch_add(&http->working, 1);
    if (atomic_load(&http->server->closing) || !http_connection_pause(http, self->connection)) {
        atomic_fetch_sub(&http->working, 1);
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    self->position = position;
    self->piece_bytes = 0;
    self->is_paused = true;
    self->job.run = read_piece;
    MHD_suspend_connection(self->connection->connection);
    lanes_submit(http->server->lanes, &self->job, self->lane);
    return 0;
}

ssize_t pieces_read(piece_reader *self, uint64_t position, char *ret_bytes, size_t capacity)
{
    if (self->is_paused) {
        self->is_paused = false;
        if (!http_connection_go_on(self->http, self->connection, PHASE_ANSWERING)) {
            return MHD_CONTENT_READER_END_WITH_ERROR;
        }
    }
    if (self->has_failed) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (position < self->position || position - self->position >= self->piece_bytes) {
        return begin_piece(self, position);
    }
    const size_t at = (size_t)(position - self->position);
    const size_t rest = self->piece_bytes - at;
    const size_t length = rest < capacity ? rest : capacity;
    memcpy(ret_bytes, self->bytes + at, length);
    return (ssize_t)length;
}
