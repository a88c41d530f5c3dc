import type { ProgramName } from './program.ts'

interface Advice {
  readonly debian: string
  /** `undefined` where the system does not offer it. */
  readonly fedora: string | undefined
  readonly arch: string | undefined
  readonly brew: string | undefined
  /** A container in its place, with the variable that tells us where it listens; `undefined` for tools. */
  readonly container: string | undefined
}

/** Of tools that have the same name everywhere. */
const everywhere = (name: string): Advice => ({
  ...{ debian: name, fedora: name, arch: name, brew: name },
  container: undefined,
})

/** Of what only the tests of containers need, which run on Debian. */
const onDebian = (name: string): Advice => ({
  ...{ debian: name, fedora: undefined, arch: undefined, brew: undefined },
  container: undefined,
})

const advice: Record<ProgramName, Advice> = {
  'nats-server': {
    debian: 'nats-server',
    fedora: undefined,
    arch: 'nats-server',
    brew: 'nats-server',
    container: 'run -d -p 4222:4222 nats:2 -js   # then NATS_URL=nats://127.0.0.1:4222',
  },
  'redis-server': {
    debian: 'redis-server',
    fedora: 'valkey',
    arch: 'valkey',
    brew: 'redis',
    container: 'run -d -p 6379:6379 redis:8   # then REDIS_URL=redis://127.0.0.1:6379',
  },
  postgres: {
    debian: 'postgresql',
    fedora: 'postgresql-server postgresql-contrib',
    arch: 'postgresql',
    brew: 'postgresql@17',
    container:
      'run -d -p 5432:5432 -e POSTGRES_PASSWORD=pw postgres:17   # then DATABASE_URL=postgres://postgres:pw@127.0.0.1:5432/postgres',
  },
  pg_dump: {
    debian: 'postgresql-client',
    fedora: 'postgresql',
    arch: 'postgresql',
    brew: 'postgresql@17',
    container: undefined,
  },
  prometheus: {
    debian: 'prometheus',
    fedora: 'golang-github-prometheus',
    arch: 'prometheus',
    brew: 'prometheus',
    container: 'run -d --network host prom/prometheus   # scrape the gateway by hand',
  },
  promtool: {
    debian: 'prometheus',
    fedora: 'golang-github-prometheus',
    arch: 'prometheus',
    brew: 'prometheus',
    container: undefined,
  },
  'docker-compose': everywhere('docker-compose'),
  kubectl: {
    debian: 'kubectl',
    fedora: 'kubernetes-client',
    arch: 'kubectl',
    brew: 'kubernetes-cli',
    container: undefined,
  },
  nginx: everywhere('nginx'),
  openssl: everywhere('openssl'),
  barman: { debian: 'barman', fedora: 'barman', arch: undefined, brew: 'barman', container: undefined },
  'prometheus-alertmanager': onDebian('prometheus-alertmanager'),
  'prometheus-nginx-exporter': onDebian('prometheus-nginx-exporter'),
  'prometheus-postgres-exporter': onDebian('prometheus-postgres-exporter'),
  'prometheus-redis-exporter': onDebian('prometheus-redis-exporter'),
  busybox: onDebian('busybox'),
  dnsmasq: onDebian('dnsmasq-base'),
  ip: onDebian('iproute2'),
  chromium: everywhere('chromium'),
}

/** The package that holds a program on Debian and Ubuntu. */
export function debianPackage(name: ProgramName): string {
  return advice[name].debian
}

/** One message: what is missing, and the command for each system. */
export function howToInstall(missing: readonly ProgramName[]): string {
  const line = (system: string, command: string, key: keyof Advice): string[] => {
    const packages = [...new Set(missing.map((name) => advice[name][key]).filter((name) => name !== undefined))]
    return packages.length === 0 ? [] : [`  ${system.padEnd(16)} ${command} ${packages.join(' ')}`]
  }
  return [
    `Missing: ${missing.join(', ')}. Install with one of`,
    ...line('Debian, Ubuntu', 'sudo apt-get install', 'debian'),
    ...line('Fedora', 'sudo dnf install', 'fedora'),
    ...line('Arch', 'sudo pacman -S', 'arch'),
    ...line('macOS', 'brew install', 'brew'),
    ...(missing.includes('nats-server')
      ? ['  nats-server      also one file: https://github.com/nats-io/nats-server/releases']
      : []),
    ...containers(missing),
    'and start again.',
  ].join('\n')
}

function containers(missing: readonly ProgramName[]): string[] {
  const commands = missing.map((name) => advice[name].container).filter((command) => command !== undefined)
  if (commands.length === 0) return []
  return [
    'or run them in containers (podman likewise) and say where they listen:',
    ...commands.map((command) => `  docker ${command}`),
  ]
}
