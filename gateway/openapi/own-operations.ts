import { z } from 'zod'
import { receiveWebhook } from '#shared/contracts/purchase.ts'
import { errorCodes } from '#shared/errors.ts'
import type { Mode } from '../identity/identify.ts'
import { streamRequest } from '../streams/request.ts'
import { limitedHeaders, ownHeaders } from './headers.ts'
import type { DescribedOperation } from './own-operation.ts'
import { generalErrors, problemResponses } from './problems.ts'
import type { Schema, Schemas } from './schemas.ts'
import { demoSession, keySession } from './session-operations.ts'

const liveness = z
  .object({ status: z.literal('alive').describe('Always `alive`') })
  .meta({ id: 'Liveness', description: 'The process answers' })

const partState = z.enum(['ok', 'unavailable'])

const readiness = z
  .object({
    status: z.enum(['ready', 'not ready']).describe('Whether this gateway should receive requests'),
    nats: partState.optional().describe('Connection to NATS, with `verbose`'),
    redis: partState.optional().describe('Connection to Redis, with `verbose`; answers are slower without it'),
    workers: z.record(z.string(), z.int()).optional().describe('Number of running workers by kind, with `verbose`'),
    unavailable: z
      .array(z.string())
      .optional()
      .describe('Parts that selling needs and that do not answer, with `verbose`: the answer is then `not ready`'),
  })
  .meta({ id: 'Readiness', description: 'Whether this gateway can answer requests' })

const problemKind = z
  .object({
    code: z.enum(errorCodes).describe('The code of the error'),
    status: z.int().describe('Its HTTP status'),
    title: z.string().describe('The error in a few words'),
    retryable: z.boolean().describe('Whether the same request may succeed later'),
    explanation: z.string().describe('What happened, and what to do next'),
  })
  .meta({ id: 'ProblemKind', description: 'An error that this system may answer with' })

/** The operations that the gateway answers itself, without a worker's contract. */
export function ownOperations(mode: Mode, schemas: Schemas): DescribedOperation[] {
  const json = (schema: z.ZodType): Schema => ({ 'application/json': { schema: schemas.body(schema) } })
  const page = { 'text/html': { schema: { type: 'string' } } }
  const ok = (content: Schema, headers = ownHeaders()): Schema => ({ description: 'Done', headers, content })
  const operating = { tags: ['operating'], security: [{}] }
  return [
    followSeats(schemas),
    ...(mode === 'demo' ? demoSession(schemas, json) : []),
    ...keySession('organiser', schemas),
    ...keySession('door', schemas),
    {
      method: 'POST',
      path: '/webhooks/:provider',
      operation: {
        operationId: receiveWebhook.operation,
        summary: receiveWebhook.summary,
        description: 'For payment providers, who sign the exact bytes of the body. 503: not applied, send it again.',
        tags: ['webhooks'],
        security: [{}],
        parameters: [
          {
            name: 'provider',
            in: 'path',
            required: true,
            description: 'The payment provider that sends the webhook',
            schema: schemas.body(receiveWebhook.request.shape.provider),
          },
          {
            name: 'Webhook-Signature',
            in: 'header',
            required: true,
            description: 'Time and signature: `t=<seconds since 1970>,v1=<HMAC-SHA256 of time, dot and body, in hex>`',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: { type: 'object', description: 'The event, as the provider sends it' } },
          },
        },
        responses: {
          200: ok(json(receiveWebhook.reply)),
          ...problemResponses(
            [
              ...(['bad_signature', 'validation_failed', 'not_found', 'body_too_large', 'internal'] as const),
              ...(['no_worker', 'overloaded', 'unavailable', 'worker_timeout'] as const),
            ],
            false,
          ),
        },
      },
    },
    {
      method: 'GET',
      path: '/livez',
      operation: {
        ...operating,
        operationId: 'view-liveness',
        summary: 'Whether the process is alive',
        responses: { 200: ok(json(liveness)), ...problemResponses([], false) },
      },
    },
    {
      method: 'GET',
      path: '/readyz',
      operation: {
        ...operating,
        operationId: 'view-readiness',
        summary: 'Whether this gateway should receive requests',
        parameters: [
          {
            name: 'verbose',
            in: 'query',
            description:
              'Present, with any value or none: reports the state of all parts; ready only if all of them answer',
            allowEmptyValue: true,
            schema: { type: 'string' },
          },
        ],
        responses: {
          200: ok(json(readiness)),
          503: { ...ok(json(readiness)), description: 'Not ready' },
          ...problemResponses([], false),
        },
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      operation: {
        ...operating,
        operationId: 'view-metrics',
        summary: 'Metrics for Prometheus, unless METRICS_PORT serves them',
        responses: {
          200: ok({
            'text/plain': { schema: { type: 'string' } },
            'application/openmetrics-text': { schema: { type: 'string' } },
          }),
          ...problemResponses([], false),
        },
      },
    },
    {
      method: 'GET',
      path: '/running',
      operation: {
        ...operating,
        operationId: 'view-running',
        summary: 'A page that shows what is running, and where to look',
        responses: { 200: ok(page), ...problemResponses([], false) },
      },
    },
    {
      method: 'GET',
      path: '/openapi.json',
      operation: {
        ...operating,
        operationId: 'view-api-description',
        summary: 'This document',
        responses: { 200: ok({ 'application/json': { schema: { type: 'object' } } }), ...problemResponses([], false) },
      },
    },
    {
      method: 'GET',
      path: '/docs',
      operation: {
        ...operating,
        operationId: 'view-docs',
        summary: 'The API as a page, to read and to try',
        responses: { 200: ok(page), ...problemResponses([], false) },
      },
    },
    {
      method: 'GET',
      path: '/docs/:version/:file',
      operation: {
        ...operating,
        operationId: 'view-docs-file',
        summary: 'A script or style of that page; never changes',
        parameters: [
          {
            name: 'version',
            in: 'path',
            required: true,
            description: 'Version of the files',
            schema: { type: 'string' },
          },
          { name: 'file', in: 'path', required: true, description: 'Name of the file', schema: { type: 'string' } },
        ],
        responses: {
          200: ok({ 'text/javascript': { schema: { type: 'string' } }, 'text/css': { schema: { type: 'string' } } }),
          ...problemResponses(['not_found'], false),
        },
      },
    },
    {
      method: 'GET',
      path: '/problems/:code',
      operation: {
        ...operating,
        operationId: 'view-problem',
        summary: 'What an error means and what to do next; a page, or JSON for `Accept: application/json`',
        parameters: [
          {
            name: 'code',
            in: 'path',
            required: true,
            description: 'The code of the error',
            schema: { type: 'string' },
          },
        ],
        responses: {
          200: ok({ ...page, ...json(problemKind) }),
          ...problemResponses(['not_found'], false),
        },
      },
    },
  ]
}

const eventsOfStream = [
  '- `reset`: `{position, version, seats, areas}`: replaces everything that the client knows. `seats` is base64 of two bits per seat, as `states` of `GET /events/{event_id}/seats`; `version` is that of the layout.',
  '- `seats`: `{seats: [[seat_no, state], …], areas?}`: the new states of these seats (0 available, 1 held, 2 sold, 3 blocked). `areas` is present if counts changed, and has all general admission areas. Without changes an empty one comes every 15 s.',
  "- `hold`: `{hold_id, status, expires_in_ms}`: the caller's own hold changed.",
  "- `place`: the caller's own place in the queue moved, as `GET /queue/{place_id}` shows it; only with `place`.",
  '- `bye`: `{reason}`: the server ends the stream: reconnect.',
].join('\n')

function followSeats(schemas: Schemas): DescribedOperation {
  const { event_id, section, from, place } = schemas.parameters(streamRequest)
  const parameter = (name: string, within: 'path' | 'query', { description, examples: _, ...schema }: Schema) => {
    return { name, in: within, required: within === 'path', description, schema }
  }
  return {
    method: 'GET',
    path: '/events/:event_id/seats/stream',
    operation: {
      operationId: 'follow-seats',
      summary: 'The seats of an event as they change, as server-sent events',
      description: [
        'Begins with `reset`, or from a known position with the changes since then. Only a caller with a token or the session cookie gets `hold`.',
        eventsOfStream,
        '`id` is the position up to which the client knows everything. Changes come at most every 100 ms; a stream ends after 10 to 20 minutes.',
      ].join('\n\n'),
      tags: ['catalogue'],
      security: [{}, { bearer: [] }, { session: [] }],
      parameters: [
        parameter('event_id', 'path', event_id ?? {}),
        parameter('section', 'query', section ?? {}),
        parameter('from', 'query', from ?? {}),
        parameter('place', 'query', place ?? {}),
        {
          name: 'Last-Event-ID',
          in: 'header',
          description: 'Replaces `from`. Browsers send it when they reconnect',
          schema: { type: 'string' },
        },
      ],
      responses: {
        200: {
          description: 'A stream that lasts for minutes',
          headers: limitedHeaders(),
          content: { 'text/event-stream': { schema: { type: 'string', description: eventsOfStream } } },
        },
        ...problemResponses([...generalErrors, 'unauthenticated', 'event_not_found', 'not_found', 'stream_full'], true),
      },
    },
  }
}
