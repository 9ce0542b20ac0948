#include "../peer.h"

#include <windows.h>

uint64_t clock_now_us(void)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER now;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    return (uint64_t)(now.QuadPart / frequency.QuadPart) * 1000000 +
           (uint64_t)(now.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart);
}

void clock_sleep_until_us(uint64_t moment_us)
{
    const uint64_t now_us = clock_now_us();
    if (moment_us > now_us)
        Sleep((DWORD)((moment_us - now_us + 999) / 1000));
}
