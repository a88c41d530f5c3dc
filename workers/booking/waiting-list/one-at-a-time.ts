/**
 * Runs works of one name one after the other, in the order of their calls. Who would wait for the lock of a list, as everybody does at
 * the moment of a sell-out, waits here and not with a connection to the database, which others need to pay.
 */
export class OneAtATime {
  readonly #last = new Map<string, Promise<unknown>>()

  run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const result = (this.#last.get(name) ?? Promise.resolve()).then(work)
    const settled: Promise<void> = result
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.#last.get(name) === settled) this.#last.delete(name)
      })
    this.#last.set(name, settled)
    return result
  }
}
