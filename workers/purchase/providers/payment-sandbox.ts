import { SpanKind } from '@opentelemetry/api'
import { z } from 'zod'
import { injectTraceContext, withSpan } from '#shared/observability/tracing.ts'
import type { Charge } from '../payment.ts'
import { type PaymentProvider, ProviderError } from './payment-provider.ts'

export interface SandboxOptions {
  readonly url: string
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number
}

interface Call {
  readonly name: 'authorise' | 'capture' | 'void' | 'look up'
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly deadlineAt: number
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

/** Every answer about a charge carries it, refusals too: the state says more than the status. */
const chargeAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.enum(['authorised', 'captured', 'voided']) }),
  z.object({ state: z.literal('declined'), decline_code: z.string() }),
])

/** Failures before anything was sent. All others leave open whether the sandbox got the request. */
const notSentCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** The project's own payment sandbox, over HTTP. */
export function paymentSandbox(options: SandboxOptions): PaymentProvider {
  const pathOf = (key: string): string => `/charges/${encodeURIComponent(key)}`
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
  }
}

async function askForCharge(options: SandboxOptions, call: Call): Promise<Charge> {
  const { status, body } = await send(options, call)
  return readCharge(status, body)
}

function readCharge(status: number, body: unknown): Charge {
  const answer = chargeAnswer.safeParse(body)
  if (!answer.success) {
    throw new ProviderError(`the payment sandbox answered ${status} without a charge`, { requestSent: true })
  }
  const charge = answer.data
  return charge.state === 'declined' ? { state: charge.state, declineCode: charge.decline_code } : charge
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
