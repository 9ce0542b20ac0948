#!/bin/sh
# aptsrc.sh [--suite NAME] DEST PACKAGE...
#
# Fetches and unpacks the distribution's source packages below DEST. It reads the machine's own
# package lists and leaves /etc/apt and /var/lib/apt as they are, so it needs no root and no
# deb-src line. With --suite the sources come from that release of the same distribution: sid, or
# another one in the making, which has neither -updates nor -security. What apt cannot verify with
# the machine's own keys is never taken.
set -eu

# shellcheck disable=SC1091 # not ours
. /etc/os-release
codename=${VERSION_CODENAME:?aptsrc: /etc/os-release names no release}
suite=$codename
pockets='(-updates|-security)?'
if [ "$1" = --suite ]; then
    suite=$2
    pockets='()'
    shift 2
fi
dest=$1
shift
mkdir -p "$dest"
dest=$(cd "$dest" && pwd)

state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$state"
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/parts"

# Only the distribution's own archive has its releases: entries of other vendors are left out.
own="($codename|stable|oldstable|testing|unstable|sid)$pockets"

eval "$(apt-config shell list_file Dir::Etc::sourcelist/f list_parts Dir::Etc::sourceparts/d)"
# shellcheck disable=SC2154 # the line above sets both variables
{
    # One-line entries: every active deb or deb-src line becomes a deb-src line.
    cat /dev/null "$list_file" "$list_parts"/*.list 2>/dev/null |
        sed -nE 's/[[:space:]]*#.*//; s/^[[:space:]]*deb(-src)?[[:space:]]+/deb-src /p' |
        sed -nE "s/^(deb-src (\[[^]]*\] )?[^[:space:]]+)[[:space:]]+${own}[[:space:]]/\1 $suite\4 /p" |
        sort -u >"$state/parts/source.list"

    # deb822 entries: every enabled stanza becomes one of type deb-src.
    for file in "$list_parts"/*.sources; do
        [ -e "$file" ] && {
            cat "$file"
            echo
        }
    done | awk -v own="^$own\$" -v codename="$codename" -v suite="$suite" '
        function flush() {
            if (text != "" && suites != "" && enabled && !((text suites) in seen)) {
                seen[text suites] = 1
                printf "Types: deb-src\nSuites:%s\n%s\n", suites, text
            }
            text = ""; suites = ""; enabled = 1
        }
        BEGIN { enabled = 1 }
        /^#/ { next }
        /^[ \t\r]*$/ { flush(); next }
        tolower($1) == "types:" { next }
        tolower($1) == "enabled:" {
            if (tolower($2) ~ /^(no|false|without|off|disable|0)$/) enabled = 0
            next
        }
        tolower($1) == "suites:" {
            for (i = 2; i <= NF; i++)
                if ($i ~ own) { name = $i; sub(/^[a-z]+/, suite, name); suites = suites " " name }
            next
        }
        { text = text $0 "\n" }
        END { flush() }' >"$state/parts/source.sources"
}

sources() {
    apt-get -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/parts" \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Languages=none \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::AllowInsecureRepositories=false -o APT::Get::AllowUnauthenticated=false \
        -o Acquire::Retries=3 -o APT::Sandbox::User=root "$@"
}
sources -qq update || echo "aptsrc: update reported errors, trying on" >&2

cd "$dest"
for package; do
    sources -q source "$package" && continue
    # A mirror may lack a part of the source package: the upstream tarball alone is next best.
    echo "aptsrc: $package: taking the upstream tarball, without the distribution's patches" >&2
    sources -q --tar-only source "$package"
    for tarball in "$package"_*.orig.tar.*; do
        case $tarball in
        *.asc) ;;
        *) tar xf "$tarball" ;;
        esac
    done
done
