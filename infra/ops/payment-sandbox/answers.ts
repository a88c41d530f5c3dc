import type Logger from 'bunyan'
import type { Context, Middleware } from 'koa'
import { z } from 'zod'
import type { Charge } from './charge.ts'

/** Idempotency keys of charges and refunds. */
const requestKey = z.string().regex(/^[\x21-\x7e]{1,200}$/)

/** What is asked is refused, with a status and a body. */
export class Refusal extends Error {
  readonly status: number
  readonly body: { readonly code: string }

  constructor(status: number, body: { readonly code: string; readonly [member: string]: unknown }) {
    super(body.code)
    this.status = status
    this.body = body
  }
}

/** The key came before, with another request. */
export function keyReused(): Refusal {
  return new Refusal(409, { code: 'idempotency_key_reused' })
}

/** `value` as the schema reads it. Throws a refusal that names `what`, never the value. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new Refusal(400, { code: 'bad_request', detail: `${what} is not valid` })
}

/** A key in the path: the charge's, or the one of that name. */
export function keyOf(ctx: { params: Record<string, string | undefined> }, name: 'key' | 'refund_key' = 'key'): string {
  return checked(requestKey, ctx.params[name], name)
}

export function headerKeyOf(ctx: Context): string {
  return checked(requestKey, ctx.get('idempotency-key'), 'Idempotency-Key')
}

export function answer(ctx: Context, status: number, body: object): void {
  ctx.status = status
  ctx.body = body
}

/** 409 when there are states to wish for and the charge is in none of them. */
export function answerCharge(ctx: Context, charge: Charge | undefined, wished?: readonly Charge['state'][]): void {
  if (charge === undefined) throw new Refusal(404, { code: 'charge_not_found' })
  answer(ctx, wished === undefined || wished.includes(charge.state) ? 200 : 409, charge)
}

/** Leaves the request open: the caller's time-out ends it, or the server's for idle sockets. */
export function neverAnswer(ctx: Context): void {
  ctx.respond = false
}

/** Refusals as `{code}`; what the library says of a bad body is left out, because it quotes the body. */
export function answerErrors(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const { status = 500 } = error as { status?: number }
      if (error instanceof Refusal) answer(ctx, error.status, error.body)
      else if (status === 413) answer(ctx, 413, { code: 'body_too_large' })
      else if (status >= 400 && status < 500) answer(ctx, 400, { code: 'bad_request', detail: 'body is not valid' })
      else {
        log.error({ err: error }, 'request failed')
        answer(ctx, 500, { code: 'internal' })
      }
    }
  }
}
