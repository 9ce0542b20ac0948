# shellcheck shell=bash
# What server/run, tests/run and docker/dependencies share: saying what happens, installing what
# is missing, configuring and building. Sourced, after `set -eu`, with `root` the project's folder.

# bash knows the user's home even where the environment, of a chroot say, does not. The daemon's
# state folder and Wine want it too.
if [ -z "${HOME:-}" ]; then
    unset HOME
    HOME=~
    export HOME
fi

# Without these bash would go on after a step that takes Ctrl-C for its ordinary end, as Wine does.
trap 'exit 130' INT
trap 'exit 143' TERM

say() {
    echo "${0##*/}: $*" >&2
}

die() {
    say "$@"
    exit 1
}

# step TEXT COMMAND...: says TEXT, runs COMMAND silently; if it fails, shows the end of its output
# and ends the script. On a terminal the seconds count up meanwhile.
step() {
    local text=$1 log ticker='' status
    shift
    log=$(mktemp)
    if [ -t 2 ]; then
        (
            started=$SECONDS
            while kill -0 "$$" 2>/dev/null; do
                printf '\r%s: %s … %d s' "${0##*/}" "$text" $((SECONDS - started)) >&2
                sleep 1
            done
        ) &
        ticker=$!
    else
        say "$text"
    fi
    # Not `"$@" || status=$?`: that would switch -e off inside a function that is run here.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    if [ -n "$ticker" ]; then
        kill "$ticker" 2>/dev/null || :
        wait "$ticker" 2>/dev/null || :
        echo >&2
    fi
    if [ "$status" != 0 ]; then
        tail -n 40 "$log" >&2
        say "failed: $text (exit $status); the lines above are the end of its output"
        rm -f "$log"
        exit "$status"
    fi
    rm -f "$log"
}

# A requirement is a line `PACKAGE KIND NAME`: PACKAGE is installed where KIND NAME is absent.
has_requirement() {
    local kind=$1 name=$2 folder
    case $kind in
    command)
        command -v "$name" >/dev/null
        ;;
    header)
        for folder in /usr/include /usr/local/include "/usr/include/$(uname -m)-linux-gnu"; do
            [ ! -e "$folder/$name" ] || return 0
        done
        return 1
        ;;
    python)
        /usr/bin/python3 -c "import $name" 2>/dev/null
        ;;
    fuzzer)
        echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
            "$name" -fsanitize=fuzzer,address,undefined -x c - -o /dev/null 2>/dev/null
        ;;
    esac
}

missing_packages() { # REQUIREMENTS
    local package kind name
    while read -r package kind name; do
        [ -z "$package" ] || has_requirement "$kind" "$name" || echo "$package"
    done <<<"$1" | sort -u
}

install_packages() { # REQUIREMENTS
    local packages sudo=()
    mapfile -t packages < <(missing_packages "$1")
    [ ${#packages[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null ||
        die "no apt-get here. Install these (Debian's names) by hand, then run me again:" \
            "${packages[*]}"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            die "not root, and no sudo. As root: apt-get install ${packages[*]}"
        sudo=(sudo)
        sudo -v || die "sudo was refused. As root: apt-get install ${packages[*]}"
    fi
    step "refreshing apt's package lists" \
        "${sudo[@]}" apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 update
    step "installing ${packages[*]}" \
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
        -o Acquire::Retries=3 install -y --no-install-recommends "${packages[@]}"
    mapfile -t packages < <(missing_packages "$1")
    [ ${#packages[@]} -eq 0 ] || die "installed, yet still not usable: ${packages[*]}"
}

# shellcheck disable=SC2034 # for those who source this
build_requirements='
gcc command cc
libc6-dev header stdio.h
make command make
cmake command cmake
ninja-build command ninja
dpkg-dev command dpkg-source
pkgconf command pkg-config
libcjson-dev header cjson/cJSON.h
libxxhash-dev header xxhash.h
uthash-dev header uthash.h
curl command curl'

# A Node.js from another source brings its own npm, and Debian's would conflict with it.
# shellcheck disable=SC2034 # for those who source this
dashboard_requirements='
nodejs command node
npm command npm'

# shellcheck disable=SC2034
windows_requirements='
gcc-mingw-w64-x86-64-win32 command x86_64-w64-mingw32-gcc
wine64 command wine
wine command wine'

# Wine makes its prefix at the first start, which takes a while and prints what nobody needs.
start_wine() { # PREFIX
    export WINEPREFIX=$1 WINEDEBUG=-all XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$root/build}
    if [ ! -e "$WINEPREFIX/system.reg" ]; then
        mkdir -p "$WINEPREFIX"
        step "setting up Wine in ${WINEPREFIX#"$root/"}" make_wine_prefix
    fi
}

make_wine_prefix() {
    wine wineboot -i
    wineserver -w
}

# choose_dashboard: sets `dashboard` to ON, or to OFF where npm cannot be had: the API needs none of
# it, so a daemon without its pages is better than none.
# shellcheck disable=SC2034 # for those who source this
choose_dashboard() {
    local log
    dashboard=OFF
    if [ -n "$(missing_packages "$dashboard_requirements")" ] ||
        ! node -e 'process.exit(parseInt(process.versions.node, 10) >= 18 ? 0 : 1)'; then
        say "warning: the daemon is built without its dashboard, which needs npm and Node.js 18"
        return
    fi
    log=$(mktemp)
    [ -e "$root/web/node_modules" ] || say "fetching the dashboard's packages"
    if "$root/web/npm-ci" "$root/web" >"$log" 2>&1 </dev/null; then
        dashboard=ON
    else
        tail -n 10 "$log" >&2
        say "warning: npm could not fetch the dashboard's packages (its own words are above), so" \
            "the daemon is built without its dashboard. When npm can, run me again"
    fi
    rm -f "$log"
}

# build PRESET TARGET [NAME=ON|OFF...]: configures with these variables where that is due, and builds.
# A new tree has no tests unless it is told so.
build() {
    local preset=$1 target=$2 tree=$root/build/$1 variable due=''
    shift 2
    cd "$root"
    [ "$tree/build.ninja" -nt CMakePresets.json ] || due=1
    for variable; do
        grep -qs "^${variable%=*}:BOOL=${variable#*=}\$" "$tree/CMakeCache.txt" || due=1
    done
    [ -e "$tree/build.ninja" ] || set -- SECTIOND_TESTS=OFF "$@"
    if [ -n "$due" ]; then
        step "configuring build/$preset" cmake --preset "$preset" "${@/#/-D}"
    fi
    # A dry run tells in milliseconds whether there is anything to say and do.
    if ! ninja -C "$tree" -n "$target" | grep -q 'no work to do'; then
        step "building build/$preset" cmake --build "$tree" --target "$target" -- --quiet
    fi
}
