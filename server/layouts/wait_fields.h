#ifndef SECTIOND_LAYOUTS_WAIT_FIELDS_H
#define SECTIOND_LAYOUTS_WAIT_FIELDS_H

#include "api/reply.h"
#include "layouts/fields.h"

/**
 * Notes what an answer was made of: the bytes that were copied, wherever they lie, so that a read that waits
 * goes on when one of them is another. The image belongs to the reply afterwards.
 * @return SECTION_BAD_SIZE where too much was copied, or nothing; SECTION_NO_MEMORY.
 */
section_status fields_note_origin(fields_read *read, reply *reply, section_error *ret_error);

#endif
