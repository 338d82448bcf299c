import { describe, expect, it } from 'vitest'
import { cookieValue } from './cookie.ts'
import { conditionalFields, requestFields, responseFields } from './forwarded-headers.ts'
import { isUuid, urlProblem } from './request-headers.ts'

describe('cookies', () => {
  it.each([
    ['a=1', '1'],
    ['b=2; a=1', '1'],
    ['b=2;a=1', '1'],
    ['a=1; a=2', '1'],
    ['ba=1', undefined],
    ['a', undefined],
    ['', undefined],
    ['a=x=y', 'x=y'],
  ])('%j', (cookie, expected) => {
    expect(cookieValue(cookie, 'a')).toBe(expected)
  })
})

describe('limits', () => {
  it.each([
    ['a write', requestFields],
    ['a read', conditionalFields],
  ])('count names and values of what the origin is sent by %s', (_, fields) => {
    const largest = 'x'.repeat(16_384 - 'if-none-match'.length)
    const asked = new Headers({ 'if-none-match': largest, 'x-other': 'x'.repeat(20_000) })
    expect(Object.keys(fields(asked))).toEqual(['if-none-match'])
    asked.set('if-none-match', `${largest}x`)
    expect(() => fields(asked)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ code: 'headers-too-large' }) }),
    )
  })
  it('count the path with its query', () => {
    expect(urlProblem(`/${'a'.repeat(8_191)}`)).toBeUndefined()
    expect(urlProblem(`/${'a'.repeat(8_192)}`)?.code).toBe('uri-too-long')
  })
  it.each([
    ['3f1e1f3c-0b0a-4a57-9f0a-0d7c5e2c9f11', true],
    ['3F1E1F3C-0B0A-4A57-9F0A-0D7C5E2C9F11', true],
    ['3f1e1f3c-0b0a-4a57-9f0a-0d7c5e2c9f1', false],
    ['3f1e1f3c-0b0a-4a57-9f0a-0d7c5e2c9f1\n', false],
    ['{"requestId":"forged"}xxxxxxxxxxxxxx', false],
  ])('%j is a UUID: %s', (text, expected) => {
    expect(isUuid(text)).toBe(expected)
  })
})

describe('fields towards the origin', () => {
  it('contain only fields of the allow-list', () => {
    const sent = requestFields(
      new Headers({
        authorization: 'Bearer x',
        cookie: 'a=b',
        'content-type': 'application/json',
        'if-match': '"1"',
        te: 'trailers',
        'x-forwarded-for': '1.2.3.4',
        'x-anything': '1',
      }),
    )
    expect(sent).toEqual({
      'content-type': 'application/json',
      'if-match': '"1"',
    })
  })

  it('are those as well that an endpoint names, and no other', () => {
    const client = new Headers({ 'webhook-signature': 'v1,a', 'webhook-id': 'e', 'x-anything': '1' })
    expect(requestFields(client, ['webhook-signature'])).toEqual({ 'webhook-signature': 'v1,a' })
  })

  it('are refused if Connection lists one that the origin needs (RFC 9110 §7.6.1)', () => {
    const hostile = new Headers({ connection: 'close, If-Match', 'if-match': '"1"' })
    expect(requestFields(hostile)).toBe('if-match')
    expect(requestFields(new Headers({ connection: 'If-Match' }))).toEqual({})
  })
})

describe('fields towards the client', () => {
  it('exclude hop-by-hop fields, those that Connection lists, and our own', () => {
    const shown = responseFields(
      new Headers({
        connection: 'x-hop',
        'x-hop': '1',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        'set-cookie': 'a=b',
        server: 'x',
        'spillway-load': 'u=0.10, q=0, s=0.000',
        etag: '"1"',
      }),
    )
    expect(Object.fromEntries(shown)).toEqual({ etag: '"1"' })
  })
})
