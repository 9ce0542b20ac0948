# shellcheck shell=bash disable=SC2034,SC2154
# tests/containers without a Docker engine: buildah builds and runs the same file, with nothing but
# chroot to separate it. Sourced; `work`, `root` and `image` are set.

release=bookworm
base=docker.io/library/debian:$release-slim
cache=${XDG_CACHE_HOME:-$HOME/.cache}/sectiond/containers
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
output=$work/daemon.out

in_storage() {
    # Its large temporary files go where everything is cleared away at the end.
    TMPDIR=$work buildah --root "$work/storage" --runroot "$work/run" "$@"
}

# The mirror that this machine uses for an archive of Debian, else the one that debootstrap would.
mirror() { # debian|debian-security
    local fallback
    fallback=$(sed -nE 's/^DEF_MIRROR="([^"]*)".*/\1/p' "$(command -v debootstrap)")
    cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        sed -nE 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p
                 s/^deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p' |
        grep -E "/$1/?\$" | head -n 1 | grep . || echo "${fallback%/debian}/$1"
}

make_base() { # FILE
    local tree=$work/base archive
    archive=$(mirror debian)
    debootstrap --variant=minbase --include=ca-certificates "$release" "$tree" "$archive"
    cat >"$tree/etc/apt/sources.list" <<END
deb $archive $release main
deb $archive $release-updates main
deb $(mirror debian-security) $release-security main
END
    # How this machine reaches its mirror, a proxy for example.
    apt-config dump | grep -E '^Acquire::(https?|Check-Valid-Until|Check-Date|Retries)\b' \
        >"$tree/etc/apt/apt.conf.d/90machine" || :
    # Whom this machine trusts, and how its npm asks: with a proxy's certificate, for example.
    cp /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"
    [ ! -e /etc/npmrc ] || cp /etc/npmrc "$tree/etc/"
    # What a slim image leaves out.
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/* \
        "$tree"/usr/share/{doc,info,locale,man}/*
    mkdir -p "$cache"
    tar -C "$tree" --numeric-owner -cf "$1.part" .
    mv "$1.part" "$1"
    rm -rf --one-file-system "$tree"
}

import_base() { # FILE
    local container
    container=$(in_storage from scratch)
    in_storage add -q "$container" "$1" /
    in_storage config --cmd bash "$container"
    in_storage commit -q --rm "$container" "$base"
}

engine_set_up() {
    [ "$(id -u)" = 0 ] || die "buildah's chroot and debootstrap need root; Docker would do as well"
    install_packages '
buildah command buildah
debootstrap command debootstrap
debian-archive-keyring header ../share/keyrings/debian-archive-keyring.gpg'
    local file=$cache/$release-npm.tar
    # An old base would only have the build fetch more packages.
    if [ -z "$(find "$file" -mtime -14 2>/dev/null)" ]; then
        step "making a base image with debootstrap (kept in $cache)" make_base "$file"
    fi
    step "importing the base image as $base" import_base "$file"
}

# BuildKit's absence aside, this is `docker build`. The docker format keeps the health check.
build_stage() { # ARGUMENT...
    in_storage build --pull=never --network=host --format docker -f "$root/docker/Dockerfile" \
        "$@" "$root"
}

working_container=sectiond-working
engine_build() {
    build_stage -t "$image"
    in_storage from --pull=never --name "$working_container" "$image"
}

in_container() { # COMMAND...
    in_storage run --network host --ipc host "$working_container" -- "$@"
}

entry_point() {
    in_storage inspect --type image --format '{{index .Docker.Config.Entrypoint 0}}' "$image"
}

engine_run_image() { # ARGUMENT...
    in_container "$(entry_point)" "$@"
}

engine_start() { # ARGUMENT...
    in_container "$(entry_point)" "$@" >"$output" 2>&1 &
    runner=$!
}

engine_output() {
    cat "$output"
}

engine_exec() { # COMMAND...
    in_container "$@"
}

engine_health_check() {
    in_storage inspect --type image --format '{{index .Docker.Config.Healthcheck.Test 1}}' "$image"
}

engine_image_size_bytes() {
    local mounted
    mounted=$(in_storage mount "$working_container")
    du -s --apparent-size --block-size=1 "$mounted" | cut -f1
    in_storage umount "$working_container" >/dev/null
}

daemon_pid() {
    sed -n 's/^sectiond ready .* pid=\([0-9]*\).*/\1/p' "$output"
}

engine_stop() {
    exit_status=0
    kill "$(daemon_pid)"
    wait "$runner" || exit_status=$?
}

engine_kill() {
    kill -KILL "$(daemon_pid)" 2>/dev/null
}

engine_export() { # STAGE FOLDER
    build_stage --target "$1" -o "type=local,dest=$2"
}

engine_clean_up() {
    in_storage rm -a >/dev/null 2>&1 || :
    in_storage rmi -a -f >/dev/null 2>&1
}
