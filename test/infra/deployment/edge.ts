import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { projectRoot } from '../../../infra/config.ts'
import { freePort } from '../../../infra/system/free-port.ts'
import { requireProgram } from '../../../infra/system/programs/program.ts'
import { startServer } from '../../../infra/system/server.ts'
import { readTestConfig } from '../../support/config.ts'
import { createTestDirectory } from '../../support/servers.ts'

const run = promisify(execFile)

export interface Edge {
  readonly url: string
  /** With TLS and HTTP/2. */
  readonly tlsUrl: string
  /** What vouches for its certificate. */
  readonly certificate: string
  stop(): Promise<void>
}

/** A change of one of its files before it is read. */
export interface EdgeEdit {
  readonly file: 'nginx.conf' | 'gateway.conf' | 'upstream.conf' | 'tls.conf'
  readonly from: string
  readonly to: string
}

/** Starts nginx as `infra/deploy/nginx` says, in front of these ports. Throws what nginx says against its files. */
export async function startEdge(gatewayPorts: readonly number[], edit?: EdgeEdit): Promise<Edge> {
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
  readonly edit: EdgeEdit | undefined
}

/** A copy of the files with places of this machine in them, TLS included. */
async function prepare({ gatewayPorts, port, tlsPort, edit }: Preparation): Promise<string> {
  const directory = await createTestDirectory('edge')
  // The user of nginx' workers must reach it.
  for (const folder of [readTestConfig().directory, directory]) await chmod(folder, 0o711)
  await cp(join(projectRoot, 'infra/deploy/nginx'), directory, { recursive: true })
  const replace = async (file: string, from: string, to: string): Promise<void> => {
    const path = join(directory, file)
    const text = await readFile(path, 'utf8')
    if (!text.includes(from)) throw new Error(`there is no ${from} in ${file} any more`)
    await writeFile(path, text.replaceAll(from, to))
  }
  if (edit) await replace(edit.file, edit.from, edit.to)
  await replace('nginx.conf', 'listen 8080', `listen 127.0.0.1:${port}`)
  await replace('nginx.conf', '/tmp/', `${directory}/`)
  await replace('nginx.conf', '/etc/nginx/', `${directory}/`)
  await replace('nginx.conf', 'listen 127.0.0.1:8081', `listen unix:${directory}/status`)
  await replace('tls.conf', '/etc/nginx/', `${directory}/`)
  await replace('tls.conf', 'listen 8443', `listen 127.0.0.1:${tlsPort}`)
  // Debian's nginx is older than the `resolve` of open source, and there is no name to ask for.
  const servers = gatewayPorts.map((gateway) => `server 127.0.0.1:${gateway}`)
  await replace('upstream.conf', 'server gateway:8080 resolve', servers.join(';\n'))
  await replace('upstream.conf', 'include /tmp/resolver.conf;', '')
  await mkdir(join(directory, 'tls'))
  await rename(join(directory, 'tls.conf'), join(directory, 'tls/tls.conf'))
  await makeCertificate(join(directory, 'tls/certificates'))
  return directory
}

async function makeCertificate(directory: string): Promise<void> {
  await mkdir(directory)
  const files = ['-keyout', join(directory, 'tls.key'), '-out', join(directory, 'tls.crt')]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await run('openssl', ['req', '-x509', ...key, ...names, '-days', '2', ...files], { timeout: 10_000 })
}
