#!/bin/sh
# imports.sh OBJDUMP PROGRAM: fails where PROGRAM imports a DLL that not every Windows has.
set -eu

imports=$("$1" -p "$2" | sed -n 's/^[[:space:]]*DLL Name: //p' | sort -u)
[ -n "$imports" ] || {
    echo "$2: no imports found"
    exit 1
}
# shellcheck disable=SC2086 # one word for each
echo "imports:" $imports
foreign=$(echo "$imports" |
    grep -viE '^(kernel32|kernelbase|msvcrt|ws2_32|advapi32|ntdll|bcrypt|shell32|user32|ole32|winmm)\.dll$') || exit 0
# shellcheck disable=SC2086
echo "not part of Windows:" $foreign
exit 1
