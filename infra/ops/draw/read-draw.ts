import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Contract, ReplyOf } from '#shared/contracts/contract.ts'
import { type DrawDocument, listAdmissions, viewDraw, viewDrawRanks, viewDrawRoll } from '#shared/contracts/draw.ts'
import { viewServing } from '#shared/contracts/waiting-room.ts'
import { drawPageSize, leafBytes, maxRollPlaces } from '#shared/draw.ts'
import { ExplainedError } from '../../explained-error.ts'

export interface Admission {
  readonly number: number
  readonly admitted_at: string
  readonly serving: number
}

/** All that is public about a draw that was held. */
export interface PublishedDraw {
  readonly draw: DrawDocument
  /** Leaves by arrival index, zeros for holes. */
  readonly roll: Buffer
  /** By arrival index. */
  readonly numbers: readonly number[]
  /** Oldest first. */
  readonly admissions: readonly Admission[]
  /** The highest number that was called by now; undefined where the room is off. */
  readonly serving: number | undefined
}

const deadlineMs = 10_000
const pagesAtOnce = 8
const cachedMs = 2_000
/** Longer than any journal. */
const maxAdmissions = 1_000_000

/** Reads a draw over public HTTP. Throws `ExplainedError` where there is none, or not yet, or what is answered is no draw. */
export async function readDraw(url: string, eventId: string): Promise<PublishedDraw> {
  const base = `${url.replace(/\/$/, '')}/events/${eventId}/queue`
  const draw = await read(`${base}/draw`, viewDraw)
  if (draw.count === null) {
    throw new ExplainedError(
      `The roll is published when the pre-queue has closed, at ${draw.closes_at}. Check it then.`,
    )
  }
  if (!draw.is_drawn) {
    const waits = draw.beacon?.value === null ? `, and waits for its beacon (${draw.beacon.source})` : ''
    throw new ExplainedError(`The order is drawn at ${draw.opens_at}${waits}. Check it then.`)
  }
  if (draw.count > maxRollPlaces) throw new ExplainedError(`A roll of ${draw.count} places is longer than any may be.`)
  const pages = Array.from({ length: Math.ceil(draw.count / drawPageSize) }, (_, page) => page)
  const rolls = await inParallel(pages, async (page) => {
    const { leaves } = await read(`${base}/draw/roll/${page}`, viewDrawRoll)
    return Buffer.concat(leaves.map((leaf) => (leaf === null ? Buffer.alloc(leafBytes) : Buffer.from(leaf, 'hex'))))
  })
  const numbers = await inParallel(pages, (page) => read(`${base}/draw/ranks/${page}`, viewDrawRanks))
  const admissions = await readAdmissions(base)
  const serving = await readServing(base, admissions.at(-1)?.serving ?? 0)
  return {
    draw,
    roll: Buffer.concat(rolls),
    numbers: numbers.flatMap((page) => page.numbers),
    admissions,
    serving,
  }
}

async function readAdmissions(base: string): Promise<Admission[]> {
  const admissions: Admission[] = []
  let cursor: string | null = null
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const page: ReplyOf<typeof listAdmissions> = await read(`${base}/admissions?limit=1000${query}`, listAdmissions)
    admissions.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null && admissions.length < maxAdmissions)
  return admissions
}

/** Answers of caches may be older than the journal: a lower number counts only when it stays. */
async function readServing(base: string, atLeast: number): Promise<number | undefined> {
  for (let tries = 1; ; tries += 1) {
    const serving = await read(`${base}/serving`, viewServing).catch(() => undefined)
    if (serving === undefined || serving.serving >= atLeast || tries === 3) return serving?.serving
    await pause(cachedMs)
  }
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let at = 0; at < items.length; at += pagesAtOnce) {
    results.push(...(await Promise.all(items.slice(at, at + pagesAtOnce).map(work))))
  }
  return results
}

const problem = z.object({ detail: z.string() })

async function read<C extends Contract>(url: string, contract: C): Promise<ReplyOf<C>> {
  let status: number
  let text: string
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(deadlineMs) })
    status = response.status
    text = await response.text()
  } catch (error) {
    throw new ExplainedError(`${url} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
  const body = parse(text)
  if (status !== 200) {
    throw new ExplainedError(`${url} answers ${status}: ${problem.safeParse(body).data?.detail ?? 'no reason given'}`)
  }
  const reply = contract.reply.safeParse(body)
  if (!reply.success)
    throw new ExplainedError(`${url} does not answer what it should:\n${z.prettifyError(reply.error)}`)
  return reply.data as ReplyOf<C>
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  return cause instanceof Error ? cause.message || String((cause as { code?: unknown }).code) : message
}
