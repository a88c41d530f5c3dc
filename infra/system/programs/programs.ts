const systems = [
  ['Debian, Ubuntu', 'sudo apt-get install'],
  ['Fedora', 'sudo dnf install'],
  ['Arch', 'sudo pacman -S'],
  ['macOS', 'brew install'],
] as const

/** The packages that hold a program, in the order of `systems`; '' where there is none. */
type Packages = readonly [debian: string, fedora?: string, arch?: string, brew?: string]

interface Facts {
  readonly packages: Packages
  /** Names of its file; default: its own. */
  readonly commands?: readonly string[]
  /** How it is asked for its version; default: `--version`. */
  readonly version?: readonly string[]
  /** A container in its place, with the variable that says where it listens. */
  readonly container?: string
}

const everywhere = (name: string): Packages => [name, name, name, name]

/** What only tests on Debian need has no packages elsewhere. */
const table = {
  'nats-server': {
    packages: ['nats-server', '', 'nats-server', 'nats-server'],
    container: 'run -d -p 4222:4222 nats:2 -js   # then NATS_URL=nats://127.0.0.1:4222',
  },
  'redis-server': {
    packages: ['redis-server', 'valkey', 'valkey', 'redis'],
    // Fedora and Arch ship Valkey, the continuation of Redis 7 under its free licence.
    commands: ['redis-server', 'valkey-server'],
    container: 'run -d -p 6379:6379 redis:8   # then REDIS_URL=redis://127.0.0.1:6379',
  },
  postgres: {
    packages: ['postgresql', 'postgresql-server postgresql-contrib', 'postgresql', 'postgresql@17'],
    container:
      'run -d -p 5432:5432 -e POSTGRES_PASSWORD=pw postgres:17   # then DATABASE_URL=postgres://postgres:pw@127.0.0.1:5432/postgres',
  },
  pg_dump: { packages: ['postgresql-client', 'postgresql', 'postgresql', 'postgresql@17'] },
  prometheus: {
    packages: ['prometheus', 'golang-github-prometheus', 'prometheus', 'prometheus'],
    container: 'run -d --network host prom/prometheus   # scrape the gateway by hand',
  },
  promtool: { packages: ['prometheus', 'golang-github-prometheus', 'prometheus', 'prometheus'] },
  kubectl: {
    packages: ['kubectl', 'kubernetes-client', 'kubectl', 'kubernetes-cli'],
    version: ['version', '--client'],
  },
  barman: { packages: ['barman', 'barman', '', 'barman'] },
  'docker-compose': { packages: everywhere('docker-compose') },
  nginx: { packages: everywhere('nginx'), version: ['-v'] },
  openssl: { packages: everywhere('openssl'), version: ['version'] },
  // Debian's shell, which only runs without a window, takes half the processor time of the whole browser.
  chromium: {
    packages: ['chromium-headless-shell', 'chromium', 'chromium', 'chromium'],
    commands: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'],
  },
  'prometheus-alertmanager': { packages: ['prometheus-alertmanager'] },
  'prometheus-nginx-exporter': { packages: ['prometheus-nginx-exporter'] },
  'prometheus-postgres-exporter': { packages: ['prometheus-postgres-exporter'] },
  'prometheus-redis-exporter': { packages: ['prometheus-redis-exporter'] },
  busybox: { packages: ['busybox'], version: ['--help'] },
  dnsmasq: { packages: ['dnsmasq-base'] },
  ip: { packages: ['iproute2'], version: ['-V'] },
} satisfies Record<string, Facts>

export type ProgramName = keyof typeof table

export const programs: Readonly<Record<ProgramName, Facts>> = table

/** One message: what is missing, and the command for each system. */
export function howToInstall(missing: readonly ProgramName[]): string {
  const containers = missing.flatMap((name) => programs[name].container ?? [])
  return [
    `Missing: ${missing.join(', ')}. Install with one of`,
    ...systems.flatMap(([system, command], index) => {
      const wanted = [...new Set(missing.map((name) => programs[name].packages[index]).filter(Boolean))]
      return wanted.length === 0 ? [] : [`  ${system.padEnd(16)} ${command} ${wanted.join(' ')}`]
    }),
    ...(missing.includes('nats-server')
      ? ['  nats-server      also one file: https://github.com/nats-io/nats-server/releases']
      : []),
    ...(containers.length > 0 ? ['or run them in containers (podman likewise) and say where they listen:'] : []),
    ...containers.map((command) => `  docker ${command}`),
    'and start again.',
  ].join('\n')
}
