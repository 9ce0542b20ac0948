#include "registry/quota.h"

#include "registry/private.h"

/* Whether so many more bytes fit; the lock is held. */
static section_status check_bytes(const registry *registry, uint64_t bytes,
                                  section_error *ret_error)
{
    const registry_limits *limits = &registry->limits;
    if (bytes > limits->section_bytes) {
        return section_fail(ret_error, SECTION_QUOTA,
                            "--max-section-bytes allows %llu bytes a section",
                            (unsigned long long)limits->section_bytes);
    }
    if (registry->bytes > limits->total_bytes || bytes > limits->total_bytes - registry->bytes) {
        return section_fail(ret_error, SECTION_QUOTA,
                            "our sections have %llu bytes, --max-total-bytes allows %llu in all",
                            (unsigned long long)registry->bytes,
                            (unsigned long long)limits->total_bytes);
    }
    return SECTION_OK;
}

section_status registry_reserve(registry *registry, uint64_t committed_bytes,
                                reservation *ret_reservation, section_error *ret_error)
{
    section_status status;
    pthread_mutex_lock(&registry->lock);
    if (registry->sections >= registry->limits.sections) {
        status = section_fail(ret_error, SECTION_QUOTA,
                              "we hold %llu sections, as many as --max-sections allows; close some",
                              (unsigned long long)registry->sections);
    } else {
        status = check_bytes(registry, committed_bytes, ret_error);
    }
    if (status == SECTION_OK) {
        registry->sections++;
        registry->bytes += committed_bytes;
        ret_reservation->bytes = committed_bytes;
    }
    pthread_mutex_unlock(&registry->lock);
    return status;
}

section_status registry_extend(registry *registry, reservation *reservation, uint64_t more_bytes,
                               section_error *ret_error)
{
    pthread_mutex_lock(&registry->lock);
    const section_status status = check_bytes(registry, more_bytes, ret_error);
    if (status == SECTION_OK) {
        registry->bytes += more_bytes;
        reservation->bytes += more_bytes;
    }
    pthread_mutex_unlock(&registry->lock);
    return status;
}

/*
 * Whether a section may get more memory. The bytes that it has been given already count, too. The
 * lock is held.
 */
static section_status check_commit(const entry *entry, uint64_t bytes, section_error *ret_error)
{
    const uint64_t most = entry->registry->limits.section_bytes;
    if (entry->committed_bytes > most || bytes > most - entry->committed_bytes) {
        return section_fail(ret_error, SECTION_QUOTA,
                            "the section has %llu bytes of memory, --max-section-bytes allows %llu",
                            (unsigned long long)entry->committed_bytes, (unsigned long long)most);
    }
    return check_bytes(entry->registry, bytes, ret_error);
}

section_status registry_check_commit(const entry *entry, uint64_t bytes, section_error *ret_error)
{
    pthread_mutex_lock(&entry->registry->lock);
    const section_status status = check_commit(entry, bytes, ret_error);
    pthread_mutex_unlock(&entry->registry->lock);
    return status;
}

section_status quota_commit(void *context, uint64_t bytes, section_error *ret_error)
{
    entry *entry = context;
    pthread_mutex_lock(&entry->registry->lock);
    const section_status status = check_commit(entry, bytes, ret_error);
    if (status == SECTION_OK) {
        entry->registry->bytes += bytes;
        entry->committed_bytes += bytes;
    }
    pthread_mutex_unlock(&entry->registry->lock);
    return status;
}

void quota_uncommit(void *context, uint64_t bytes)
{
    entry *entry = context;
    pthread_mutex_lock(&entry->registry->lock);
    entry->registry->bytes -= bytes;
    entry->committed_bytes -= bytes;
    pthread_mutex_unlock(&entry->registry->lock);
}

void quota_give_back(registry *registry, uint64_t sections, uint64_t bytes)
{
    pthread_mutex_lock(&registry->lock);
    registry->sections -= sections;
    registry->bytes -= bytes;
    pthread_mutex_unlock(&registry->lock);
}

void registry_cancel(registry *registry, reservation reservation)
{
    quota_give_back(registry, 1, reservation.bytes);
}

void registry_usage(registry *registry, uint64_t *ret_sections, uint64_t *ret_bytes)
{
    pthread_mutex_lock(&registry->lock);
    *ret_sections = registry->sections;
    *ret_bytes = registry->bytes;
    pthread_mutex_unlock(&registry->lock);
}
