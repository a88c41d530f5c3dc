import { SpanKind } from '@opentelemetry/api'
import { z } from 'zod'
import { injectTraceContext, withSpan } from '#shared/observability/tracing.ts'
import { type Charge, type PaymentProvider, ProviderError } from './payment-provider.ts'

export interface SandboxOptions {
  readonly url: string
  /** Deadline of one request, in milliseconds. */
  readonly timeoutMs: number
}

interface Call {
  readonly name: 'authorise' | 'capture' | 'void' | 'refund' | 'look up'
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly deadlineAt: number
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** Every answer about a charge contains it, also refusals: the state says more than the HTTP status. */
export const sandboxCharge = z
  .discriminatedUnion('state', [
    z.object({ state: z.enum(['authorised', 'captured', 'refunded', 'voided']) }),
    z.object({ state: z.literal('declined'), decline_code: z.string().transform(storable) }),
  ])
  .transform(
    (charge): Charge =>
      charge.state === 'declined' ? { state: charge.state, declineCode: charge.decline_code } : charge,
  )

/** A reason in a form that the database accepts: short, without NUL and invalid characters. */
function storable(reason: string): string {
  return reason.slice(0, 200).replaceAll('\0', '').toWellFormed()
}

const refundAnswer = z.object({ refund: z.object({ idempotency_key: z.string(), amount_minor: z.int() }) })
const refusalAnswer = z.object({ code: z.string() })

/** Failures before anything was sent. After any other failure it is unknown whether the sandbox got the request. */
const notSentCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** The project's own payment sandbox, over HTTP. */
export function paymentSandbox(options: SandboxOptions): PaymentProvider {
  const pathOf = (key: string): string => `/charges/${encodeURIComponent(key)}`
  const refundsOf = (key: string): string => `${pathOf(key)}/refunds`
  return {
    name: 'the payment sandbox',
    authorise: ({ key, amountMinor, currency, token }, deadlineAt) =>
      askForCharge(options, {
        name: 'authorise',
        method: 'POST',
        path: '/charges',
        headers: { 'idempotency-key': key },
        body: { amount_minor: amountMinor, currency, token },
        deadlineAt,
      }),
    capture: (key, deadlineAt) =>
      askForCharge(options, { name: 'capture', method: 'POST', path: `${pathOf(key)}/capture`, deadlineAt }),
    void: (key, deadlineAt) =>
      askForCharge(options, { name: 'void', method: 'POST', path: `${pathOf(key)}/void`, deadlineAt }),
    async lookUp(key, deadlineAt) {
      const { status, body } = await send(options, { name: 'look up', method: 'GET', path: pathOf(key), deadlineAt })
      return status === 404 ? null : readCharge(status, body)
    },
    async refund({ key, refundKey, amountMinor }, deadlineAt) {
      const { status, body } = await send(options, {
        name: 'refund',
        method: 'POST',
        path: refundsOf(key),
        headers: { 'idempotency-key': refundKey },
        body: { amount_minor: amountMinor },
        deadlineAt,
      })
      readRefund(status, body, refundKey)
    },
    async lookUpRefund({ key, refundKey }, deadlineAt) {
      const path = `${refundsOf(key)}/${encodeURIComponent(refundKey)}`
      const { status, body } = await send(options, { name: 'look up', method: 'GET', path, deadlineAt })
      if (status === 404) return false
      readRefund(status, body, refundKey)
      return true
    },
  }
}

async function askForCharge(options: SandboxOptions, call: Call): Promise<Charge> {
  const { status, body } = await send(options, call)
  return readCharge(status, body)
}

function readCharge(status: number, body: unknown): Charge {
  const answer = sandboxCharge.safeParse(body)
  if (!answer.success) {
    throw new ProviderError(`the payment sandbox answered ${status} without a charge`, { requestSent: true })
  }
  return answer.data
}

/** Throws unless the answer is about this refund; a refusal is our own bug. */
function readRefund(status: number, body: unknown, refundKey: string): void {
  const answer = refundAnswer.safeParse(body)
  if (answer.success && answer.data.refund.idempotency_key === refundKey) return
  const refusal = refusalAnswer.safeParse(body)
  if (status >= 400 && status < 500 && refusal.success) {
    throw new Error(`the payment sandbox refused refund ${refundKey}: ${refusal.data.code}`)
  }
  throw new ProviderError(`the payment sandbox answered ${status} without a refund`, { requestSent: true })
}

function send({ url, timeoutMs }: SandboxOptions, call: Call): Promise<{ status: number; body: unknown }> {
  const { name, method, path, deadlineAt, body } = call
  const target = new URL(path, url)
  const attributes = { 'http.request.method': method, 'url.full': target.href }
  return withSpan(`${name} charge`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const headers: Record<string, string> = { ...call.headers, 'content-type': 'application/json' }
    injectTraceContext(headers)
    const waitMs = Math.floor(Math.min(timeoutMs, deadlineAt - performance.now()))
    if (waitMs <= 0) throw new ProviderError(`no time left to ${name}`, { requestSent: false })
    try {
      const response = await fetch(target, {
        method,
        headers,
        signal: AbortSignal.timeout(waitMs),
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      span.setAttribute('http.response.status_code', response.status)
      return { status: response.status, body: await response.json() }
    } catch (error) {
      throw new ProviderError(`no answer from the payment sandbox to ${name}`, {
        requestSent: wasSent(error),
        cause: error,
      })
    }
  })
}

function wasSent(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  return !notSentCodes.includes(cause?.code ?? '')
}
