#ifndef SECTIOND_WATCH_TEXTS_H
#define SECTIOND_WATCH_TEXTS_H

#include "watch/view.h"

/**
 * @file
 * The texts of events that lead to one picture of a view: one for each picture that its watchers have
 * seen, however many they are. They are made where the picture is, never by a loop that serves
 * connections.
 */

enum {
    TEXTS_MAX = 16,                   /* of other pictures the next comparison makes the text */
    TEXTS_BYTES_MAX = 4 * 1024 * 1024 /* made by one comparison: no more are begun beyond it */
};

typedef struct texts_item {
    snapshot *from;  /* a reference; NULL: of those who have seen none */
    view_text *text; /* a reference; NULL: it is to be made */
} texts_item;

/** Zeroed, there are none. */
typedef struct texts {
    texts_item items[TEXTS_MAX];
    unsigned count;
} texts;

/**
 * Notes that the text from a picture is wanted; once. Where there are too many, those that have waited
 * for the longest time are made first: the ones from the oldest pictures, for each is behind some change.
 */
void texts_want(texts *self, snapshot *from);

/** Notes that it is wanted before all others. */
void texts_want_first(texts *self, snapshot *from);

/** Makes those that are wanted, as far as the limit and memory go. @return how many there are. */
unsigned texts_make(texts *self, const watch_view *view, const snapshot *to);

/** Moves those that were made to others that lead to the same picture, and drops the rest. */
void texts_move(texts *self, texts *made);

/** The text from a picture; NULL: there is none. */
view_text *texts_find(const texts *self, const snapshot *from);

void texts_drop(texts *self);

#endif
