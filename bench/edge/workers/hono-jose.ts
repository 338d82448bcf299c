import { Hono } from 'hono'
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { place } from './place.ts'

interface Bindings {
  readonly ISSUER: string
  readonly AUDIENCE: string
  readonly JWKS_URI: string
}

/**
 * Worker of a competent user: hono, and jose to check the token of each request. The key set is fetched once and kept, as
 * jose's manual says.
 */
const app = new Hono<{ Bindings: Bindings }>()
let keys: JWTVerifyGetKey | undefined

app.use(async (context, next) => {
  const { ISSUER, AUDIENCE, JWKS_URI } = context.env
  keys ??= createRemoteJWKSet(new URL(JWKS_URI))
  const token = context.req.header('authorization')?.replace(/^Bearer /, '') ?? ''
  try {
    await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt', algorithms: ['ES256'] })
  } catch {
    return context.json({ title: 'Access token required' }, 401)
  }
  return next()
})
app.get('/v2/places/:id', (context) => context.body(place, 200, { 'content-type': 'application/json' }))

export default app
