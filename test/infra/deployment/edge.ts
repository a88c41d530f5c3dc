import { chmod, cp, mkdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../../infra/config.ts'
import { freePort } from '../../../infra/system/free-port.ts'
import { requireProgram } from '../../../infra/system/programs/program.ts'
import { startServer } from '../../../infra/system/server.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { readTestConfig } from '../../support/config.ts'
import { applyEdits, type Edit } from '../../support/edits.ts'
import { createTestDirectory } from '../../support/servers.ts'

export interface Edge {
  readonly url: string
  /** With TLS and HTTP/2. */
  readonly tlsUrl: string
  /** What vouches for its certificate. */
  readonly certificate: string
  stop(): Promise<void>
}

/** Starts nginx as `infra/deploy/nginx` says, in front of these ports. Throws what nginx says against its files. */
export async function startEdge(gatewayPorts: readonly number[], edit?: Edit): Promise<Edge> {
  const program = await requireProgram('nginx')
  const [port, tlsPort] = await Promise.all([freePort(), freePort()])
  const directory = await prepare({ gatewayPorts, port, tlsPort, edit })
  const config = join(directory, 'nginx.conf')
  const server = await startServer(
    () => ({
      name: 'nginx',
      program,
      arguments: () => ['-p', directory, '-c', config, '-g', 'daemon off;'],
      url: `http://127.0.0.1:${port}`,
      commandLinePart: config,
      // A page that it answers without any gateway.
      isReady: async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).status === 404,
      readyWithinMs: 15_000,
      stopSignal: 'SIGTERM',
    }),
    { dataDirectory: directory, port },
  )
  return {
    url: server.url,
    tlsUrl: `https://localhost:${tlsPort}`,
    certificate: await readFile(join(directory, 'tls/certificates/tls.crt'), 'utf8'),
    stop: async () => void (await server.stop()),
  }
}

interface Preparation {
  readonly gatewayPorts: readonly number[]
  readonly port: number
  readonly tlsPort: number
  /** A change of one of its files before it is read. */
  readonly edit: Edit | undefined
}

/** A copy of the files with places of this machine in them, TLS included. */
async function prepare({ gatewayPorts, port, tlsPort, edit }: Preparation): Promise<string> {
  const directory = await createTestDirectory('edge')
  // The user of nginx' workers must reach it.
  for (const folder of [readTestConfig().directory, directory]) await chmod(folder, 0o711)
  await cp(join(projectRoot, 'infra/deploy/nginx'), directory, { recursive: true })
  const servers = gatewayPorts.map((gateway) => `server 127.0.0.1:${gateway}`)
  await applyEdits(directory, [
    ...(edit ? [edit] : []),
    { file: 'nginx.conf', from: 'listen 8080', to: `listen 127.0.0.1:${port}` },
    { file: 'nginx.conf', from: '/tmp/', to: `${directory}/` },
    { file: 'nginx.conf', from: '/etc/nginx/', to: `${directory}/` },
    { file: 'nginx.conf', from: 'listen 127.0.0.1:8081', to: `listen unix:${directory}/status` },
    { file: 'tls.conf', from: '/etc/nginx/', to: `${directory}/` },
    { file: 'tls.conf', from: 'listen 8443', to: `listen 127.0.0.1:${tlsPort}` },
    // Debian's nginx is older than the `resolve` of open source, and there is no name to ask for.
    { file: 'upstream.conf', from: 'server gateway:8080 resolve', to: servers.join(';\n') },
    { file: 'upstream.conf', from: 'include /tmp/resolver.conf;', to: '' },
  ])
  await mkdir(join(directory, 'tls/certificates'), { recursive: true })
  await rename(join(directory, 'tls.conf'), join(directory, 'tls/tls.conf'))
  await makeCertificate(join(directory, 'tls/certificates'), 'tls', { hosts: 'DNS:localhost' })
  return directory
}
