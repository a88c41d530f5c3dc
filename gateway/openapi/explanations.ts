import type { ErrorCode } from '#shared/errors.ts'

/** What happened and what to do next, for the page of each error. Code stands between backticks. */
export const explanations: Record<ErrorCode, string> = {
  malformed_request: 'The request is not valid HTTP/1.1. Correct the client.',
  head_too_large: 'Send a shorter URL and fewer or shorter headers.',
  request_too_slow: 'The request did not arrive in time. Send it again, faster.',
  validation_failed: '`errors` names each wrong field and what is allowed. Correct them and send the request again.',
  malformed_json: 'The body cannot be read as a JSON object. Correct it.',
  idempotency_key_required:
    'Choose a new key for this write, and send it in the header `Idempotency-Key`. Use the same key when you repeat the write.',
  bad_signature:
    'The webhook is not signed with the shared secret, or its signature is too old. Check the secret and the clock of the sender.',
  unauthenticated: 'Send a valid token as `Authorization: Bearer …`; organisers send their key.',
  payment_declined:
    'The provider declined the payment and nothing was charged. `decline_code` says why. Send `hold_id`, or the same places once more, with another `payment_token` and a new Idempotency-Key.',
  forbidden:
    'The caller is known but may not do this: `user_id` must match the user of the token. In demo mode, pages of other hosts may not send writes.',
  pass_required:
    'This event has a waiting room. Join the queue at `join_url`, and send the pass in the header `Queue-Pass`.',
  pass_invalid: 'The pass is not genuine, or belongs to another event or user. Join the queue at `join_url`.',
  pass_expired: 'The session of this pass has ended. Join the queue at `join_url`.',
  misdirected:
    'In demo mode a gateway answers only under `localhost`, IP addresses and the hosts in its settings `HOST`, `ALLOWED_HOSTS` and `CORS_ORIGINS`.',
  not_found: 'It does not exist, or it belongs to somebody else.',
  event_not_found: 'There is no event with this id, or it is not published.',
  method_not_allowed: 'This path does not support the method. The header `Allow` names the methods that it supports.',
  hold_expired: 'The time to pay for these places is over. Hold places again.',
  place_expired: 'This place was called and not claimed in time, or its owner left the queue. Join again, at the end.',
  seat_unavailable:
    'Somebody else holds or has bought one of these seats: see `conflicts`. Choose others, such as `alternatives`, or try again later: seats in `held` may become free.',
  hold_exists:
    'A user can have one hold for an event at a time. Pay for it, change it or release it: `hold_id` names it.',
  hold_ended: 'The hold was released or bought. Hold places again.',
  hold_cap_reached: 'Pay for the places, or release them.',
  hold_paying: 'A hold cannot be changed while it is being paid for. Poll the hold until its payment has ended.',
  sold_out: 'Every place of this event is sold; none is free or held.',
  not_enough_left:
    '`left` says how many such places are free. Choose fewer places, or other ones. If `held_by_others` is true, try again later: holds can expire.',
  waiting_list_first:
    'Places that became free are reserved for the buyers on the waiting list. Join it at `join_url`, choose other places, or try again later.',
  not_sold_out: 'Such places are free: hold them at `hold_url`. `left` says how many.',
  already_waiting: 'A buyer can have one entry for an event at a time. Read it, or leave the list and join again.',
  sale_not_open: 'Send the request again once the sale is open; `on_sale_at` says when.',
  sale_closed: 'The sale of this event has ended.',
  sale_paused: 'The organiser has paused the sale. Try again later.',
  event_cancelled: 'The event does not take place. Buyers are refunded.',
  no_adjacent_seats: 'Ask for fewer seats, or set `adjacent` to `prefer`.',
  payment_in_progress: 'Another payment for this hold is in progress. Poll the booking until it has ended.',
  already_purchased: 'These places are bought. `booking_id` names the booking.',
  price_changed: 'Show the buyer the current price, `total_minor`, and send a purchase with that price.',
  not_cancellable: '`detail` says why: the policy of the sale, or the state of the booking.',
  queue_not_enabled: 'Nobody needs a pass for this event now. Hold places without one.',
  draw_not_open:
    'The event has no draw, or the draw is not yet at this stage, or already past it. `GET /events/{event_id}/queue` shows when it closes and opens.',
  ticket_void: 'The ticket was refunded or its event is cancelled. Nobody can enter with it.',
  ticket_used: 'Somebody has already entered with this ticket.',
  erasure_blocked:
    'Nothing was erased, because something is still in progress: `reason` says what, `until` until when, if that is known. Try again later.',
  idempotency_key_in_use: 'Send the same request with the same key again in a moment, to get its answer.',
  body_too_large: 'Send a smaller body.',
  unsupported_media_type:
    'Send JSON with the header `Content-Type: application/json`, without an encoding. With a token the body may be in gzip.',
  expectation_failed: 'Leave out the header `Expect`, or expect `100-continue`.',
  idempotency_key_reused: 'An Idempotency-Key belongs to one request. Choose a new key for this one.',
  ticket_limit:
    '`limit` is the largest number of tickets that one buyer may have for this event; `tickets` is how many the buyer has.',
  card_number_refused:
    'Enter card numbers only on the page of the payment provider, and send its token. For an Idempotency-Key, use a random UUID.',
  stream_full:
    'This gateway has as many open streams as it can serve. Poll `/events/{event_id}/seats`, and try again later.',
  rate_limited: 'Wait as long as `Retry-After` says, then send the request again.',
  queue_full: 'The queue has no room for more people. Try again later.',
  internal:
    'The request failed because of a fault in the system. The operator can find the reason by `request_id`. Try again later.',
  provider_unavailable: 'Nothing was charged. Send the purchase again, with the same Idempotency-Key.',
  no_worker: 'This part of the system is not running now. Try again later.',
  overloaded: 'There are too many requests at once. Wait as long as `Retry-After` says, then send the request again.',
  unavailable: 'A part of the system that this request needs is unavailable. Try again later.',
  worker_timeout: 'The answer took too long. A write may have succeeded: repeat it with the same Idempotency-Key.',
}
