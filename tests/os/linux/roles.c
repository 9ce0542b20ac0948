#include "../roles.h"

int platform_role(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return -1;
}
