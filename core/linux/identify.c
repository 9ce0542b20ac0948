#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <section/utf8.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"
#include "mappings.h"
#include "shm.h"
#include <section_posix/cleanup.h>

static const char memfd_prefix[] = "/memfd:";
static const char segment_prefix[] = "/SYSV";
static const char shm_prefix[] = SHM_DIRECTORY "/";

enum { FOLDER_LOOKS_MAX = 4096 };

/*
 * An object that was linked to its name after it was made, as ours are, has a link in /proc that
 * does not show the name. So the folder is searched.
 */
static bool find_in_folder(const struct stat *object, section_name *ret_name)
{
    _cleanup_closedir_ DIR *folder = opendir(SHM_DIRECTORY);
    const struct dirent *entry;
    struct stat named;
    if (folder == NULL) {
        return false;
    }
    /* The search ends after this many entries, because any user may fill the folder. */
    for (int looks = 0; looks < FOLDER_LOOKS_MAX && (entry = readdir(folder)) != NULL; looks++) {
        if (entry->d_ino == object->st_ino &&
            fstatat(dirfd(folder), entry->d_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
            named.st_dev == object->st_dev && named.st_ino == object->st_ino &&
            section_name_parse(entry->d_name, ret_name, NULL) == SECTION_OK) {
            return true;
        }
    }
    return false;
}

/* The name of an object on /dev/shm, while the name leads to it; else empty. */
static void find_name(const char *link, const struct stat *object, section_name *ret_name)
{
    struct stat named;
    section_name parsed;
    ret_name->text[0] = '\0';
    if (object->st_nlink == 0) {
        return;
    }
    const bool leads = strncmp(link, shm_prefix, sizeof shm_prefix - 1) == 0 &&
                       stat(link, &named) == 0 && named.st_dev == object->st_dev &&
                       named.st_ino == object->st_ino;
    if (leads ? section_name_parse(link + sizeof shm_prefix - 1, &parsed, NULL) == SECTION_OK
              : find_in_folder(object, &parsed)) {
        *ret_name = parsed;
    }
}

/*
 * Recognised by its device: the path may be from another mount namespace. If /dev/shm is not a file
 * system of its own, the path decides.
 */
static bool is_on_shm(const struct stat *object, const char *link)
{
    struct stat directory;
    struct stat root;
    if (stat(SHM_DIRECTORY, &directory) != 0 || stat("/", &root) != 0 ||
        directory.st_dev != object->st_dev) {
        return false;
    }
    return directory.st_dev != root.st_dev || strncmp(link, shm_prefix, sizeof shm_prefix - 1) == 0;
}

/* Whether one of our own mounts has that device, so that the object is not on another /dev/shm. */
static bool is_mounted_here(dev_t device)
{
    _cleanup_fclose_ FILE *mounts = fopen("/proc/self/mountinfo", "re");
    _cleanup_free_ char *line = NULL;
    size_t line_bytes = 0;
    while (mounts != NULL && getline(&line, &line_bytes, mounts) > 0) {
        /* "36 35 0:25 / /dev/shm rw…": ids, then major and minor */
        char *text = line;
        (void)strtoul(text, &text, 10);
        (void)strtoul(text, &text, 10);
        const unsigned major_number = (unsigned)strtoul(text, &text, 10);
        if (*text == ':' &&
            makedev(major_number, (unsigned)strtoul(text + 1, NULL, 10)) == device) {
            return true;
        }
    }
    return mounts == NULL;
}

/* The link has the path within the other namespace, which may begin above the process's own root. */
const char *shm_name_in_link(const char *link)
{
    const char *slash = strrchr(link, '/');
    const size_t folder_bytes = slash != NULL ? (size_t)(slash - link) : 0;
    const size_t tail_bytes = sizeof SHM_DIRECTORY - 1;
    return folder_bytes >= tail_bytes && memcmp(slash - tail_bytes, SHM_DIRECTORY, tail_bytes) == 0
               ? slash + 1
               : NULL;
}

bool shm_is_elsewhere(dev_t device, const char *link)
{
    return shm_name_in_link(link) != NULL && !is_mounted_here(device);
}

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool shm_is_nameless(const char *link, section_backing *ret_backing)
{
    static const struct {
        const char *prefix;
        section_backing backing;
    } kinds[] = {
        {memfd_prefix, SECTION_BACKING_MEMFD},
        {"/dev/zero (deleted)", SECTION_BACKING_ANONYMOUS},
        {segment_prefix, SECTION_BACKING_SYSV},
        {"/anon_hugepage", SECTION_BACKING_HUGETLB},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (begins(link, kinds[i].prefix)) {
            *ret_backing = kinds[i].backing;
            return true;
        }
    }
    return false;
}

/* The inode of a System V segment is its id, which an inode of its file system may be, too. */
static const uint64_t segment_bit = UINT64_C(1) << 63;

uint64_t shm_identity_device(dev_t device, bool is_segment)
{
    return (uint64_t)device | (is_segment ? segment_bit : 0);
}

bool shm_is_segment_device(uint64_t identity_device)
{
    return (identity_device & segment_bit) != 0;
}

dev_t shm_memory_device(void)
{
    struct stat facts;
    _cleanup_close_ int memfd = memfd_create("probe", MFD_CLOEXEC);
    return memfd >= 0 && fstat(memfd, &facts) == 0 ? facts.st_dev : 0;
}

section_traits os_traits(const os_section *object, const section_name *name)
{
    (void)name; /* one object may have several names */
    return (section_traits){.words = {object->identity[0], object->identity[1]}};
}

/*
 * F_GET_SEALS succeeds on shm objects too, so it does not identify a memfd. The kernel's link does,
 * together with a tmpfs inode that has no name, which no ordinary file has.
 */
static bool is_memory(int fd, const struct stat *facts, const char *link, os_section *object)
{
    struct statfs file_system;
    if (fstatfs(fd, &file_system) != 0) {
        return false;
    }
    if (file_system.f_type == HUGETLBFS_MAGIC && facts->st_nlink == 0) {
        object->backing = SECTION_BACKING_HUGETLB;
        return true;
    }
    if (file_system.f_type != TMPFS_MAGIC) {
        return false;
    }
    object->is_elsewhere = shm_is_elsewhere(facts->st_dev, link);
    if (object->is_elsewhere) {
        object->backing = SECTION_BACKING_SHM;
        return true;
    }
    return facts->st_nlink == 0 && shm_is_nameless(link, &object->backing);
}

section_status shm_identify(int fd, const char *file_folder, os_section *object,
                            section_name *ret_name, section_error *ret_error)
{
    struct stat facts;
    char own_link[64];
    char link[PATH_MAX];
    (void)snprintf(own_link, sizeof own_link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(own_link, link, sizeof link - 1);
    if (length < 0 || fstat(fd, &facts) != 0) {
        return section_fail_os(ret_error, "fstat", SECTION_OS_ERRNO, (uint32_t)errno,
                               "the descriptor does not tell what it is");
    }
    link[length] = '\0';
    ret_name->scope = SECTION_SCOPE_LOCAL;
    ret_name->text[0] = '\0';
    if (S_ISREG(facts.st_mode) && is_on_shm(&facts, link)) {
        object->backing = SECTION_BACKING_SHM;
        find_name(link, &facts, ret_name);
    } else if (file_is_inside(fd, file_folder, link)) {
        object->backing = SECTION_BACKING_FILE;
    } else if (!S_ISREG(facts.st_mode) || !is_memory(fd, &facts, link, object)) {
        return section_fail(ret_error, SECTION_NOT_A_SECTION,
                            "it is %.100s; sections are memfds and files on " SHM_DIRECTORY, link);
    }
    const bool is_segment =
        object->backing == SECTION_BACKING_SYSV ||
        (object->backing == SECTION_BACKING_HUGETLB && begins(link, segment_prefix));
    object->identity[0] = shm_identity_device(facts.st_dev, is_segment);
    object->identity[1] = (uint64_t)facts.st_ino;
    return SECTION_OK;
}

const char *shm_shown_name(char *path, section_backing backing, bool named)
{
    static const char deleted[] = " (deleted)";
    if (backing == SECTION_BACKING_SHM) {
        return named ? shm_name_in_link(path) : NULL;
    }
    const char *prefix = backing == SECTION_BACKING_SYSV ? "/" : memfd_prefix;
    if (!begins(path, prefix)) {
        return NULL;
    }
    char *name = path + strlen(prefix);
    const size_t length = strlen(name);
    if (length >= sizeof deleted - 1 &&
        strcmp(name + length - (sizeof deleted - 1), deleted) == 0) {
        name[length - (sizeof deleted - 1)] = '\0';
    }
    return name[0] != '\0' ? name : NULL;
}

static bool read_own_link(const os_section *object, char ret_link[PATH_MAX], struct stat *ret_facts)
{
    char own_link[64];
    (void)snprintf(own_link, sizeof own_link, "/proc/self/fd/%d", (int)object->handle);
    const ssize_t length = readlink(own_link, ret_link, PATH_MAX - 1);
    if (length < 0 || fstat((int)object->handle, ret_facts) != 0) {
        return false;
    }
    ret_link[length] = '\0';
    return true;
}

bool os_own_name(const os_section *object, char ret_text[SECTION_OWN_NAME_BYTES])
{
    char link[PATH_MAX];
    char clean[PATH_MAX];
    struct stat facts = {0};
    if (object->backing == SECTION_BACKING_FILE ||
        (object->backing == SECTION_BACKING_SHM && !object->is_elsewhere)) {
        return false;
    }
    if (object->segment != NULL ? !mapping_own_path((uintptr_t)object->segment, link, sizeof link)
                                : !read_own_link(object, link, &facts)) {
        return false;
    }
    section_utf8_clean(link, clean, sizeof clean);
    const char *name = shm_shown_name(clean, object->backing, facts.st_nlink > 0);
    if (name == NULL) {
        return false;
    }
    section_utf8_clean(name, ret_text, SECTION_OWN_NAME_BYTES);
    return true;
}
