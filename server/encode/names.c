#include "encode/names.h"

const char *const section_json_scopes[] = {"local", "global"};
const char *const section_json_backings[] = {"pagefile", "shm",  "memfd",     "file",
                                             "image",    "sysv", "anonymous", "hugetlb"};
