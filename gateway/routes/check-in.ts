import { recordScans, viewManifest } from '#shared/contracts/check-in.ts'
import { defineRoute } from './route.ts'

/** Routes for the gates of an event, authenticated by the key of the door or signed in there: browsers send that cookie only to these paths. */
export const checkInRoutes = [
  defineRoute({
    method: 'POST',
    path: '/check-in/:event_id/scans',
    contract: recordScans,
    access: 'door',
    limit: 'door',
  }),
  defineRoute({
    method: 'GET',
    path: '/check-in/:event_id/manifest',
    contract: viewManifest,
    access: 'door',
    limit: 'door',
  }),
]
