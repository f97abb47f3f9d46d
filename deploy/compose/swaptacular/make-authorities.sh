#!/bin/sh
# Makes an accounting authority and a creditors agent and has them exchange bundles and certificates, once: what two
# organisations do by mail (docs/swaptacular-peers.md). Each gets its own database, in the volumes /authorities/aa and /authorities/ca.
set -eu
[ -e /authorities/ca/.complete ] && exit 0
umask 077
cd /tmp
for one in aa ca; do
  mkdir "$one"
  head -c 24 /dev/urandom | base64 >"$one.pass"
done
netmap ca init accounting-authority --id 1234abcd --server aa:1234 --dir aa --passphrase-file aa.pass
netmap ca init creditors-agent --server ca:1234 --dir ca --passphrase-file ca.pass
for one in aa ca; do
  netmap ca server-cert --dir "$one" --passphrase-file "$one.pass"
  netmap ca bundle create "$one.zip" --dir "$one" --passphrase-file "$one.pass"
done
netmap ca sign-peer ca.zip --dir aa --out for-ca.crt --passphrase-file aa.pass
netmap ca sign-peer aa.zip --dir ca --out for-aa.crt --passphrase-file ca.pass
netmap ca register-peer for-aa.crt --dir aa
netmap ca register-peer for-ca.crt --dir ca
for one in aa ca; do
  # The key of the root stays locked; its passphrase belongs elsewhere in earnest.
  cp "$one.pass" "$one/private/passphrase"
  cp -R "$one/." "/authorities/$one"
  : >"/authorities/$one/.complete"
  chown -R 1001:1001 "/authorities/$one"
done
