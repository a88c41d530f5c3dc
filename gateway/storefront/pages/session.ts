import { z } from 'zod'
import { viewSession } from '../views/session.ts'
import { definePage } from './page.ts'

/**
 * The path to return to. Only paths of this host: `//other.example` and `/\other.example` would lead to another one, and so would a line
 * break, which browsers remove.
 */
function safePath(to: string): string {
  return /^\/(?![/\\])[!-~]*$/.test(to) && to.length <= 1_024 ? to : '/'
}

export const sessionPage = definePage({
  path: '/shop/session',
  access: 'plain',
  parameters: z.object({ to: z.string().default('/').transform(safePath) }),
  view: ({ to }, { isDemo }) => viewSession({ to, isDemo }),
})
