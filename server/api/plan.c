#include "api/plan.h"

#include <stdlib.h>
#include <string.h>

void *plan_order(plan *plan, size_t size_bytes)
{
    return memset(plan->room.order, 0, size_bytes);
}

plan_target *plan_add_target(plan *plan)
{
    if (plan->targets == NULL) {
        plan->targets = plan->room.targets;
    }
    plan_target *target = &plan->targets[plan->target_count++];
    *target = (plan_target){0};
    return target;
}

plan_target *plan_path_section(plan *plan, const request *request)
{
    plan_target *target = plan_add_target(plan);
    target->text = request->segments[2];
    (void)request_flag(request, "open", &target->may_open);
    return target;
}

plan_target *plan_path_range(plan *plan, const request *request)
{
    plan_target *target = plan_path_section(plan, request);
    target->has_span = true;
    (void)request_number(request, "offset", &target->span.offset_bytes);
    target->span.length_given = request_number(request, "length", &target->span.length_bytes);
    return target;
}

void plan_wait(plan *plan, const request *request)
{
    plan->waits = request_duration(request, "wait", &plan->wait_us);
}

void plan_discard(plan *plan)
{
    if (plan->release != NULL) {
        plan->release(plan->room.order);
        plan->release = NULL;
    }
    if (plan->targets != plan->room.targets) {
        free(plan->targets);
    }
    free(plan->operations);
    free(plan->errors);
    plan->errors = NULL;
    plan->targets = NULL;
    plan->target_count = 0;
    plan->operations = NULL;
    plan->operation_count = 0;
}

/* FNV-1a. What shares a lane by chance only waits a little longer for its turn. */
static uint64_t hash_byte(uint64_t hash, char byte)
{
    return (hash ^ (unsigned char)byte) * UINT64_C(0x100000001b3);
}

/* Windows has one folder for names that differ in their case: they share a lane everywhere. */
uint64_t plan_lane_of_file(const char *path, const char *separators)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (;;) {
        const size_t length = strcspn(path, separators);
        const bool leads_nowhere = length == 0 || (length == 1 && path[0] == '.');
        if (path[length] == '\0') {
            return hash; /* the file itself */
        }
        for (size_t i = 0; i < length && !leads_nowhere; i++) {
            const bool is_capital = path[i] >= 'A' && path[i] <= 'Z';
            hash = hash_byte(hash, is_capital ? (char)(path[i] + ('a' - 'A')) : path[i]);
        }
        if (!leads_nowhere) {
            hash = hash_byte(hash, '/');
        }
        path += length + 1;
    }
}

section_status plan_check_tagged(uint64_t length_bytes, section_error *ret_error)
{
    return length_bytes <= SECTION_WHOLE_BYTES
               ? SECTION_OK
               : section_fail(ret_error, SECTION_BAD_SIZE, "If-Match covers at most %u bytes",
                              SECTION_WHOLE_BYTES);
}

section_status plan_fit(const plan_span *span, const section *section, uint64_t *ret_length_bytes,
                        section_error *ret_error)
{
    const uint64_t view_bytes = section_length(section);
    const uint64_t least = span->least_bytes > 0 ? span->least_bytes : 1;
    const uint64_t needed = span->length_given ? span->length_bytes : least;
    if (span->offset_bytes > view_bytes || needed > view_bytes - span->offset_bytes) {
        return section_fail(ret_error, SECTION_BAD_RANGE,
                            "%llu bytes at offset %llu do not lie inside the view of %llu bytes",
                            (unsigned long long)needed, (unsigned long long)span->offset_bytes,
                            (unsigned long long)view_bytes);
    }
    uint64_t length = span->length_given ? span->length_bytes : view_bytes - span->offset_bytes;
    if (!span->length_given && span->most_bytes > 0 && length > span->most_bytes) {
        length = span->most_bytes;
    }
    *ret_length_bytes = length;
    return SECTION_OK;
}
