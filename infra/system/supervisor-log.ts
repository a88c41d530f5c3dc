import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger } from '#shared/observability/log.ts'
import { ownerOnly } from '../kept-file.ts'

/** What the launcher sees happen to a process, in that process' own log, where `npm run logs` shows it in its place. */
export class SupervisorLog {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** `fields` tell what a dead process cannot: its process id, its signal or exit code, when it is started again. */
  warn(instance: string, message: string, fields: object): void {
    this.#logger(instance).warn(fields, message)
  }

  info(instance: string, message: string, fields: object): void {
    this.#logger(instance).info(fields, message)
  }

  #logger(instance: string) {
    const write = (line: string): void => {
      try {
        appendFileSync(join(this.#directory, `${instance}.log`), line, { mode: ownerOnly })
      } catch {
        // A full disk costs log lines, not the system.
      }
    }
    return createLogger({ name: 'launcher', instance, level: 'info', write })
  }
}
