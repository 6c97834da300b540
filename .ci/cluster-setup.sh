#!/bin/sh
# Installs the servers of `make test-cluster` if they are missing, which only root can do; the test says what is missing.
set -eu
if command -v redis-server >/dev/null && ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    # At this run level nothing is started: the test runs servers of its own.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends postgresql redis-server
fi
