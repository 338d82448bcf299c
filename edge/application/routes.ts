/**
 * The edge's own routes, as a hono app. The contract's paths never get here; tokens are verified and callers counted
 * before. Optional: a team without routes of its own leaves it out of `worker.ts`.
 */
import { publicPaths } from '@spillway/origin/contract'
import { Hono } from 'hono'
import type { EdgeEnv } from '../src/routes.ts'

export const routes = new Hono<EdgeEnv>()

/** Example: lets machines discover the API from its host name (RFC 9727). */
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
