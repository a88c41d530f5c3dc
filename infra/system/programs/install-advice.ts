import type { ProgramName } from './program.ts'

const systems = [
  ['Debian, Ubuntu', 'sudo apt-get install'],
  ['Fedora', 'sudo dnf install'],
  ['Arch', 'sudo pacman -S'],
  ['macOS', 'brew install'],
] as const

type Packages = readonly [debian: string, fedora?: string, arch?: string, brew?: string]

const everywhere = (name: string): Packages => [name, name, name, name]

/** The packages that hold a program, in the order of `systems`; '' where there is none. What only tests on Debian need has no others. */
// biome-ignore format: a table
const packages: Record<ProgramName, Packages> = {
  'nats-server': ['nats-server', '', 'nats-server', 'nats-server'],
  'redis-server': ['redis-server', 'valkey', 'valkey', 'redis'],
  postgres: ['postgresql', 'postgresql-server postgresql-contrib', 'postgresql', 'postgresql@17'],
  pg_dump: ['postgresql-client', 'postgresql', 'postgresql', 'postgresql@17'],
  prometheus: ['prometheus', 'golang-github-prometheus', 'prometheus', 'prometheus'],
  promtool: ['prometheus', 'golang-github-prometheus', 'prometheus', 'prometheus'],
  kubectl: ['kubectl', 'kubernetes-client', 'kubectl', 'kubernetes-cli'],
  barman: ['barman', 'barman', '', 'barman'],
  'docker-compose': everywhere('docker-compose'),
  nginx: everywhere('nginx'),
  openssl: everywhere('openssl'),
  chromium: everywhere('chromium'),
  'prometheus-alertmanager': ['prometheus-alertmanager'],
  'prometheus-nginx-exporter': ['prometheus-nginx-exporter'],
  'prometheus-postgres-exporter': ['prometheus-postgres-exporter'],
  'prometheus-redis-exporter': ['prometheus-redis-exporter'],
  busybox: ['busybox'],
  dnsmasq: ['dnsmasq-base'],
  ip: ['iproute2'],
}

/** Containers in the place of servers, with the variable that tells us where they listen. */
const containers: Partial<Record<ProgramName, string>> = {
  'nats-server': 'run -d -p 4222:4222 nats:2 -js   # then NATS_URL=nats://127.0.0.1:4222',
  'redis-server': 'run -d -p 6379:6379 redis:8   # then REDIS_URL=redis://127.0.0.1:6379',
  postgres:
    'run -d -p 5432:5432 -e POSTGRES_PASSWORD=pw postgres:17   # then DATABASE_URL=postgres://postgres:pw@127.0.0.1:5432/postgres',
  prometheus: 'run -d --network host prom/prometheus   # scrape the gateway by hand',
}

/** The package that holds a program on Debian and Ubuntu. */
export function debianPackage(name: ProgramName): string {
  return packages[name][0]
}

/** One message: what is missing, and the command for each system. */
export function howToInstall(missing: readonly ProgramName[]): string {
  const commands = missing.flatMap((name) => containers[name] ?? [])
  return [
    `Missing: ${missing.join(', ')}. Install with one of`,
    ...systems.flatMap(([system, command], index) => {
      const wanted = [...new Set(missing.map((name) => packages[name][index]).filter(Boolean))]
      return wanted.length === 0 ? [] : [`  ${system.padEnd(16)} ${command} ${wanted.join(' ')}`]
    }),
    ...(missing.includes('nats-server')
      ? ['  nats-server      also one file: https://github.com/nats-io/nats-server/releases']
      : []),
    ...(commands.length > 0 ? ['or run them in containers (podman likewise) and say where they listen:'] : []),
    ...commands.map((command) => `  docker ${command}`),
    'and start again.',
  ].join('\n')
}
