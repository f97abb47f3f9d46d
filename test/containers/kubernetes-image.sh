# An engine and a cluster with the image of this project in it. Read by the scripts beside it, with their variables.
# shellcheck shell=bash disable=SC2154

prepare_image() {
  if [[ -x $LAB/start-k8s.sh ]]; then
    eval "$("$LAB/start-docker.sh")"
    "$LAB/make-base-images.sh" >/dev/null 2>&1
    eval "$("$LAB/start-k8s.sh")"
  fi
  if [[ -z ${IMAGE:-} ]]; then
    IMAGE=artemis-netmap:kubernetes
    # An engine's own client may have BuildKit built in where another one lacks the component for it.
    local client=docker
    docker buildx version >/dev/null 2>&1 || client=$(command -v /usr/bin/docker || command -v docker)
    DOCKER_BUILDKIT=1 "$client" build -q -t "$IMAGE" "$root" >/dev/null
  fi
  if [[ -n ${GUIDE_IMAGE:-} ]]; then docker tag "$IMAGE" "$GUIDE_IMAGE"; fi
  [[ ! -x $LAB/k8s-load-image.sh ]] || "$LAB/k8s-load-image.sh" "$IMAGE" ${GUIDE_IMAGE:+"$GUIDE_IMAGE"} apache/artemis:2.56.0
  node=$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')
}
