import { expect, it } from 'vitest'
import { parseOtlpHeaders } from './otlp-headers.ts'

it.each([
  ['', {}],
  ['x-api-key=abc', { 'x-api-key': 'abc' }],
  ['a=1, b=two%20words ,', { a: '1', b: 'two words' }],
  ['authorization=Basic%20YWJjOg%3D%3D', { authorization: 'Basic YWJjOg==' }],
  ['secret', undefined],
  ['a b=1', undefined],
  ['a=%', undefined],
  ['a=1%0d%0aevil:2', undefined],
])('reads %j', (text, headers) => expect(parseOtlpHeaders(text)).toEqual(headers))
