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

# shellcheck source=test/containers/kubernetes-image.sh
source "$root/test/containers/kubernetes-image.sh"
# shellcheck source=test/containers/kubernetes-organisations.sh
source "$root/test/containers/kubernetes-organisations.sh"

wait_ready() { # organisation
  k "$1" rollout status statefulset/netmap --timeout=300s >/dev/null || fail "$1 is not ready"
}

# The API server's own way to a pod breaks now and then.
again() { "$@" || { sleep 2; "$@"; } || { sleep 5; "$@"; }; }
counters() { again kubectl get --raw "/api/v1/namespaces/$(space "$1")/pods/traffic:9200/proxy/counters"; }
rate() { # messages a second, of each organisation
  local org
  for org in "${orgs[@]}"; do
    again kubectl create --raw "/api/v1/namespaces/$(space "$org")/pods/traffic:9200/proxy/rate?perSecond=$1" -f /dev/null >/dev/null
  done
}

# FROM TO: stored at FROM's broker, on their way there, distinct arrivals at TO, highest number, stored twice, of a wrong sender
pair() {
  local sent received
  sent=$(counters "$1"); received=$(counters "$2")
  jq -rn --argjson s "$sent" --argjson r "$received" --arg from "${name[$1]}" --arg to "${name[$2]}" \
    '($s.sent[$to] // {stored:0,underWay:0}) as $a | ($r.received[$from] // {count:0,highest:0,doubled:0,wrongSender:0}) as $b |
     "\($a.stored) \($a.underWay) \($b.count) \($b.highest) \($b.doubled) \($b.wrongSender)"'
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
      read -r stored underway count highest doubled wrong <<<"$(pair "$from" "$to")"
      [[ $underway != 0 || $stored != "$count" ]] || break
      ((SECONDS < end)) || break
      sleep 0.5
    done
    total=$((total + count))
    if [[ $underway != 0 || $stored != "$count" || $highest != "$count" || $doubled != 0 || $wrong != 0 ]]; then
      say "  $from to $to: stored $stored, on their way there $underway, arrived $count, highest $highest, doubled $doubled, wrong sender $wrong"
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

serves() { # ORGANISATION POD: whether its sidecar says that its broker serves
  kubectl get --raw "/api/v1/namespaces/$(space "$1")/pods/$2:9100/proxy/health/ready" 2>/dev/null | jq -e '.ready and (.standby | not)' >/dev/null
}

serving() { # the pod of an organisation whose broker serves
  local pod
  for pod in netmap-0 netmap-1; do
    ! serves "$1" "$pod" || { echo "$pod"; return; }
  done
}

prepare_image
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

until_status() { # JQ: waits until what party-a's sidecar says of itself is so
  until k party-a exec netmap-0 -c sidecar -- netmap status --config /etc/netmap/netmap.yaml --json 2>/dev/null | jq -e "$1" >/dev/null; do
    (($(now) - began < 180000)) || fail "party-a's status never came to $1"
    sleep 1
  done
}

list_map() { # party-a's map has what lies in its folder
  sed -i "s|files: \[nodeInfo-.*|files: [$(cd "$work/party-a" && echo nodeInfo-* | sed 's/ /, /g')] }|" "$work/party-a/kustomization.yaml"
}

# A Secret that goes live: one more RPC user, without a restart of anything.
rate "$RATE"
started=$(k party-a get pod netmap-0 -o 'jsonpath={.metadata.uid}')
hash=$(sed -n 's/.*passwordHash: //p' "$work/party-a/rpc-users.yaml")
printf '  - name: rotated\n    passwordHash: %s\n' "$hash" >>"$work/party-a/rpc-users.yaml"
began=$(now)
kubectl apply -k "$work/party-a" >/dev/null
until_status '.rpcUsers.count == 2'
say "changed Secret live after $(($(now) - began)) ms, without a restart"
[[ $started == "$(k party-a get pod netmap-0 -o 'jsonpath={.metadata.uid}')" ]] || fail "the pod was replaced"

# A renewed TLS certificate goes live, and closes no connection.
serial() { openssl x509 -noout -serial | cut -d= -f2; }
shown() { # the certificate that party-a's broker shows to peers
  k party-a exec netmap-0 -c sidecar -- node -e "
    const socket = require('node:tls').connect({ host: '127.0.0.1', port: 10002, rejectUnauthorized: false }, () => {
      console.log(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    }).on('error', () => undefined);" 2>/dev/null
}
netmap certificates renew --config "$work/network/nodes/party-a/publish.yaml" >/dev/null
cp "$work"/network/nodes/party-a/certificates/{tls-key,tls-chain}.pem "$work/party-a/"
began=$(now)
kubectl apply -k "$work/party-a" >/dev/null
until [[ $(shown) == "$(serial <"$work/party-a/tls-chain.pem")" ]]; do
  (($(now) - began < 240000)) || fail "the renewed certificate did not go live"
  sleep 1
done
say "renewed certificate live after $(($(now) - began)) ms, without a restart"
[[ $started == "$(k party-a get pod netmap-0 -o 'jsonpath={.metadata.uid}')" ]] || fail "the pod was replaced"

settle "Secrets changed"

# A ConfigMap that goes live: party-b leaves party-a's map, and what the two send each other waits until it is back.
rate "$RATE"; sleep "$LOAD"
rm "$work/party-a/$(basename "$(ls "$work"/network/nodes/party-b/nodeInfo-*)")"
list_map
began=$(now)
kubectl apply -k "$work/party-a" >/dev/null
until_status '.peers | length == 1'
say "changed ConfigMap live after $(($(now) - began)) ms, without a restart"
sleep "$LOAD"
cp "$work"/network/nodes/party-b/nodeInfo-* "$work/party-a/"
list_map
began=$(now)
kubectl apply -k "$work/party-a" >/dev/null
until_status '.peers | length == 2'
say "the ConfigMap of before live after $(($(now) - began)) ms"
[[ $started == "$(k party-a get pod netmap-0 -o 'jsonpath={.metadata.uid}')" ]] || fail "the pod was replaced"
flows "${orgs[@]}" >/dev/null
settle "ConfigMap changed and changed back"

# The broker of party-c that serves is killed; the other takes over.
for round in 1 2; do
  rate "$RATE"; sleep "$LOAD"
  active=$(serving party-c)
  [[ -n $active ]] || fail "neither of party-c's brokers serves"
  pid=$(broker_process party-c "$active")
  began=$(now)
  if [[ -n $pid ]]; then kill -9 "$pid"; else k party-c delete pod "$active" --grace-period=0 --force >/dev/null 2>&1; fi
  # Asked alone: the killed one still says that it serves until its sidecar has noticed.
  other=netmap-$((1 - ${active#netmap-}))
  until serves party-c "$other"; do
    (($(now) - began < 120000)) || fail "nobody has taken over from $active"
    sleep 0.1
  done
  ready=$(($(now) - began))
  flows party-c >/dev/null
  say "high availability, kill -9 of $active: $other serves after $ready ms, messages come in after $(($(now) - began)) ms"
  wait_ready party-c
  settle "takeover $round"
done
say "all passed"
