/**
 * Routes that the edge alone serves, beside the contract's: a hono app. The contract's own paths never come here, and
 * tokens are verified and callers counted before. Optional: without a team's own routes it is left out in `worker.ts`.
 */
import { publicPaths } from '@spillway/origin/contract'
import { Hono } from 'hono'
import type { EdgeEnv } from '../src/routes.ts'

export const routes = new Hono<EdgeEnv>()

/** The example: where a machine finds out what is here (RFC 9727), from the host's name alone. */
routes.get('/.well-known/api-catalog', (c) => {
  const { origin } = new URL(c.req.url)
  const linkset = [
    {
      anchor: origin,
      'service-desc': [{ href: `${origin}${publicPaths.openapi}`, type: 'application/json' }],
      'service-doc': [{ href: `${origin}${publicPaths.docs}`, type: 'text/html' }],
    },
  ]
  const type = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"'
  return c.body(JSON.stringify({ linkset }), 200, {
    'content-type': type,
    'cache-control': 'public, max-age=3600',
  })
})
