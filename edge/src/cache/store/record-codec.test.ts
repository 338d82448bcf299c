import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeRecord, encodeRecord } from './record-codec.ts'

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed())

test('decodes every answer that it encoded', () => {
  const answers = fc.record({
    kind: fc.constant('answer' as const),
    status: fc.integer({ min: 200, max: 599 }),
    headers: fc.array(fc.tuple(text, text), { maxLength: 5 }),
    body: fc.option(fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes))),
    requestedAtMs: fc.nat(),
    receivedAtMs: fc.nat(),
    tags: fc.array(text, { maxLength: 5 }),
  })
  fc.assert(
    fc.property(answers, (answer) => {
      expect(decodeRecord(encodeRecord(answer))).toEqual(answer)
    }),
  )
})

test('decodes arbitrary bytes to undefined without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(decodeRecord(new Uint8Array(bytes))).toBeUndefined()
    }),
  )
})

test('decodes a truncated record to undefined', () => {
  const whole = encodeRecord({ kind: 'variants', names: ['accept'] })
  for (let length = 0; length < whole.byteLength; length++) {
    expect(decodeRecord(whole.slice(0, length))).toBeUndefined()
  }
})
