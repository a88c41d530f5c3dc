/** What a public image brings, as far as its containers need it here; its programs are this machine's. */
export interface PublicImage {
  readonly entrypoint: readonly string[]
  /** What this machine's older version of the program needs besides. */
  readonly arguments?: readonly string[]
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  /** Accounts of the image, by name. */
  readonly accounts?: Readonly<Record<string, number>>
  /** Folders that belong to the account of that number. */
  readonly folders?: Readonly<Record<string, number>>
  readonly files?: Readonly<Record<string, string>>
}

/** What the entry point of the PostgreSQL image does: makes the database when there is none, then becomes the server. */
const postgresEntrypoint = `#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" >/tmp/password
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust $POSTGRES_INITDB_ARGS
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  echo "CREATE DATABASE \\"$POSTGRES_DB\\"" | postgres --single -D "$PGDATA" postgres
fi
exec "$@"
`

/** Listens as soon as anything includes it. */
const nginxDefault = 'server { listen 80; location / { return 200 "Welcome to nginx!"; } }\n'

/** By the image's name without its tag. Images that are missing here are not run: this machine has no such program. */
const images: Readonly<Record<string, PublicImage>> = {
  nginx: {
    entrypoint: ['/docker-entrypoint.sh'],
    directory: '/',
    accounts: { nginx: 101 },
    files: { '/etc/nginx/conf.d/default.conf': nginxDefault, '/etc/nginx/mime.types': 'types { text/html html; }\n' },
  },
  nats: { entrypoint: ['nats-server'], directory: '/' },
  redis: { entrypoint: [], directory: '/data', accounts: { redis: 999 }, folders: { '/data': 999 } },
  postgres: {
    entrypoint: ['docker-entrypoint.sh'],
    directory: '/',
    environment: { PGDATA: '/var/lib/postgresql/data', LANG: 'C.UTF-8' },
    accounts: { postgres: 999 },
    folders: { '/var/lib/postgresql/data': 999, '/var/run/postgresql': 999 },
    files: { '/opt/image/docker-entrypoint.sh': postgresEntrypoint },
  },
  'prom/prometheus': {
    entrypoint: ['prometheus'],
    arguments: ['--enable-feature=expand-external-labels'],
    directory: '/prometheus',
    folders: { '/prometheus': 65534 },
  },
  'prom/alertmanager': {
    entrypoint: ['prometheus-alertmanager'],
    directory: '/alertmanager',
    folders: { '/alertmanager': 65534 },
  },
  'oliver006/redis_exporter': { entrypoint: ['prometheus-redis-exporter'], directory: '/' },
  'prometheuscommunity/postgres-exporter': { entrypoint: ['prometheus-postgres-exporter'], directory: '/' },
  'nginx/nginx-prometheus-exporter': { entrypoint: ['prometheus-nginx-exporter'], directory: '/' },
}

export function publicImage(image: string): PublicImage | undefined {
  return images[image.split(':')[0] ?? '']
}
