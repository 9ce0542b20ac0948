/*
 * What a peer has not freed at its end is no fault, and looking for it takes longer than most peers do: the
 * address sanitizer asks this.
 */

int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
    return 1;
}
