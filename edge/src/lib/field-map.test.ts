import { expect, it } from 'vitest'
import { FieldMap } from './field-map.ts'

const received = new Headers([
  ['ETag', '"1"'],
  ['Vary', 'Origin'],
  ['Vary', 'Accept'],
  ['Set-Cookie', 'a=1'],
  ['Set-Cookie', 'b=2'],
])

it('has the fields of the headers that it was made of', () => {
  const fields = FieldMap.of(received)
  for (const name of ['etag', 'vary', 'set-cookie', 'age']) {
    expect([name, fields.get(name), fields.has(name)]).toEqual([name, received.get(name), received.has(name)])
  }
  expect([...fields.keys()].sort()).toEqual(['etag', 'set-cookie', 'vary'])
  expect(fields.getSetCookie()).toEqual(['a=1', 'b=2'])
})

it('becomes the same headers again, each cookie apart', () => {
  const fields = FieldMap.of(received)
  expect([...new Headers(fields.toInit())]).toEqual([...received])
  expect(new FieldMap(fields.pairs()).pairs()).toEqual(fields.pairs())
  fields.delete('set-cookie')
  expect([...new Headers(fields.toInit())]).toEqual([
    ['etag', '"1"'],
    ['vary', 'Origin, Accept'],
  ])
})

it('sets, appends and deletes as headers do', () => {
  const fields = new FieldMap()
  const headers = new Headers()
  for (const each of [fields, headers]) {
    each.append('vary', 'a')
    each.append('vary', 'b')
    each.append('set-cookie', 'a=1')
    each.set('set-cookie', 'b=2')
    each.append('set-cookie', 'c=3')
    each.set('age', '1')
    each.set('age', '2')
    each.append('via', 'x')
    each.delete('via')
  }
  expect([...new Headers(fields.toInit())]).toEqual([...headers])
  expect([...fields].sort()).toEqual([...headers].sort())
})

it('is copied, not shared', () => {
  const fields = FieldMap.of(received)
  const copy = FieldMap.of(fields)
  fields.set('etag', '"2"')
  fields.append('set-cookie', 'c=3')
  expect([copy.get('etag'), copy.getSetCookie()]).toEqual(['"1"', ['a=1', 'b=2']])
})
