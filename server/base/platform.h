#ifndef SECTIOND_PLATFORM_H
#define SECTIOND_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <section/error.h>

/**
 * @file
 * What the daemon needs of a platform, apart from sections. Implemented once in server/windows, and
 * once in server/linux with server/posix, which holds what Linux shares with other systems of its
 * kind. Paths and texts are UTF-8 everywhere.
 */

/** A listening socket, as the HTTP library takes it. */
typedef intptr_t platform_socket;

/** "linux" or "windows", as `/v1/info` says it. */
extern const char platform_name[];

/** The C ABI that programs of this platform are built for: "win64", "win32", "sysv64" or "sysv32". */
extern const char *const platform_abi;

/** The first session that --help shows: commands of the platform's usual shell. */
extern const char platform_first_session[];

/** What stands between the steps of a path. */
extern const char platform_separators[];

/** Connections that a server should have at most, if nobody says otherwise. */
extern const unsigned platform_connections_max;

/** Whether a send of any length is taken whole, however little room the other end has. */
extern const bool platform_takes_sends_whole;

uint32_t platform_process_id(void);
unsigned platform_processor_count(void);
uint64_t platform_memory_bytes(void);

/** Whether we have the rights of an administrator (uid 0; an elevated token). */
bool platform_is_elevated(void);

/** Raises the soft limit on descriptors as far as it goes; returns what it is now. UINT64_MAX: none. */
uint64_t platform_raise_descriptor_limit(void);

/** Milliseconds since the Unix epoch; may jump. */
int64_t platform_wall_clock_ms(void);

/** Milliseconds since some start; never jumps back. */
int64_t platform_monotonic_ms(void);

/** Blocks the caller; for polling loops that have nothing to wait on. */
void platform_sleep_ms(unsigned duration_ms);

/** Overwrites what was secret, also where nobody reads it any more. */
void platform_wipe(void *bytes, size_t length_bytes);

/** Fills a buffer from the OS's cryptographic generator. */
section_status platform_random(void *ret_bytes, size_t length_bytes, section_error *ret_error);

/** Finds the default state folder; NULL where the environment names none. The caller frees it. */
char *platform_state_directory(void);

/**
 * Finds the user's folder for sockets, which may have to be made; NULL where there is none, and on
 * Windows. The caller frees it.
 */
char *platform_runtime_directory(void);

/** Joins a folder and a file name; NULL where memory runs out. The caller frees it. */
char *platform_join_path(const char *directory, const char *file_name);

/** Makes a folder and its parents, readable by the user only; one that exists is fine. */
section_status platform_make_directory(const char *path, section_error *ret_error);

/** Fails unless the path is that of a folder. */
section_status platform_check_directory(const char *path, section_error *ret_error);

/**
 * Fails where somebody else than the user, and the administrator, can take files away from a folder,
 * or put others in their place. On Linux a sticky one, as /tmp is, is fine.
 * @return SECTION_ACCESS_DENIED, saying what to do.
 */
section_status platform_check_private_directory(const char *path, section_error *ret_error);

/** Makes a new file that only the user may read; `SECTION_ALREADY_EXISTS`, never through a link. */
section_status platform_create_private_file(const char *path, const char *content,
                                            section_error *ret_error);

/**
 * Puts a file in another's place, or makes it, in one step, readable by the user only. What is left of one that was
 * not finished has the path, a point and 16 hex digits. After a success it is there, and after a failure it is as
 * it was. It is there after a power cut, too, unless the log warns of that.
 */
section_status platform_replace_private_file(const char *path, const char *content,
                                             section_error *ret_error);

/** Removes a file; it stays away after a power cut, too, unless the log warns. @return SECTION_NOT_FOUND. */
section_status platform_remove_file(const char *path, section_error *ret_error);

/** Is told the name of a file in a folder. */
typedef void platform_take_name(void *context, const char *file_name);

/** Tells the names in a folder, in any order, but for `.` and `..`. @return SECTION_NOT_FOUND. */
section_status platform_list_directory(const char *path, platform_take_name *take, void *context,
                                       section_error *ret_error);

/**
 * Reads a small regular file of text, at most `limit_bytes`; the caller frees it, terminated. A file with a NUL is
 * no text: SECTION_BAD_REQUEST.
 */
section_status platform_read_file(const char *path, size_t limit_bytes, char **ret_text,
                                  section_error *ret_error);

/** The same, but never a link that leads elsewhere. */
section_status platform_read_plain_file(const char *path, size_t limit_bytes, char **ret_text,
                                        section_error *ret_error);

/**
 * The same for a file that nobody but the user, and the administrator, may read, write or replace.
 * @return SECTION_ACCESS_DENIED, saying what to do, where it is a link, belongs to another user or is
 *     open to others, or where its folder belongs to another user or lets others replace files.
 */
section_status platform_read_private_file(const char *path, size_t limit_bytes, char **ret_text,
                                          section_error *ret_error);

/**
 * Binds and listens on a numeric address ("127.0.0.1", "::1").
 * @param ret_port the port, chosen by the OS where `port` is 0.
 * @return SECTION_UNSUPPORTED where the machine has no such address.
 */
section_status platform_listen(const char *address, uint16_t port, platform_socket *ret_socket,
                               uint16_t *ret_port, section_error *ret_error);

/** A socket in the file system, and how to tell it from another of that name. */
typedef struct platform_unix {
    platform_socket socket;
    uint64_t identity[2];
} platform_unix;

/**
 * Listens on a Unix socket that only the user can connect to. One that a dead process of ours left
 * there is replaced.
 * @return SECTION_IN_USE where somebody listens there; SECTION_ACCESS_DENIED where the path is that of
 *     anything else, of somebody else's, or lies in a folder where others may replace it;
 *     SECTION_UNSUPPORTED on Windows.
 */
section_status platform_listen_unix(const char *path, platform_unix *ret_unix,
                                    section_error *ret_error);

/** Takes the name away, if it is still that socket's. */
void platform_unlink_unix(const char *path, const platform_unix *unix_socket);

typedef enum platform_peer {
    PEER_UNKNOWN, /* the connection is none of a Unix socket */
    PEER_OTHER,   /* another user's process */
    PEER_TRUSTED  /* ours, or root's, who can be anybody anyway */
} platform_peer;

/** Tells which user's process is at the other end of a connection. */
platform_peer platform_identify_peer(platform_socket socket);

/**
 * Connects to a numeric address, within a few seconds.
 * @return SECTION_NOT_FOUND where nobody listens there.
 */
section_status platform_connect(const char *address, uint16_t port, platform_socket *ret_socket,
                                section_error *ret_error);

/**
 * Connects to a Unix socket.
 * @return SECTION_NOT_FOUND where nobody listens there; SECTION_UNSUPPORTED on Windows.
 */
section_status platform_connect_unix(const char *path, platform_socket *ret_socket,
                                     section_error *ret_error);

/**
 * Fails unless it is the user, or the administrator, whose process has taken the connection at its
 * other end: anybody may listen on a port. Waits a moment for the process to take it.
 * @return SECTION_ACCESS_DENIED, saying whose it is.
 */
section_status platform_check_server(platform_socket socket, section_error *ret_error);

/**
 * Sends a request, and receives until the answer ends with a text, or the other end closes.
 * @param end nullable
 * @param ret_answer terminated, and cut where it does not fit.
 */
section_status platform_exchange(platform_socket socket, const char *request, const char *end,
                                 char *ret_answer, size_t capacity, section_error *ret_error);

/**
 * Refuses new connections from now on. Where another thread may still look at the socket, it stays
 * open (the caller closes it later); where it has to be closed for that, `*socket` is -1 afterwards.
 */
void platform_refuse_connections(platform_socket *socket);

/** -1 is fine. */
void platform_close_socket(platform_socket socket);

/** Whether a thread that waits for a socket is told that `platform_shut_down` was called on it. */
extern const bool platform_polls_shutdown;

/** Whether the other end sends nothing any more, or is gone; what it has sent before may be unread. */
bool platform_has_hung_up(platform_socket socket);

/** Shuts a connection down both ways, so that whoever serves it sees its end. */
void platform_shut_down(platform_socket socket);

/** When the connection is closed, what it has not sent by then is dropped. */
void platform_drop_unsent(platform_socket socket);

/** Sends what can be sent without waiting; the rest is lost. */
void platform_send_at_once(platform_socket socket, const char *bytes, size_t length_bytes);

/**
 * The numbers of bytes that a connection has received, and that the other end has acknowledged,
 * since it began.
 * @return false, and zeroes, where the system does not tell: on Windows, and of Unix sockets.
 */
bool platform_socket_traffic(platform_socket socket, uint64_t *ret_received_bytes,
                             uint64_t *ret_delivered_bytes);

/** Prepares for `platform_wait_for_stop`; call it before the first thread starts. */
void platform_catch_stop(void);

/**
 * Blocks until the user or the system asks us to stop, each request once; returns what asked
 * ("SIGINT", "Ctrl-C").
 * @param timeout_ms negative: for ever
 * @return NULL where the time is over.
 */
const char *platform_wait_for_stop(int64_t timeout_ms);

/** Ends the process at once, whatever its threads do. */
_Noreturn void platform_end_process(int exit_code);

/** Once, first thing in main: what standard streams, sockets and arguments need on this platform. */
section_status platform_start(int *argc, char ***argv, section_error *ret_error);

#endif
