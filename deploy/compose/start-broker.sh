#!/bin/sh
# Runs the stock broker of this image on what the sidecar writes into the folder etc of the instance: as the image's own start
# would, but for "artemis create", whose files the sidecar's take the place of.
set -eu
instance=/var/lib/artemis-instance
# Written last of all, so the rest is there.
[ -e "$instance/etc/broker.xml" ] || echo "waiting for the sidecar to write $instance/etc"
until [ -e "$instance/etc/broker.xml" ]; do sleep 1; done
mkdir -p "$instance/data" "$instance/tmp"
cd "$instance"
export JAVA_ARGS="${JAVA_ARGS:--Xms256m -Xmx512m -XX:+UseParallelGC} -XX:+ExitOnOutOfMemoryError \
 -Dartemis.instance=$instance -Dartemis.instance.etc=$instance/etc -Ddata.dir=$instance/data -Djava.io.tmpdir=$instance/tmp \
 -Djava.security.auth.login.config=$instance/etc/login.config -Dlog4j2.disableJmx=true \
 -Dlog4j2.configurationFile=$instance/etc/log4j2.properties"
# The folder's name has changed with the project's.
for artemis in /opt/*artemis*/bin/artemis; do
  exec "$artemis" run --properties "$instance/etc/broker.properties"
done
