import { describe, expect, test } from 'vitest'
import { freshenedFields, removeHopByHop } from './fields.ts'

test('removes hop-by-hop fields and those that Connection names (RFC 9110 §7.6.1)', () => {
  const headers = new Headers({ connection: 'a, , b', a: '1', b: '2', c: '3', 'keep-alive': 'x', te: 'y' })
  removeHopByHop(headers)
  expect([...headers]).toEqual([['c', '3']])
})

test('a Connection that is no list of names removes nothing else', () => {
  const headers = new Headers({ connection: 'a b', c: '3' })
  removeHopByHop(headers)
  expect([...headers]).toEqual([['c', '3']])
})

describe('freshening (RFC 9111 §3.2)', () => {
  const stored = new Headers({
    age: '9',
    etag: '"a"',
    'content-length': '5',
    'content-encoding': 'x',
    'content-type': 'text/plain',
    kept: '1',
    replaced: '1',
  })

  test('replaces what the 304 brings, keeps the rest, and leaves what describes the bytes', () => {
    const fields = freshenedFields(
      stored,
      new Headers({
        etag: '"b"',
        'content-length': '0',
        'content-encoding': 'y',
        'content-type': 'text/html',
        replaced: '2',
        connection: 'x',
      }),
    )
    expect(Object.fromEntries(fields)).toEqual({
      etag: '"a"',
      'content-length': '5',
      'content-encoding': 'x',
      'content-type': 'text/html',
      kept: '1',
      replaced: '2',
    })
  })

  test('repeated fields replace all old lines', () => {
    const old = new Headers([['set-cookie', 'old=1']])
    const update = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ])
    expect(freshenedFields(old, update).getSetCookie()).toEqual(['a=1', 'b=2'])
  })

  test('takes a validator that was not there', () => {
    expect(freshenedFields(new Headers(), new Headers({ etag: '"b"' })).get('etag')).toBe('"b"')
  })
})
