import { join } from 'node:path'
import { projectRoot } from '../config.ts'
import { newTicketKey } from './ticket-key.ts'

/** Opens the organiser's routes of a temporary system. */
export const organiserKey = 'org_test-0123456789abcdef'

/** Opens the door's. */
export const doorKey = 'door_test-0123456789abcdef'

/** Signs the callbacks of its payment sandbox. */
export const webhookSecret = 'a secret for the webhooks of tests'

/** Signs places and passes of its waiting rooms. */
export const roomSecret = 'a secret for the waiting rooms of tests'

/** Settings of a system that lasts as long as a test or a benchmark: callers name themselves. */
export const temporarySettings = {
  AUTH: 'demo',
  SESSION_SECRET: 'a secret for tests that is long enough',
  WAITING_ROOM_SECRET: roomSecret,
  ORGANISER_KEY: organiserKey,
  DOOR_KEY: doorKey,
  PAYMENT_WEBHOOK_SECRET: webhookSecret,
  TICKET_KEYS: newTicketKey(),
  OTEL_SDK_DISABLED: 'true',
  // Some hundred processes load the same modules in a run.
  NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'compile'),
  // By paths relative to that folder, so that copies of the project share it.
  NODE_COMPILE_CACHE_PORTABLE: '1',
} as const
