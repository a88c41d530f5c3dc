import { once } from 'node:events'
import { Child, type ChildOptions, type ChildPlan } from './child.ts'
import type { RunningProcess } from './data-folder.ts'

/** Some of the application's processes, in stages. */
export class Applications {
  readonly #stages: readonly Child[][]

  constructor(stages: readonly ChildPlan[][], options: ChildOptions) {
    this.#stages = stages.map((plans) => plans.map((plan) => new Child(plan, options)))
  }

  /** Starts all of them at once; they wait for each other by themselves. Throws when one fails or `stopping` is aborted. */
  async start(stopping: AbortSignal): Promise<void> {
    stopping.throwIfAborted()
    const givenUp = new AbortController()
    const aborted = once(stopping, 'abort', { signal: givenUp.signal }).then(() => stopping.throwIfAborted())
    const started = Promise.all(this.#stages.flat().map((child) => child.start()))
    try {
      await Promise.race([started, aborted])
    } finally {
      aborted.catch(() => undefined)
      givenUp.abort()
    }
  }

  /** Stops the stages in reverse order: those that ask before those that are asked. */
  async stop(hurry: AbortSignal): Promise<void> {
    for (const children of this.#stages.toReversed()) {
      await Promise.all(children.map((child) => child.stop(hurry)))
    }
  }

  get processes(): RunningProcess[] {
    return this.#stages.flat().map(({ plan, pid }) => ({
      name: plan.name,
      instance: plan.instance,
      pid,
      ...(plan.port !== undefined && { port: plan.port }),
      ...(plan.metricsPort !== undefined && { metrics_url: `http://127.0.0.1:${plan.metricsPort}/metrics` }),
      command_line: [plan.script, ...plan.args].join(' '),
    }))
  }
}
