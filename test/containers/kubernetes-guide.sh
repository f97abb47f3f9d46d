#!/usr/bin/env bash
# Follows docs/install-kubernetes.md on a real cluster: its commands and files are taken from the page and run as they stand there.
# What is not: building and pushing the image (there is no registry; it is loaded into the cluster), `kubectl drain`, `get pvc`, and the addresses of peers, which are
# the cluster's own; passphrases come by standard input where there is no terminal. Also asks the API server about each overlay. Ends with 1 at the first command that fails.
#
#   test/containers/kubernetes-guide.sh
#
# Wants docker and kubectl, and a cluster in which the namespaces party-a, party-b, aa and ca are free. Env: LAB, IMAGE as in kubernetes.sh.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
LAB=${LAB:-$root/../shared/lab}
page=$root/docs/install-kubernetes.md
work=$(mktemp -d)
spaces=()
volumes=()

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }

finish() {
  local code=$? space
  set +e
  for space in "${spaces[@]}"; do
    if [[ $code != 0 ]]; then
      kubectl -n "$space" get pods,pvc,events | tail -15
      kubectl -n "$space" logs netmap-0 -c sidecar --tail=15
    fi
    kubectl delete namespace "$space" --timeout=180s >/dev/null 2>&1
  done
  for volume in "${volumes[@]}"; do kubectl delete pv "$volume" >/dev/null 2>&1; done
  rm -rf "$work"
  exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

# shellcheck source=test/containers/kubernetes-image.sh
source "$root/test/containers/kubernetes-image.sh"

netmap() { docker run --rm -i --user "$(id -u):$(id -g)" -v "$work:$work" -w "$PWD" "$IMAGE" "$@"; }
export -f netmap

block() { # LANGUAGE SECTION NUMBER: that block of the page, the first is 1
  awk -v language="$1" -v section="$2" -v number="$3" '
    /^## / { inside = index($0, section) > 0; seen = 0 }
    /^```/ { if (taking) exit; if (inside && $0 == "```" language && ++seen == number) { taking = 1; next } }
    taking' "$page" | grep . || fail "the page has no block $3 of $1 under $2"
}

run() { # SECTION NUMBER [SED]: a block of commands, shown and run where one stands
  local text
  text=$(block sh "$1" "$2" | sed "${3:-}")
  sed 's/^/  $ /' <<<"$text"
  work=$work IMAGE=$IMAGE bash -euo pipefail -c "$text" || fail "$1, block $2"
}

# Where the cluster makes no volumes by itself.
volume() { # NAMESPACE CLAIM SIZE
  local class
  class=$(kubectl get storageclass -o json | jq -r '.items[] | select(.provisioner == "kubernetes.io/no-provisioner") | .metadata.name' | head -1)
  [[ -n $class ]] || return 0
  volumes+=("netmap-guide-$1-$2")
  mkdir -p "$work/volumes/$1-$2"
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: { name: netmap-guide-$1-$2 }
spec:
  capacity: { storage: $3 }
  accessModes: [ReadWriteOnce]
  storageClassName: $class
  persistentVolumeReclaimPolicy: Retain
  local: { path: $work/volumes/$1-$2 }
  claimRef: { namespace: $1, name: $2 }
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [$node] }] }] } }
YAML
}

take_space() { # NAMESPACE
  kubectl get namespace "$1" >/dev/null 2>&1 && fail "the namespace $1 is in use"
  spaces+=("$1")
}

GUIDE_IMAGE=registry.example/artemis-netmap:1.0 prepare_image
say "the API server about each overlay"
mkdir -p "$work/artemis-netmap/deploy"
cp -R "$root/deploy/kubernetes" "$work/artemis-netmap/deploy/"
for overlay in development production high-availability swaptacular; do
  space=netmap-guide-$overlay
  spaces+=("$space")
  mkdir -p "$work/dry/$overlay"
  printf 'namespace: %s\nresources: [../../artemis-netmap/deploy/kubernetes/overlays/%s]\n' "$space" "$overlay" >"$work/dry/$overlay/kustomization.yaml"
  # It takes nothing in a namespace that is not there.
  kubectl create namespace "$space" >/dev/null
  kubectl label namespace "$space" pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/warn=restricted >/dev/null
  kubectl apply -k "$work/dry/$overlay" --dry-run=server --validate=strict >"$work/dry.log" 2>&1 || fail "$overlay: $(cat "$work/dry.log")"
  ! grep -i 'would violate\|^warning' "$work/dry.log" | grep -v last-applied || fail "$overlay is warned of"
  say "  $overlay: $(grep -c 'server dry run' "$work/dry.log") objects taken"
  kubectl delete namespace "$space" --wait=false >/dev/null
done

# shellcheck source=test/containers/kubernetes-guide-swaptacular.sh
source "$root/test/containers/kubernetes-guide-swaptacular.sh"
swaptacular
# Their share of a small machine is needed.
kubectl delete namespace aa ca >/dev/null

# Organisations that the overlays of the page are for: two, each the other's peer.
follow() { # party-a|party-b OVERLAY
  local me=$1
  say "$me, with the overlay $2"
  cd "$work/$me-home"
  run '3. An overlay' 1 "s|party-a|$me|g; s|/path/to/the/others|$work/others-of-$me|"
  cd "$me"
  block yaml '3. An overlay' 1 | sed "s|party-a|$me|; s|overlays/production|overlays/$2|; s|peers/nodeInfo-1, peers/nodeInfo-2|$(echo peers/nodeInfo-* | sed 's/ /, /g')|" >kustomization.yaml
  take_space "$me"
  volume "$me" data-netmap-0 50Gi
  volume "$me" state-netmap-0 10Gi
  run '3. An overlay' 2 "1!d; s|party-a|$me|g"
}

# Well only with its peer, so it is asked when both are there.
look() { # party-a|party-b
  local end=$((SECONDS + 180))
  until kubectl -n "$1" exec netmap-0 -c sidecar -- netmap status --config /etc/netmap/netmap.yaml >/dev/null 2>&1; do
    ((SECONDS < end)) || break
    sleep 1
  done
  run '3. An overlay' 2 "1d; s|party-a|$1|g"
}

say "keys"
cd "$work"
netmap dev-network --nodes 2 --folder "$work/network" >/dev/null
declare -A other=([party-a]=party-b [party-b]=party-a)
for me in party-a party-b; do
  cp -R "$work/network/nodes/$me" "$work/$me-home"
  ln -s "$work/artemis-netmap" "$work/$me-home/artemis-netmap"
  cd "$work/$me-home"
  rm -f nodeInfo-*
  block yaml '2. Keys' 1 | sed "s|party-a.example|netmap-p2p.$me.svc.cluster.local|" >publish.yaml
  run '2. Keys' 1
  mkdir -p "$work/others-of-${other[$me]}"
  cp nodeInfo-* "$work/others-of-${other[$me]}/"
done
follow party-a production
follow party-b development
look party-a
look party-b

say "messages between the two"
declare -A name=([party-a]='O=Party A, L=London, C=GB' [party-b]='O=Party B, L=New York, C=US')
exchange() { # FROM TO NAME-OF-TO
  local came
  kubectl -n "$1" exec netmap-0 -c sidecar -- netmap send --config /etc/netmap/netmap.yaml --to "$3" --body "from $1" --count 20 >/dev/null 2>&1 || fail "$1 cannot send to $2"
  came=$(kubectl -n "$2" exec netmap-0 -c sidecar -- netmap receive --config /etc/netmap/netmap.yaml --json --count 20 --timeout 60 2>/dev/null | wc -l)
  [[ $came == 20 ]] || fail "of 20 messages from $1 $came came at $2"
  say "  20 of 20 from $1 to $2"
}
exchange party-a party-b "${name[party-b]}"
exchange party-b party-a "${name[party-a]}"
kubectl -n party-a rollout restart statefulset/netmap >/dev/null
kubectl -n party-a rollout status statefulset/netmap --timeout=300s >/dev/null
say "  restarted as under Changes"

say "the commands of the guide ran as they stand there, but for what the head of this script names"
