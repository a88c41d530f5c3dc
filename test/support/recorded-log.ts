import bunyan from 'bunyan'

/** A log of the product's, and what it was told: the message of each line, oldest first. */
export function createRecordedLog(): { log: bunyan; messages: string[] } {
  const messages: string[] = []
  const stream = { write: (line: { msg: string }) => void messages.push(line.msg) }
  const log = bunyan.createLogger({ name: 'recorded', streams: [{ type: 'raw', stream: stream as never }] })
  return { log, messages }
}
