import { expect, test } from 'vitest'
import { freshnessLifetime } from './freshness.ts'
import { requestControl } from './request-control.ts'
import { responseControl } from './response-control.ts'
import { apiRules, type CacheRules, passThroughRules } from './rules.ts'
import { type NotStored, whyNotStored } from './storability.ts'

interface Case {
  readonly method?: string
  readonly status?: number
  readonly asked?: Record<string, string>
  readonly answered?: Record<string, string>
  readonly rules?: CacheRules
  readonly locatesTarget?: boolean
}

const why = ({
  method = 'GET',
  status = 200,
  asked = {},
  answered = {},
  rules = passThroughRules,
  ...rest
}: Case) => {
  const headers = new Headers(answered)
  const control = responseControl(headers, rules)
  const lifetime = freshnessLifetime({ status, headers, control }, rules, 0)
  const request = requestControl(asked['cache-control'] ?? null)
  return whyNotStored(
    { method, requestHeaders: new Headers(asked), request, status, headers, control, lifetime, ...rest },
    rules,
  )
}

const cookieRules: CacheRules = { ...passThroughRules, storeSetCookie: 'explicit' }
const fresh = { 'cache-control': 'max-age=60' }

test.each<[string, Case, NotStored | undefined]>([
  ['fresh 200', { answered: fresh }, undefined],
  ['validator alone', { answered: { etag: '"a"' } }, undefined],
  ['nothing to go by', {}, 'no-use'],
  ['max-age=0 without validator', { answered: { 'cache-control': 'max-age=0, must-revalidate' } }, 'no-use'],
  ['stale but usable on error', { answered: { 'cache-control': 'max-age=0, stale-if-error=9' } }, undefined],
  ['HEAD is not stored (§3)', { method: 'HEAD', answered: fresh }, 'method'],
  ['nor POST', { method: 'POST', answered: fresh }, 'method'],
  [
    'POST that names the target (RFC 9110 §9.3.3)',
    { method: 'POST', answered: fresh, locatesTarget: true },
    undefined,
  ],
  ['but without lifetime', { method: 'POST', answered: { etag: '"a"' }, locatesTarget: true }, 'method'],
  ['206 (§3.3)', { status: 206, answered: fresh }, 'status'],
  ['304 out of the blue', { status: 304, answered: fresh }, 'status'],
  ['no-store (§5.2.2.5)', { answered: { 'cache-control': 'max-age=60, no-store' } }, 'no-store'],
  ['request no-store (§5.2.1.5)', { asked: { 'cache-control': 'no-store' }, answered: fresh }, 'no-store'],
  ['private (§5.2.2.7)', { answered: { 'cache-control': 'max-age=60, private' } }, 'private'],
  [
    'must-understand, unknown status (§5.2.2.3)',
    { status: 599, answered: { 'cache-control': 'max-age=60, must-understand' } },
    'not-understood',
  ],
  [
    'must-understand overrides no-store',
    { answered: { 'cache-control': 'max-age=60, must-understand, no-store' } },
    undefined,
  ],
  ['unknown status with lifetime', { status: 599, answered: fresh }, undefined],
  ['403 without permission', { status: 403, answered: { etag: '"a"' } }, 'no-permission'],
  ['Authorization (§3.5)', { asked: { authorization: 'x' }, answered: fresh }, 'authorization'],
  [
    'Authorization and public',
    { asked: { authorization: 'x' }, answered: { 'cache-control': 'public, max-age=60' } },
    undefined,
  ],
  [
    'Authorization and s-maxage',
    { asked: { authorization: 'x' }, answered: { 'cache-control': 's-maxage=60' } },
    undefined,
  ],
  [
    'Authorization and must-revalidate',
    { asked: { authorization: 'x' }, answered: { 'cache-control': 'max-age=60, must-revalidate' } },
    undefined,
  ],
  [
    'Authorization checked by the caller',
    { asked: { authorization: 'x' }, answered: fresh, rules: apiRules },
    undefined,
  ],
  ['Set-Cookie', { answered: { ...fresh, 'set-cookie': 'a=b' } }, 'set-cookie'],
  [
    'Set-Cookie with a lifetime where those are stored (§7.3)',
    { answered: { ...fresh, 'set-cookie': 'a=b' }, rules: cookieRules },
    undefined,
  ],
  [
    'Set-Cookie without one, there',
    { answered: { etag: '"a"', 'set-cookie': 'a=b' }, rules: cookieRules },
    'set-cookie',
  ],
  ['Set-Cookie in API mode', { answered: { ...fresh, 'set-cookie': 'a=b' }, rules: apiRules }, 'set-cookie'],
  ['Vary: * (§4.1)', { answered: { ...fresh, vary: 'a, *' } }, 'vary'],
])('%s', (_, input, expected) => {
  expect(why(input)).toBe(expected)
})
