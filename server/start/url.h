#ifndef SECTIOND_URL_H
#define SECTIOND_URL_H

#include "base/options.h"

/**
 * Asks the running daemon for a code and prints the dashboard's address with it (--url). Over the
 * Unix socket, else over TCP, where the token is sent only once it is sure who listens.
 * @param token_path the token file
 * @return the exit code; what failed is printed to stderr.
 */
int url_print(const options *options, const char *token_path);

#endif
