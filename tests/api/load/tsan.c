/*
 * What the thread sanitizer does not report, within the daemon: also one that runs as another user,
 * who cannot read the sources.
 */

const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
    /* A large read goes from the view to the socket while anybody may write there: that is its contract. */
    return "race:MHD_send_hdr_and_body_\n";
}
