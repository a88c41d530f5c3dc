export interface Statement {
  /** Name of the prepared statement; absent at its first use, and above `maxPrepared`. */
  name?: string
  uses: number
  /** The operation: SELECT, INSERT … */
  readonly operation: string
  /** Name of the span: `postgres UPDATE booking.seats`. */
  readonly spanName: string
}

/**
 * Most of our statements, a few hundred, are constants. Searches are composed in more ways than a connection can keep, so a text is
 * prepared at its second use, and only the first 400 such texts.
 */
const maxPrepared = 400
const maxRemembered = 2_000

const remembered = new Map<string, Statement>()
let prepared = 0

/** Describes a statement. It has a name from its second use on. */
export function statementOf(text: string): Readonly<Statement> {
  const statement = remembered.get(text) ?? describe(text)
  if (remembered.size < maxRemembered) remembered.set(text, statement)
  statement.uses += 1
  if (statement.uses === 2 && prepared < maxPrepared) {
    statement.name = `s${prepared}`
    prepared += 1
  }
  return statement
}

function describe(text: string): Statement {
  const operation = operationOf(text)
  const table = /\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:ONLY\s+)?([a-z_]+\.[a-z_]+)/.exec(text)?.[1]
  return { uses: 0, operation, spanName: ['postgres', operation, ...(table === undefined ? [] : [table])].join(' ') }
}

/** A WITH statement counts as its first change, or as a SELECT. */
function operationOf(text: string): string {
  const first = /^\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase() ?? 'QUERY'
  if (first !== 'WITH') return first
  return /\b(INSERT|UPDATE|DELETE)\b/.exec(text)?.[1] ?? 'SELECT'
}
