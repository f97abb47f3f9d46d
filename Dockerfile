FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-update-notifier
COPY tsconfig*.json ./
COPY sidecar sidecar
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts --no-update-notifier \
 && find dist node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && rm -rf node_modules/@opentelemetry/*/build/esm node_modules/@opentelemetry/*/build/esnext \
 && find sidecar -name '*.ts' -delete && rm sidecar/bin/setup*.mjs sidecar/bin/run-*.mjs && find sidecar -type d -empty -delete

# What the Node image itself stands on, without npm, yarn and the headers for native modules.
FROM debian:bookworm-slim
COPY --from=build /usr/local/bin/node /usr/local/bin/node
# The uid of the stock broker's image: what only its owner may read is then read by both.
RUN groupadd --gid 1001 netmap \
 && useradd --uid 1001 --gid netmap --no-create-home --home-dir /var/lib/netmap --shell /usr/sbin/nologin netmap \
 && install -d -o netmap -g netmap -m 0750 /var/lib/netmap /var/lib/artemis-instance /var/lib/artemis-instance/etc \
 && ln -s /opt/artemis-netmap/sidecar/bin/netmap.mjs /usr/local/bin/netmap \
 && node --version
WORKDIR /opt/artemis-netmap
COPY package.json LICENSE ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY broker-config broker-config
COPY --from=build /src/sidecar sidecar

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="artemis-netmap" \
      org.opencontainers.image.description="Sidecar that configures, proves and reconfigures a stock Apache Artemis broker from a network map" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"

# The two of the C library give memory back that was used once; with 10,000 peers that is a quarter of it.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1 \
    MALLOC_TRIM_THRESHOLD_=1000000 \
    NETMAP_HEALTH_URL=http://127.0.0.1:9100/health/live
USER 1001:1001
WORKDIR /var/lib/netmap
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "/opt/artemis-netmap/sidecar/bin/health.mjs"]
ENTRYPOINT ["netmap"]
CMD ["run"]
