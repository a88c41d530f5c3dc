import test from 'ava'

type Closable = { stop(): unknown } | { close(): unknown } | { drop(): unknown }

const closers: (() => unknown)[] = []

/**
 * What all tests of a file share: started before the first of them, in the order of the calls, and stopped after the last, in reverse.
 * What is answered stands for what `start` makes.
 */
export function forFile<Part extends Closable & object>(start: () => Promise<Part>): Part {
  let part: Part | undefined
  if (closers.length === 0) {
    test.after.always(async () => {
      for (const close of closers.toReversed()) await close()
    })
  }
  closers.push(() => part && close(part))
  test.serial.before(async () => {
    part = await start()
  })
  const started = (): Part => {
    if (part === undefined) throw new Error('used before the first test')
    return part
  }
  return new Proxy({} as Part, {
    get(_, name) {
      const value: unknown = Reflect.get(started(), name)
      return typeof value === 'function' ? value.bind(started()) : value
    },
  })
}

/** What all files of a process share (`test/together/`), or one file alone: made by the first that calls what is answered. */
export function forProcess<Part>(make: () => Part): () => Part {
  let made: { readonly part: Part } | undefined
  return () => {
    made ??= { part: make() }
    return made.part
  }
}

function close(part: Closable): unknown {
  if ('stop' in part) return part.stop()
  return 'close' in part ? part.close() : part.drop()
}
