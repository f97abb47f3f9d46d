# What kubernetes.sh applies: keys, an overlay and a pod of traffic for each organisation. Read by it, with its variables.
# shellcheck shell=bash disable=SC2154

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
