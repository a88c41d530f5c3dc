/** What is known of a statement by its text. */
export interface Statement {
  /** Under which connections keep it prepared; absent for texts that are none of ours, or too many. */
  readonly name?: string
  /** SELECT, INSERT … */
  readonly operation: string
  /** `postgres UPDATE booking.seats` */
  readonly spanName: string
}

/**
 * Most of ours are constants, some hundred of them. Searches are put together, in more ways than it would be good to keep at every
 * connection: a text is prepared only when it comes again, and beyond so many none is.
 */
const maxPrepared = 400
const maxRemembered = 2_000

interface Remembered {
  uses: number
  statement: Statement
}

const remembered = new Map<string, Remembered>()
let prepared = 0

/** Reads a statement once and remembers it. It has a name from its second use on. */
export function statementOf(text: string): Statement {
  const known = remembered.get(text)
  if (known === undefined) {
    const statement = describe(text)
    if (remembered.size < maxRemembered) remembered.set(text, { uses: 1, statement })
    return statement
  }
  known.uses += 1
  if (known.uses === 2 && prepared < maxPrepared) {
    known.statement = { ...known.statement, name: `s${prepared}` }
    prepared += 1
  }
  return known.statement
}

function describe(text: string): Statement {
  const operation = operationOf(text)
  const table = /\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?([a-z_]+\.[a-z_]+)/.exec(text)?.[1]
  return { operation, spanName: ['postgres', operation, ...(table === undefined ? [] : [table])].join(' ') }
}

/** Of a statement that begins by naming queries, what it does in the end is hard to tell: the first change counts. */
function operationOf(text: string): string {
  const first = /^\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? 'QUERY'
  if (first !== 'WITH') return first
  return /\b(INSERT|UPDATE|DELETE)\b/.exec(text)?.[1] ?? 'SELECT'
}
