#!/bin/sh
# Makes the keys and certificates of a development network, once, and gives each service those that it needs and no others:
#   make-keys.sh network   root, map service and three organisations
#   make-keys.sh join NAME   one more organisation
# Each folder of /keys is a volume. Those of a production network are made by who they belong to, each at his own place.
set -eu
network=/keys/network

# The files go to the service whose folder of /keys is named first; to its user alone.
give() {
  folder="/keys/$1"
  shift
  [ -e "$folder/.complete" ] && return
  cp "$@" "$folder"
  : >"$folder/.complete"
  chown -R 1001:1001 "$folder"
}

give_node() {
  node="$network/nodes/$1"
  own="$node/certificates"
  give "$1" "$own/tls-key.pem" "$own/tls-chain.pem" "$own/identity-key.pem" "$own/identity-chain.pem" "$own/roots.pem" \
    "$node/rpc-users.yaml" "$node/operator-password"
}

case "$1" in
network)
  [ -e "$network/network/root.pem" ] || netmap dev-network --folder "$network" --nodes 3 --map-service
  give map-service "$network"/network/map-service/*.pem "$network/network/map-service/operator-token" "$network/network/root.pem"
  for alias in party-a party-b party-c; do give_node "$alias"; done
  ;;
join)
  alias="$(echo "$2" | sed -n 's/^O=\([^,]*\),.*/\1/p' | tr 'A-Z ' 'a-z-')"
  [ -e "$network/nodes/$alias" ] || netmap dev-network add --folder "$network" --name "$2"
  give_node "$alias"
  ;;
esac
