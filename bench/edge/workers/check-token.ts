import { createMiddleware } from 'hono/factory'
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose'

export interface Bindings {
  readonly ISSUER: string
  readonly AUDIENCE: string
  readonly JWKS_URI: string
}

let keys: JWTVerifyGetKey | undefined

/** Checks the token of each request with jose. The key set is fetched once and kept, as jose's manual says. */
export const checkToken = createMiddleware<{ Bindings: Bindings }>(async (context, next) => {
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
