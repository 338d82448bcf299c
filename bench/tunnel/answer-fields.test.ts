import { expect, it } from 'vitest'
import { parseAnswerFields } from './answer-fields.ts'

const pair = (name: string, value: string) =>
  [name, value].map((text) => Buffer.from(text, 'latin1').toString('base64').replaceAll('=', '')).join(':')

it('reads the fields in order, one of them twice, one of them empty', () => {
  const text = [
    pair('Etag', '"1"'),
    pair('Vary', 'a'),
    pair('Vary', 'b'),
    pair('X', ''),
    pair('Y', 'é'),
  ].join(';')
  expect(parseAnswerFields(text)).toEqual(['Etag', '"1"', 'Vary', 'a', 'Vary', 'b', 'X', '', 'Y', 'é'])
})

it('reads no field from an empty text', () => expect(parseAnswerFields('')).toEqual([]))

it('refuses a field without a colon', () => expect(() => parseAnswerFields('RXRhZw')).toThrow(RangeError))
