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

/** A private Prometheus. */
export async function startPrometheus({ configuration, environment, ...options }: PrometheusOptions): Promise<Server> {
  const program = await requireProgram('prometheus')
  const directory = directoryIn(options.dataDirectory)
  const configFile = configFileIn(directory)
  await mkdir(directory, { recursive: true })
  await writeFile(configFile, configuration)
  return startServer(
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
}

/** Gives a running one another configuration. */
export async function reconfigurePrometheus(
  { pid }: Pick<Server, 'pid'>,
  { configuration, dataDirectory }: Pick<PrometheusOptions, 'configuration' | 'dataDirectory'>,
): Promise<void> {
  await writeFile(configFileIn(directoryIn(dataDirectory)), configuration)
  // By which it reads its file again.
  process.kill(pid, 'SIGHUP')
}

function directoryIn(dataDirectory: string): string {
  return join(dataDirectory, 'prometheus')
}

function configFileIn(directory: string): string {
  return join(directory, 'prometheus.yml')
}

/** The body of a page; '' while it is not ready. */
async function get(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) })
  const text = await response.text()
  return response.ok ? text : ''
}
