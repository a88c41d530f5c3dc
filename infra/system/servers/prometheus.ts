import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireProgram } from '../programs/program.ts'
import { type Server, type ServerOptions, startServer } from '../server.ts'

export interface PrometheusOptions extends ServerOptions {
  /** The text of its configuration; the paths in it are absolute. */
  readonly configuration: string
  /** What stands for `${…}` in its external labels. */
  readonly environment: Readonly<Record<string, string>>
}

export interface PrometheusServer extends Server {
  /** Gives it another configuration while it runs. */
  reconfigure(configuration: string): Promise<void>
}

/** A private Prometheus. */
export async function startPrometheus({
  configuration,
  environment,
  ...options
}: PrometheusOptions): Promise<PrometheusServer> {
  const program = await requireProgram('prometheus')
  const directory = join(options.dataDirectory, 'prometheus')
  const configFile = join(directory, 'prometheus.yml')
  await mkdir(directory, { recursive: true })
  await writeFile(configFile, configuration)
  const server = await startServer(
    (port) => ({
      name: 'prometheus',
      program: { ...program, environment: { ...program.environment, ...environment } },
      arguments: () => [
        `--config.file=${configFile}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        '--storage.tsdb.retention.time=7d',
        '--storage.tsdb.retention.size=1GB',
        '--enable-feature=exemplar-storage,expand-external-labels',
      ],
      url: `http://127.0.0.1:${port}`,
      commandLinePart: configFile,
      isReady: async () =>
        (await get(port, '/-/ready')) !== '' && (await get(port, '/api/v1/status/flags')).includes(configFile),
      readyWithinMs: 30_000,
      stopSignal: 'SIGTERM',
    }),
    options,
  )
  return Object.assign(server, {
    async reconfigure(text: string) {
      await writeFile(configFile, text)
      // By which it reads its file again.
      process.kill(server.pid, 'SIGHUP')
    },
  })
}

/** The body of a page; '' while it is not ready. */
async function get(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) })
  const text = await response.text()
  return response.ok ? text : ''
}
