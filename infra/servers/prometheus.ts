import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPortFree } from './free-port.ts'
import { requireProgram } from './program.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'

export interface PrometheusOptions extends ServerOptions {
  /** `host:port` of every gateway. */
  readonly targets: readonly string[]
}

const preferredPort = 9091

/** A private Prometheus that reads the gateways' metrics every two seconds. */
export async function startPrometheus({ targets, ...options }: PrometheusOptions): Promise<Server> {
  const program = await requireProgram('prometheus')
  const directory = join(options.dataDirectory, 'prometheus')
  const configFile = join(directory, 'prometheus.yml')
  await mkdir(directory, { recursive: true })
  // JSON is valid YAML.
  await writeFile(configFile, JSON.stringify(configuration(targets), null, 2))
  const port =
    options.port ?? ((await isPortFree({ host: '127.0.0.1', port: preferredPort })) ? preferredPort : undefined)
  return startServer(
    {
      name: 'prometheus',
      program,
      arguments: (port) => [
        `--config.file=${configFile}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        '--storage.tsdb.retention.time=7d',
        '--storage.tsdb.retention.size=1GB',
      ],
      url: (port) => `http://127.0.0.1:${port}`,
      commandLinePart: () => configFile,
      isReady: async (port) =>
        (await get(port, '/-/ready')) !== '' && (await get(port, '/api/v1/status/flags')).includes(configFile),
      readyWithinMs: 30_000,
      stopSignal: 'SIGTERM',
    },
    { ...options, ...(port !== undefined && { port }) },
  )
}

/** The body of a page; '' while it is not ready. */
async function get(port: number, path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) })
  const text = await response.text()
  return response.ok ? text : ''
}

function configuration(targets: readonly string[]): object {
  return {
    global: { scrape_interval: '2s', scrape_timeout: '2s' },
    scrape_configs: [
      {
        job_name: 'gateway',
        // Our metrics name their instance themselves; without this Prometheus renames that label.
        honor_labels: true,
        static_configs: [{ targets }],
      },
    ],
  }
}
