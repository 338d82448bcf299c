import { expect, test } from 'vitest'
import { fieldsForOrigin } from './pass-through-fields.ts'

const sent = (fields: Record<string, string>, method = 'GET', added: readonly string[] = []) =>
  [...fieldsForOrigin(new Headers(fields), method, new Set(added)).keys()].sort()

const all = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'x']))

test.each([
  'x-original-host',
  'x-backend-host',
  'x-real-ip',
  'rsc',
  'x-nextjs-data',
  'x-requested-with',
  'x-http-method-override',
  'x-anything',
  'te',
])('%s does not reach the origin with what may be stored', (name) => {
  expect(sent({ [name]: 'x', accept: '*/*' })).toEqual(['accept'])
  expect(sent({ [name]: 'x' }, 'HEAD')).toEqual([])
})

test('forwards fields of browsers and of HTTP', () => {
  const names = ['accept-language', 'authorization', 'cookie', 'range', 'sec-ch-ua-mobile', 'sec-fetch-mode']
  expect(sent(all(names))).toEqual(names)
})

test('forwards configured fields, except hop-by-hop ones', () => {
  expect(sent({ 'x-tenant': 'a', rsc: '1' }, 'GET', ['x-tenant'])).toEqual(['x-tenant'])
  expect(sent({ 'x-tenant': 'a', connection: 'x-tenant' }, 'GET', ['x-tenant'])).toEqual([])
})

test('other methods keep all fields except those that change their target', () => {
  const fields = all([
    'content-type',
    'idempotency-key',
    'x-csrf-token',
    'x-forwarded-host',
    'x-original-host',
  ])
  expect(sent(fields, 'POST')).toEqual(['content-type', 'idempotency-key', 'x-csrf-token'])
  expect(sent(all(['access-control-request-method']), 'OPTIONS')).toHaveLength(1)
})
