#!/usr/bin/env bash
# The manifests of deploy/kubernetes on a real cluster, under load: three organisations in three namespaces under restricted pod
# security (the third with two brokers that share a store); pods deleted, the node drained, a rolling update, secrets changed, the
# serving broker killed. Ends with 1 when a message was lost, stored twice, or told of a wrong sender. Prints what it measured.
#
#   test/containers/kubernetes.sh [--keep]
#
# Wants docker and kubectl. Env:
#   LAB     folder of scripts that start an engine and a cluster (../shared/lab beside the project); where it is missing,
#           DOCKER_HOST and KUBECONFIG are used as they are, and the images must be in the cluster
#   IMAGE   image of the sidecar; built from this project unless set
#   RATE    messages a second that each organisation sends to the others together (100)
#   SECONDS_OF_LOAD   how long each step is under load before its fault (8)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
LAB=${LAB:-$root/../shared/lab}
RATE=${RATE:-100}
LOAD=${SECONDS_OF_LOAD:-8}
keep=${1:-}
work=$(mktemp -d)
orgs=(party-a party-b party-c)
prefix=netmap-test
declare -A name=([party-a]='O=Party A, L=London, C=GB' [party-b]='O=Party B, L=New York, C=US' [party-c]='O=Party C, L=Zurich, C=CH')

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }
now() { date +%s%3N; }
space() { echo "$prefix-${1#party-}"; }
k() { local org=$1; shift; kubectl -n "$(space "$org")" "$@"; }
netmap() { docker run --rm --user "$(id -u):$(id -g)" -v "$work:$work" -w "$work" "$IMAGE" "$@"; }

finish() {
  local code=$?
  set +e
  kubectl uncordon "${node:-}" >/dev/null 2>&1
  if [[ $code != 0 ]]; then
    for org in "${orgs[@]}"; do
      k "$org" get pods,events 2>/dev/null | tail -15
      k "$org" logs netmap-0 -c sidecar --tail=15 2>/dev/null
    done
  fi
  if [[ $keep != --keep ]]; then
    for org in "${orgs[@]}"; do kubectl delete namespace "$(space "$org")" --wait=false >/dev/null 2>&1; done
    for org in "${orgs[@]}"; do kubectl wait --for=delete "namespace/$(space "$org")" --timeout=120s >/dev/null 2>&1; done
    kubectl delete pv "$prefix-store" >/dev/null 2>&1
    rm -rf "$work" "/tmp/$prefix-store"
  else
    say "kept: $work"
  fi
  exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

prepare() {
  if [[ -x $LAB/start-k8s.sh ]]; then
    eval "$("$LAB/start-docker.sh")"
    "$LAB/make-base-images.sh" >/dev/null 2>&1
    eval "$("$LAB/start-k8s.sh")"
  fi
  if [[ -z ${IMAGE:-} ]]; then
    IMAGE=artemis-netmap:kubernetes
    DOCKER_BUILDKIT=1 docker build -q -t "$IMAGE" "$root" >/dev/null
  fi
  [[ ! -x $LAB/k8s-load-image.sh ]] || "$LAB/k8s-load-image.sh" "$IMAGE" apache/artemis:2.56.0
  node=$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')
}

# Keys, certificates and the NodeInfos, each with the addresses under which the cluster knows its broker.
make_network() {
  netmap dev-network --nodes 3 --folder "$work/network" >/dev/null
  local org hosts host
  for org in "${orgs[@]}"; do
    local folder=$work/network/nodes/$org
    hosts=("netmap-p2p.$(space "$org").svc.cluster.local")
    [[ $org != party-c ]] || hosts=("netmap-p2p-0.$(space "$org").svc.cluster.local" "netmap-p2p-1.$(space "$org").svc.cluster.local")
    {
      echo 'node:'
      echo '  publish:'
      echo '    identities: [{ key: { file: certificates/identity-key.pem }, chain: certificates/identity-chain.pem }]'
      echo '    addresses:'
      for host in "${hosts[@]}"; do echo "      - { host: $host, port: 10002 }"; done
      echo 'certificates: { key: { file: certificates/tls-key.pem }, chain: certificates/tls-chain.pem, roots: certificates/roots.pem }'
      echo 'sources: [{ directory: { path: . } }]'
    } >"$folder/publish.yaml"
    netmap node-info show --config "$folder/publish.yaml" >/dev/null
    mkdir -p "$work/map"
    cp "$folder"/nodeInfo-* "$folder/node-info"
    cp "$folder"/nodeInfo-* "$work/map/"
  done
}

# An overlay of this test's own for each organisation, over those of the project.
make_overlays() {
  cp -R "$root/deploy/kubernetes" "$work/kubernetes"
  local org
  for org in "${orgs[@]}"; do
    local dir=$work/$org overlay=development
    [[ $org != party-c ]] || overlay=high-availability
    mkdir -p "$dir"
    local node=$work/network/nodes/$org
    cp "$node"/certificates/{tls-key,tls-chain,roots}.pem "$node/node-info" "$node/rpc-users.yaml" "$dir/"
    cp "$work"/map/nodeInfo-* "$root/deploy/compose/traffic.mjs" "$dir/"
    cat >"$dir/app.yaml" <<YAML
node: { nodeInfo: /run/netmap/keys/node-info }
certificates: { key: { file: /run/netmap/keys/tls-key.pem }, chain: /run/netmap/keys/tls-chain.pem, roots: /run/netmap/keys/roots.pem }
sources: [{ directory: { path: /run/netmap/node-infos } }]
acceptors: { node: { host: netmap-node, port: 10003 } }
state: /tmp/state
YAML
    {
      cat <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: $(space "$org")
resources: [../kubernetes/overlays/$overlay, traffic.yaml]
images: [{ name: artemis-netmap, newName: ${IMAGE%:*}, newTag: ${IMAGE##*:} }]
generatorOptions: { disableNameSuffixHash: true }
secretGenerator:
  - { name: netmap-keys, files: [tls-key.pem, tls-chain.pem, roots.pem, node-info] }
  - { name: netmap-rpc-users, files: [rpc-users.yaml] }
configMapGenerator:
  - { name: netmap-node-infos, files: [$(cd "$dir" && echo nodeInfo-* | sed 's/ /, /g')] }
  - { name: traffic, files: [netmap.yaml=app.yaml, traffic.mjs] }
YAML
      # One node has no place for two brokers that must not be on the same machine.
      [[ $org != party-c ]] || cat <<'YAML'
patches:
  - target: { kind: StatefulSet, name: netmap }
    patch: '[{"op": "remove", "path": "/spec/template/spec/affinity"}]'
YAML
    } >"$dir/kustomization.yaml"
    traffic_pod >"$dir/traffic.yaml"
  done
}

traffic_pod() {
  local peers
  peers=$(IFS=';'; echo "${name[*]}")
  cat <<YAML
apiVersion: v1
kind: Pod
metadata: { name: traffic, labels: { netmap-access: node } }
spec:
  automountServiceAccountToken: false
  securityContext: { runAsNonRoot: true, runAsUser: 1001, runAsGroup: 1001, fsGroup: 1001, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: traffic
      image: artemis-netmap
      command: [node, /opt/artemis-netmap/traffic.mjs]
      workingDir: /etc/traffic
      env:
        - { name: TRAFFIC_PEERS, value: '$peers' }
        - { name: TRAFFIC_RATE, value: '0' }
        - { name: TRAFFIC_LISTEN, value: '0.0.0.0:9200' }
      resources: { requests: { cpu: 10m, memory: 64Mi }, limits: { memory: 512Mi } }
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
      volumeMounts:
        - { name: traffic, mountPath: /etc/traffic }
        - { name: traffic, mountPath: /opt/artemis-netmap/traffic.mjs, subPath: traffic.mjs }
        - { name: keys, mountPath: /run/netmap/keys }
        - { name: node-infos, mountPath: /run/netmap/node-infos }
        - { name: tmp, mountPath: /tmp }
  volumes:
    - { name: traffic, configMap: { name: traffic } }
    - { name: keys, secret: { secretName: netmap-keys, defaultMode: 0440 } }
    - { name: node-infos, configMap: { name: netmap-node-infos } }
    - { name: tmp, emptyDir: {} }
YAML
}

# The store that party-c's brokers share: on one node any folder of it is one for several pods.
make_store() {
  mkdir -p "/tmp/$prefix-store"
  kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: { name: $prefix-store }
spec:
  capacity: { storage: 10Gi }
  accessModes: [ReadWriteMany]
  storageClassName: $prefix
  persistentVolumeReclaimPolicy: Retain
  local: { path: /tmp/$prefix-store }
  claimRef: { namespace: $(space party-c), name: netmap-store }
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [$node] }] }] } }
YAML
  sed -i "s|accessModes: \[ReadWriteMany\]|&\n  storageClassName: $prefix|" "$work/kubernetes/overlays/high-availability/store.yaml"
}

wait_ready() { # organisation
  k "$1" rollout status statefulset/netmap --timeout=300s >/dev/null || fail "$1 is not ready"
}

counters() { kubectl get --raw "/api/v1/namespaces/$(space "$1")/pods/traffic:9200/proxy/counters"; }
rate() { # messages a second, of each organisation
  local org
  for org in "${orgs[@]}"; do
    kubectl create --raw "/api/v1/namespaces/$(space "$org")/pods/traffic:9200/proxy/rate?perSecond=$1" -f /dev/null >/dev/null
  done
}

# FROM TO: stored at FROM's broker, distinct arrivals at TO, highest number, stored twice, of a wrong sender
pair() {
  local sent received
  sent=$(counters "$1"); received=$(counters "$2")
  jq -rn --argjson s "$sent" --argjson r "$received" --arg from "${name[$1]}" --arg to "${name[$2]}" \
    '($s.sent[$to] // {stored:0}) as $a | ($r.received[$from] // {count:0,highest:0,doubled:0,wrongSender:0}) as $b |
     "\($a.stored) \($b.count) \($b.highest) \($b.doubled) \($b.wrongSender)"'
}

arrived() { # how many have come in at an organisation
  counters "$1" | jq '[.received[].count] | add // 0'
}

flows() { # waits until messages come in anew at every organisation named; prints how long that took
  local began org before
  began=$(now)
  for org in "$@"; do
    before=$(arrived "$org" 2>/dev/null || echo 0)
    until (($(arrived "$org" 2>/dev/null || echo 0) > before)); do
      (($(now) - began < 180000)) || fail "no messages come in at $org"
      sleep 0.1
    done
  done
  echo $(($(now) - began))
}

settle() { # step: stops the load, waits for all to arrive, and compares
  rate 0
  local from to end bad=0 total=0
  for from in "${orgs[@]}"; do for to in "${orgs[@]}"; do
    [[ $from != "$to" ]] || continue
    end=$((SECONDS + 120))
    while :; do
      read -r stored count highest doubled wrong <<<"$(pair "$from" "$to")"
      [[ $stored != "$count" ]] || break
      ((SECONDS < end)) || break
      sleep 0.5
    done
    total=$((total + count))
    if [[ $stored != "$count" || $highest != "$count" || $doubled != 0 || $wrong != 0 ]]; then
      say "  $from to $to: stored $stored, arrived $count, highest $highest, doubled $doubled, wrong sender $wrong"
      bad=1
    fi
  done; done
  [[ $bad == 0 ]] || fail "$1: messages lost, doubled or of a wrong sender"
  say "$1: $total messages so far, none lost, none doubled, each of its true sender"
}

broker_process() { # ORGANISATION POD: process number of its Java on this machine
  local uid pid
  uid=$(k "$1" get pod "$2" -o 'jsonpath={.metadata.uid}')
  for pid in $(grep -l "$uid" /proc/[0-9]*/cgroup 2>/dev/null | cut -d/ -f3); do
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) != java ]] || echo "$pid"
  done
}

resident() { # ORGANISATION POD CONTAINER: MiB of the container's own process
  k "$1" exec "$2" -c "$3" -- sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/1/status | awk '{printf "%d", $1/1024}'
}

cpu() { # ORGANISATION POD CONTAINER: seconds of CPU since its start
  k "$1" exec "$2" -c "$3" -- sed 's/.*) //' /proc/1/stat | awk '{printf "%.2f", ($12+$13)/100}'
}

measure() { # label
  local b s
  b=$(cpu party-a netmap-0 broker); s=$(cpu party-a netmap-0 sidecar)
  sleep 10
  awk -v l="$1" -v b="$(cpu party-a netmap-0 broker)" -v b0="$b" -v s="$(cpu party-a netmap-0 sidecar)" -v s0="$s" \
    -v bm="$(resident party-a netmap-0 broker)" -v sm="$(resident party-a netmap-0 sidecar)" \
    'BEGIN { printf "%s: broker %d MiB, %.2f cores; sidecar %d MiB, %.2f cores\n", l, bm, (b-b0)/10, sm, (s-s0)/10 }'
}

serving() { # the pod of an organisation whose broker serves
  local pod
  for pod in netmap-0 netmap-1; do
    if kubectl get --raw "/api/v1/namespaces/$(space "$1")/pods/$pod:9100/proxy/health/ready" 2>/dev/null | jq -e '.ready and (.standby | not)' >/dev/null; then
      echo "$pod"
      return
    fi
  done
}

prepare
make_network
make_overlays
make_store

began=$(now)
for org in "${orgs[@]}"; do kubectl apply -k "$work/$org" >/dev/null; done
for org in "${orgs[@]}"; do wait_ready "$org"; done
say "apply to ready (4 brokers): $(($(now) - began)) ms"
for org in "${orgs[@]}"; do
  [[ $(kubectl get namespace "$(space "$org")" -o 'jsonpath={.metadata.labels.pod-security\.kubernetes\.io/enforce}') == restricted ]] ||
    fail "$org is not under restricted pod security"
  k "$org" wait --for=condition=Ready pod/traffic --timeout=120s >/dev/null
done
measure "idle"
rate "$RATE"
took=$(flows "${orgs[@]}")
say "first messages at all three after $took ms"
sleep "$LOAD"
measure "at $RATE messages a second out and as many in"
settle "load"

rate "$RATE"; sleep "$LOAD"
began=$(now)
k party-a delete pod netmap-0 --wait=true >/dev/null
ended=$(now)
wait_ready party-a
say "pod deleted: ended in $((ended - began)) ms, ready again after $(($(now) - began)) ms"
flows "${orgs[@]}" >/dev/null
settle "pod deleted"

rate "$RATE"; sleep "$LOAD"
began=$(now)
# Of the two brokers with one store the budget lets one go, which has nowhere else to go here: until the node is back the other stays.
kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --pod-selector=app.kubernetes.io/name=netmap --timeout=400s >"$work/drain.log" 2>&1 &
drain=$!
until grep -q 'disruption budget' "$work/drain.log" && [[ -z $(k party-a get pods -l app.kubernetes.io/name=netmap -o name --field-selector status.phase=Running) ]]; do
  (($(now) - began < 200000)) || fail "the node is not drained"
  sleep 1
done
ended=$(now)
[[ -n $(serving party-c) ]] || say "  (party-c's other broker is about to take over)"
kubectl uncordon "$node" >/dev/null
wait "$drain" || fail "the drain: $(tail -3 "$work/drain.log")"
for org in "${orgs[@]}"; do wait_ready "$org"; done
say "node drained in $((ended - began)) ms, all ready again after $(($(now) - began)) ms"
flows "${orgs[@]}" >/dev/null
settle "node drained"

rate "$RATE"; sleep "$LOAD"
began=$(now)
for org in "${orgs[@]}"; do k "$org" rollout restart statefulset/netmap >/dev/null; done
for org in "${orgs[@]}"; do wait_ready "$org"; done
say "rolling update of all three: $(($(now) - began)) ms"
flows "${orgs[@]}" >/dev/null
settle "rolling update"

# A Secret that goes live: one more RPC user, without a restart of anything.
rate "$RATE"
started=$(k party-a get pod netmap-0 -o 'jsonpath={.metadata.uid}')
hash=$(sed -n 's/.*passwordHash: //p' "$work/party-a/rpc-users.yaml")
printf '  - name: rotated\n    passwordHash: %s\n' "$hash" >>"$work/party-a/rpc-users.yaml"
began=$(now)
kubectl apply -k "$work/party-a" >/dev/null
until k party-a exec netmap-0 -c sidecar -- netmap status --config /etc/netmap/netmap.yaml --json 2>/dev/null | jq -e '.rpcUsers.count == 2' >/dev/null; do
  (($(now) - began < 180000)) || fail "the changed Secret did not go live"
  sleep 1
done
say "changed Secret live after $(($(now) - began)) ms, without a restart"
[[ $started == "$(k party-a get pod netmap-0 -o 'jsonpath={.metadata.uid}')" ]] || fail "the pod was replaced"

# A ConfigMap that goes live: party-b leaves party-a's map.
rm "$work/party-a/$(basename "$(ls "$work"/network/nodes/party-b/nodeInfo-*)")"
sed -i "s|files: \[nodeInfo-.*|files: [$(cd "$work/party-a" && echo nodeInfo-* | sed 's/ /, /g')] }|" "$work/party-a/kustomization.yaml"
settle "Secret changed"
began=$(now)
kubectl apply -k "$work/party-a" >/dev/null
until k party-a exec netmap-0 -c sidecar -- netmap status --config /etc/netmap/netmap.yaml --json 2>/dev/null | jq -e '.peers | length == 1' >/dev/null; do
  (($(now) - began < 180000)) || fail "the changed ConfigMap did not go live"
  sleep 1
done
say "changed ConfigMap live after $(($(now) - began)) ms, without a restart"
cp "$work"/network/nodes/party-b/nodeInfo-* "$work/party-a/"
sed -i "s|files: \[nodeInfo-.*|files: [$(cd "$work/party-a" && echo nodeInfo-* | sed 's/ /, /g')] }|" "$work/party-a/kustomization.yaml"
kubectl apply -k "$work/party-a" >/dev/null
rate "$RATE"
flows "${orgs[@]}" >/dev/null
settle "ConfigMap changed and changed back"

# The broker of party-c that serves is killed; the other takes over.
for round in 1 2; do
  rate "$RATE"; sleep "$LOAD"
  active=$(serving party-c)
  pid=$(broker_process party-c "$active")
  began=$(now)
  if [[ -n $pid ]]; then kill -9 "$pid"; else k party-c delete pod "$active" --grace-period=0 --force >/dev/null 2>&1; fi
  until [[ -n $(serving party-c) && $(serving party-c) != "$active" ]]; do
    (($(now) - began < 120000)) || fail "nobody has taken over from $active"
    sleep 0.1
  done
  ready=$(($(now) - began))
  flows party-c >/dev/null
  say "high availability, kill -9 of $active: $(serving party-c) serves after $ready ms, messages come in after $(($(now) - began)) ms"
  wait_ready party-c
  settle "takeover $round"
done
say "all passed"
