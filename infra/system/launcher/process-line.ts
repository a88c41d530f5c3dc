export interface ShownProcess {
  /** `gateway`, `booking-worker` or, of a server, with its version. */
  readonly name: string
  /** '' where the name says it already. */
  readonly instance: string
  readonly pid: number
  readonly port?: number
}

/** A process in the list of the ready screen. `event`: what has just happened to it. */
export function processLine({ name, instance, pid, port }: ShownProcess, event = ''): string {
  return [
    '  ',
    name.replace('-worker', ' worker').padEnd(18),
    instance.padEnd(18),
    (port === undefined ? '' : `port ${port}`).padEnd(12),
    `process ${pid}`,
    event === '' ? '' : `   ${event}`,
  ].join('')
}
