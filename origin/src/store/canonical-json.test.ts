import { expect, it } from 'vitest'
import { canonicalJson } from './canonical-json.ts'

const of = (text: string): string => canonicalJson(JSON.parse(text))

it('does not depend on the order of members, at any depth', () => {
  expect(of('{"b":{"y":1,"x":[{"d":2,"c":3}]},"a":null}')).toBe(
    of('{"a":null,"b":{"x":[{"c":3,"d":2}],"y":1}}'),
  )
})

it.each([
  ['the order of items', '[1,2]', '[2,1]'],
  ['a value', '{"a":1}', '{"a":2}'],
  ['a name', '{"a":1}', '{"b":1}'],
  ['the kind of a value', '{"a":"1"}', '{"a":1}'],
  ['where a member stands', '{"a":{"b":1},"c":2}', '{"a":{"b":1,"c":2}}'],
  ['an array and an object', '["a"]', '{"0":"a"}'],
])('tells %s apart', (_, one, other) => expect(of(one)).not.toBe(of(other)))
