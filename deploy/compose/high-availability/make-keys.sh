#!/bin/sh
# Makes the keys, certificates and NodeInfos of two organisations, once, and gives each its own in a volume that nobody else has.
# The NodeInfo of Party A has two addresses, one a broker. Those of a production network are made by who they belong to.
set -eu
[ -e /keys/party-b/.complete ] && exit 0
network=/tmp/network
netmap dev-network --folder "$network" --nodes 2

# An organisation's NodeInfo, with the addresses at which others reach it.
publish() {
  node="$network/nodes/$1"
  cat >"$node/publish.yaml" <<YAML
node:
  publish:
    identities: [{ key: { file: certificates/identity-key.pem }, chain: certificates/identity-chain.pem }]
    addresses: [$2]
certificates: { key: { file: certificates/tls-key.pem }, chain: certificates/tls-chain.pem, roots: certificates/roots.pem }
sources: [{ directory: { path: . } }]
YAML
  netmap node-info show --config "$node/publish.yaml" >/dev/null
  cp "$node"/nodeInfo-* "$node/node-info"
}
publish party-a '{ host: party-a-1, port: 10002 }, { host: party-a-2, port: 10002 }'
publish party-b '{ host: party-b, port: 10002 }'

for alias in party-a party-b; do
  node="$network/nodes/$alias"
  own="$node/certificates"
  mkdir -p "/keys/$alias/map"
  cp "$own/tls-key.pem" "$own/tls-chain.pem" "$own/roots.pem" "$node/rpc-users.yaml" "$node/node-info" "/keys/$alias"
  cp "$network"/nodes/*/nodeInfo-* "/keys/$alias/map"
  : >"/keys/$alias/.complete"
  chown -R 1001:1001 "/keys/$alias"
done
# The brokers' common store is theirs.
chown 1001:1001 /store
