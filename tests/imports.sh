#!/bin/sh
# imports.sh OBJDUMP PROGRAM: fails where PROGRAM imports a DLL that not every Windows has, or one that
# brings user32: a program that has loaded user32 is not told of the system's shutdown.
set -eu

imports=$("$1" -p "$2" | sed -n 's/^[[:space:]]*DLL Name: //p' | sort -u)
[ -n "$imports" ] || {
    echo "$2: no imports found"
    exit 1
}
# shellcheck disable=SC2086 # one word for each
echo "imports:" $imports
foreign=$(echo "$imports" |
    grep -viE '^(kernel32|kernelbase|msvcrt|ws2_32|advapi32|ntdll|bcrypt)\.dll$') || exit 0
# shellcheck disable=SC2086
echo "not part of every Windows, or brings user32:" $foreign
exit 1
