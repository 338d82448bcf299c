import { expect, test } from 'vitest'
import { invalidatedUrls } from './invalidation.ts'

const target = new URL('https://a.test/x?y')

test.each<[string, string, number, Record<string, string>, string[]]>([
  ['an unsafe method invalidates its target', 'POST', 200, {}, ['https://a.test/x?y']],
  ['a redirect is no error', 'PUT', 303, {}, ['https://a.test/x?y']],
  ['an unknown method is unsafe', 'FOO', 204, {}, ['https://a.test/x?y']],
  ['a safe one does not', 'GET', 200, {}, []],
  ['nor does a failure', 'DELETE', 500, {}, []],
  ['nor a refusal', 'DELETE', 404, {}, []],
  [
    'Location and Content-Location too',
    'POST',
    201,
    { location: '/n', 'content-location': 'm' },
    ['https://a.test/x?y', 'https://a.test/n', 'https://a.test/m'],
  ],
  ['not those of another origin', 'POST', 201, { location: 'https://b.test/n' }, ['https://a.test/x?y']],
  [
    'those under a name that the origin has for itself',
    'POST',
    201,
    { location: 'https://origin.test/n', 'content-location': 'https://origin.test.evil.test/m' },
    ['https://a.test/x?y', 'https://origin.test/n'],
  ],
  ['nor what is no URL', 'POST', 201, { location: 'https://[' }, ['https://a.test/x?y']],
])('%s (RFC 9111 §4.4)', (_, method, status, fields, expected) => {
  const urls = invalidatedUrls(
    { method, target, origins: ['https://origin.test'] },
    status,
    new Headers(fields),
  )
  expect(urls.map(String)).toEqual(expected)
})
