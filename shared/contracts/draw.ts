import { z } from 'zod'
import { drawAlgorithm, drawPageSize, maxRollPlaces } from '#shared/draw.ts'
import { defineContract } from './contract.ts'
import { eventId, instant, page, publicIdField, text, utcTime, wholeNumber } from './fields.ts'

/*
 * The draw of a waiting room. Buyers who join before it closes take part. Public are: a commitment to the secret from the beginning, the
 * root of the roll after the closing, and the secret, seed and numbers after the opening.
 */

const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ examples: ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'] })

/** Most pages in one message. */
export const pagesAtOnce = 16

/** An organiser's terms of a draw, with the state `pre_queue`. */
export const drawTerms = z
  .strictObject({
    joins_from: instant.optional().describe('When joining begins. Default: at once'),
    closes_at: instant.describe('Buyers who join before this time take part in the draw'),
    opens_at: instant.describe('When the order is drawn and the first buyers are called; not before `closes_at`'),
    beacon: text(200)
      .nullable()
      .default(null)
      .describe(
        'The source of the public random value for the draw, such as `drand quicknet, round 9000000`; null for none',
      ),
  })
  .meta({ id: 'DrawTerms', description: 'When a draw is held' })

const drawSummaryFields = {
  joins_from: utcTime.nullable().describe('When joining begins; null: at once'),
  closes_at: utcTime.describe('Buyers who join before this time take part in the draw'),
  opens_at: utcTime.describe('When the order is drawn and the first buyers are called'),
  commitment: digest.describe('SHA-256 of the secret, known before anybody joins'),
  root: digest.nullable().describe('Merkle root of the roll; null until the pre-queue has closed'),
  count: z.int().min(0).nullable().describe('Places in the roll; null until the pre-queue has closed'),
  entrants: z
    .int()
    .min(0)
    .nullable()
    .describe('How many of these places take part: the others are holes, and come last'),
  is_drawn: z.boolean().describe('Whether the numbers are available: see `/queue/draw/ranks`'),
}

export const drawSummary = z
  .object(drawSummaryFields)
  .meta({ id: 'DrawSummary', description: 'The draw of a waiting room, as far as everybody needs it' })

export type DrawSummary = z.infer<typeof drawSummary>

const drawDocument = z
  .object({
    event_id: eventId,
    algorithm: z.literal(drawAlgorithm).describe('How root, seed and order are computed'),
    ...drawSummaryFields,
    bypassed: z.int().min(0).describe('How many passes the organiser has given out without the queue'),
    beacon: z
      .object({
        source: z.string().describe('The source of the public random value for the draw'),
        value: z.string().nullable().describe('The value; null until it is known. The draw waits for it'),
        published_at: utcTime.nullable().describe('When it became public: later than the root'),
      })
      .nullable()
      .describe('null: the draw uses no public random value'),
    closed_at: utcTime.nullable().describe('When the root was published'),
    drawn_at: utcTime.nullable().describe('When the order was drawn'),
    secret: digest.nullable().describe('null until the order is drawn'),
    seed: digest
      .nullable()
      .describe(`SHA-256("${drawAlgorithm}" ‖ secret ‖ root ‖ beacon); null until the order is drawn`),
    page_size: z.int().describe('Places on a page of roll and ranks'),
    receipt_key: z
      .object({
        kty: z.literal('OKP').describe('Type of the key'),
        crv: z.literal('Ed25519').describe('Its curve'),
        x: z.string().describe('The key, in base64url'),
      })
      .describe('JSON Web Key that verifies receipts'),
  })
  .meta({ id: 'Draw', description: 'All that is public about a draw, to check it by' })

export type DrawDocument = z.infer<typeof drawDocument>

export const viewDraw = defineContract('event', 'view-draw', {
  summary: 'The draw of an event: commitment, root, seed and secret, each once it is public',
  request: z.strictObject({ event_id: eventId }),
  reply: drawDocument,
  errors: ['event_not_found', 'draw_not_open'],
  deadlineMs: 1_000,
  readOnly: true,
})

const pageRequest = z.strictObject({
  event_id: eventId,
  page: wholeNumber({ min: 0, max: Math.ceil(maxRollPlaces / drawPageSize) }).describe(
    `Page, from 0: index ÷ ${drawPageSize}, rounded down`,
  ),
})

const pageFields = {
  event_id: eventId,
  page: z.int().describe('Page, from 0'),
  first: z.int().describe('Arrival index of the first place on the page'),
}

export const viewDrawRoll = defineContract('event', 'view-draw-roll', {
  summary: 'A page of the roll of a draw, once its root is published; it never changes',
  request: pageRequest,
  reply: z
    .object({
      ...pageFields,
      leaves: z.array(digest.nullable()).describe('SHA-256(0x00 ‖ place id) by arrival index; null for a hole'),
    })
    .meta({ id: 'DrawRollPage', description: 'A page of the roll' }),
  errors: ['event_not_found', 'draw_not_open', 'not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewDrawRanks = defineContract('event', 'view-draw-ranks', {
  summary: 'A page of the numbers of a draw, once it is held; it never changes',
  request: pageRequest,
  reply: z
    .object({ ...pageFields, numbers: z.array(z.int().min(1)).describe('The number of each place by arrival index') })
    .meta({ id: 'DrawRanksPage', description: 'A page of numbers' }),
  errors: ['event_not_found', 'draw_not_open', 'not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const giveBeacon = defineContract('event', 'give-beacon', {
  summary: 'Organiser: provide the public random value that the draw waits for; it can be set once',
  request: z
    .strictObject({
      event_id: eventId,
      value: text(200).describe('The value, exactly as its source published it'),
      published_at: instant.describe('When its source published it: later than the root'),
    })
    .meta({ description: 'The value', examples: [{ value: '8f2b…', published_at: '2027-01-15T10:00:30Z' }] }),
  reply: drawDocument,
  errors: ['event_not_found', 'draw_not_open', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 2_000,
})

export const storeRoll = defineContract('event', 'store-roll', {
  summary: 'Gateway: some pages of the roll of a pre-queue that has closed; the last ones make the root',
  request: z.strictObject({
    event_id: eventId,
    count: z.int().min(0).max(maxRollPlaces).describe('Places in the whole roll'),
    first_page: z.int().min(0).describe(`A multiple of ${pagesAtOnce}`),
    leaves: z.base64().describe(`The leaves of ${pagesAtOnce} pages, or fewer at the end`),
  }),
  reply: z.object({
    count: z
      .int()
      .describe('Places in the roll. If it differs from the request, nothing was stored: another gateway was first'),
    root: digest.nullable().describe('The root; null until all pages are stored'),
  }),
  errors: ['draw_not_open'],
  deadlineMs: 3_000,
})

const receipt = z
  .object({ receipt: z.string().describe('JSON Web Signature (EdDSA); verify it with `receipt_key` of the draw') })
  .meta({ id: 'QueueReceipt', description: 'Proof that a place was given and takes part in the draw' })

export const signReceipt = defineContract('event', 'sign-receipt', {
  summary: 'Gateway: a receipt of a place whose owner has shown its id',
  request: z.strictObject({
    event_id: eventId,
    index: z.int().min(0).describe('Arrival index of the place'),
    leaf: digest.describe('Its leaf of the roll'),
    takes_part: z
      .boolean()
      .optional()
      .describe('Whether the roll contains the place; used until the root is published'),
  }),
  reply: receipt,
  errors: ['draw_not_open'],
  deadlineMs: 1_000,
})

/** `typ` in the header of a receipt. */
export const receiptType = 'queue-receipt+jwt'

/** The claims of a receipt. */
export const receiptClaims = z.object({
  event: eventId,
  /** Arrival index. */
  index: z.int().min(0),
  leaf: digest,
  commitment: digest,
  /** Source of the public random value of the draw. */
  beacon: z.string().nullable(),
  /** When the receipt was made, in seconds since 1970: the place existed at that time. */
  iat: z.int(),
  /** Whether the roll contains the leaf; false for a buyer who joined after the closing. */
  takes_part: z.boolean().optional(),
  /** After the closing of the pre-queue. */
  root: digest.optional(),
  count: z.int().optional(),
  /** The proof from the leaf to the root; absent if the roll does not contain the leaf. */
  proof: z.array(digest).max(32).optional(),
  /** After the draw. */
  number: z.int().optional(),
})

export const viewReceipt = defineContract('gateway', 'view-receipt', {
  summary:
    'The receipt for a place of the caller; after the pre-queue has closed, with the proof that the roll contains it',
  request: z.strictObject({
    place_id: publicIdField.describe('Id of the place in the queue; only its owner can use it'),
  }),
  reply: receipt,
  errors: ['not_found', 'place_expired', 'queue_not_enabled', 'draw_not_open'],
  deadlineMs: 2_000,
})

const admission = z
  .object({
    number: z.int().describe('The number of the place'),
    admitted_at: utcTime.describe('When its pass was issued'),
    serving: z.int().describe('The highest number called by then'),
  })
  .meta({ id: 'Admission', description: 'A pass that was issued' })

export const listAdmissions = defineContract('gateway', 'list-admissions', {
  summary: 'The journal of admissions of an event, oldest first: the latest 200,000',
  request: z.strictObject({
    event_id: eventId,
    limit: wholeNumber({ min: 1, max: 1_000 }).default(100).describe('Most items on a page'),
    cursor: z
      .string()
      .regex(/^\d{1,15}-\d{1,15}$/, 'must be `next_cursor` of the page before')
      .optional()
      .describe('Where the page begins: `next_cursor` of the page before'),
  }),
  reply: page(admission).meta({ id: 'AdmissionPage', description: 'A page of the journal of admissions' }),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})
