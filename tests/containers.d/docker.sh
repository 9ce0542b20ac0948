# shellcheck shell=bash disable=SC2034,SC2154
# tests/containers with a Docker engine. Sourced; `work`, `root` and `image` are set.

container=${image//:/-}

engine_set_up() {
    :
}

engine_build() {
    docker build -f "$root/docker/Dockerfile" -t "$image" "$root"
}

engine_run_image() { # ARGUMENT...
    docker run --rm "$image" "$@"
}

engine_start() { # ARGUMENT...
    docker run -d --name "$container" --network host --ipc host "$image" "$@"
}

engine_output() {
    docker logs "$container"
}

engine_exec() { # COMMAND...
    docker exec "$container" "$@"
}

engine_health_check() {
    docker image inspect -f '{{index .Config.Healthcheck.Test 1}}' "$image"
}

engine_image_size_bytes() {
    docker image inspect -f '{{.Size}}' "$image"
}

engine_stop() {
    docker stop -t 20 "$container" >/dev/null
    exit_status=$(docker inspect -f '{{.State.ExitCode}}' "$container")
}

engine_kill() {
    docker kill "$container" >/dev/null
}

engine_export() { # STAGE FOLDER
    DOCKER_BUILDKIT=1 docker build -f "$root/docker/Dockerfile" --target "$1" \
        -o "type=local,dest=$2" "$root"
}

engine_clean_up() {
    docker rm -f "$container" >/dev/null 2>&1 || :
    docker rmi -f "$image" >/dev/null 2>&1
}
