# The part of the guide for Swaptacular: an accounting authority and a creditors agent become peers and send each other messages.
# Read by kubernetes-guide.sh, with its functions.
# shellcheck shell=bash disable=SC2154

# NODE NUMBER: a block of the page, as it is for the accounting authority, and the other way round for the creditors agent.
run_at() {
  local node_edit="s|aa.example:1234|netmap-p2p.$1.svc.cluster.local:1234|"
  [[ $1 == aa ]] || node_edit+='; s|-n aa|-n ca|; s|accounting-authority --id 1234abcd|creditors-agent|
    s|aa\.zip|@.zip|g; s|ca\.zip|aa.zip|g; s|@\.zip|ca.zip|g; s|for-aa|for-@|g; s|for-ca|for-aa|g; s|for-@|for-ca|g'
  cd "$work/$1"
  run Swaptacular "$2" ":join; /\\\\\$/ { N; s|\\\\\\n *||; b join }
    /exec -it/ s|\$| <<<passphrase-of-$1|; $node_edit"
}

exchange_transfers() { # FROM TO TYPE MORE-FIELDS
  local subnet peer account came number
  subnet=$(kubectl -n aa exec netmap-0 -c sidecar -- ls /var/lib/netmap-authority/aa/db/subnets/creditors | grep -oE '^[0-9a-f]{6}$' | head -1)
  account="\"debtor_id\":$((0x1234abcd00000005)),\"creditor_id\":$((0x${subnet}0000000007)),\"coordinator_id\":$((0x${subnet}0000000007))"
  peer=$(kubectl -n "$2" exec netmap-0 -c sidecar -- cat /var/lib/netmap-authority/aa/db/nodeid)
  for number in $(seq 1 50); do
    printf '{"type":"%s","coordinator_type":"direct","recipient":"2","final_interest_rate_ts":"9999-12-31T23:59:59+00:00",%s,%s,"coordinator_request_id":%d}\n' \
      "$3" "$4" "$account" "$number"
  done >"$work/$1.lines"
  kubectl -n "$1" exec -i netmap-0 -c sidecar -- netmap send --config /etc/netmap/netmap.yaml --to "$peer" --property "type=$3" \
    --content-type application/json --lines <"$work/$1.lines" >"$work/send.log" 2>&1 || fail "$1 cannot send: $(cat "$work/send.log")"
  came=$(kubectl -n "$2" exec netmap-0 -c sidecar -- netmap receive --config /etc/netmap/netmap.yaml --json --count 50 --timeout 90 2>/dev/null |
    grep -oE 'coordinator_request_id[\\":]*[0-9]+' | sort -u | wc -l)
  [[ $came == 50 ]] || fail "of 50 messages from $1 $came came at $2"
  say "  50 of 50 from $1 to $2"
}

swaptacular() {
  local one claim
  say "Swaptacular"
  for one in aa ca; do
    mkdir -p "$work/$one"
    block yaml Swaptacular 1 | sed "s|namespace: aa|namespace: $one|" >"$work/$one/kustomization.yaml"
    take_space "$one"
    for claim in data state authority; do volume "$one" "$claim-netmap-0" 10Gi; done
    run_at "$one" 1
  done
  for one in aa ca; do run_at "$one" 2; done
  cp "$work/aa/aa.zip" "$work/ca/"; cp "$work/ca/ca.zip" "$work/aa/"
  for one in aa ca; do run_at "$one" 3; done
  cp "$work/aa/for-ca.crt" "$work/ca/"; cp "$work/ca/for-aa.crt" "$work/aa/"
  for one in aa ca; do run_at "$one" 4; done
  exchange_transfers aa ca PreparedTransfer '"transfer_id":1,"locked_amount":1000,"demurrage_rate":-50.0,"prepared_at":"2026-11-22T00:00:00Z","deadline":"9999-12-31T23:59:59+00:00","ts":"2026-11-22T00:00:00Z"'
  exchange_transfers ca aa PrepareTransfer '"min_locked_amount":1,"max_locked_amount":1000,"max_commit_delay":3600,"ts":"2026-11-22T00:00:00Z"'
}
