import { eraseUser, exportUser } from '#shared/contracts/privacy.ts'
import { defineRoute } from './route.ts'

/** What people may ask about their own data. Never cached. */

export const privacyRoutes = [
  defineRoute({
    method: 'GET',
    path: '/me/export',
    contract: exportUser,
    access: 'caller',
    limit: 'privacy',
    fileName: 'my-data.json',
  }),
  defineRoute({
    method: 'DELETE',
    path: '/me',
    contract: eraseUser,
    access: 'caller',
    limit: 'privacy',
    successes: [204],
  }),
]
