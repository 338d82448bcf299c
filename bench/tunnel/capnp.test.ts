import { describe, expect, it } from 'vitest'
import { capability, done, readMessage, registered, takeFrames } from './capnp.ts'

/** `Bootstrap` with question 0, and `unregisterConnection` (method 1) with question 1: cloudflared 2026.8.2 sent them. */
const bootstrap = Buffer.from(
  '000000000500000000000000010001000800000000000000000000000100010000000000000000000000000000000000',
  'hex',
)
const call = Buffer.from(
  '000000000e000000000000000100010002000000000000000000000003000300' +
    '01000000010000009754e87fec9516f700000000000000000800000001000100' +
    '0c00000000000200000000000000000000000000000000000000000000000000' +
    'fcffffff0000000001000000070000000000000001000100',
  'hex',
)
/** `Finish` of question 1. */
const finish = Buffer.from(
  '00000000040000000000000001000100040000000000000000000000010000000100000001000000',
  'hex',
)

describe('frames of a stream', () => {
  it('are taken whole, however they arrive', () => {
    const both = Buffer.concat([bootstrap, call])
    for (let cut = 0; cut <= both.length; cut++) {
      const first = takeFrames(both.subarray(0, cut))
      const second = takeFrames(Buffer.concat([first.rest, both.subarray(cut)]))
      const kinds = [...first.segments, ...second.segments].map((segment) => readMessage(segment).kind)
      expect(kinds, `cut at ${cut}`).toEqual(['bootstrap', 'call'])
      expect(second.rest).toHaveLength(0)
    }
  })

  it('of several segments are refused', () => {
    expect(() => takeFrames(Buffer.from('0100000001000000', 'hex'))).toThrow('2 segments')
  })

  it('above 64 KB are refused before they arrive', () => {
    expect(() => takeFrames(Buffer.from('00000000ffffff00', 'hex'))).toThrow(RangeError)
  })
})

describe('a message', () => {
  it('tells question and method', () => {
    const [segment = Buffer.alloc(0)] = takeFrames(call).segments
    expect(readMessage(segment)).toEqual({ kind: 'call', questionId: 1, method: 1 })
  })

  it('that needs no answer is another', () => {
    const [segment = Buffer.alloc(0)] = takeFrames(finish).segments
    expect(readMessage(segment)).toEqual({ kind: 'other' })
  })

  it('that ends too early is refused', () => {
    expect(() => readMessage(Buffer.alloc(4))).toThrow(RangeError)
  })
})

/** Follows the pointers of an answer, as a reader of another implementation does. */
function contentOf(answer: Buffer) {
  const [segment = Buffer.alloc(0), ...more] = takeFrames(answer).segments
  expect(more).toHaveLength(0)
  const target = (pointer: number) => pointer + 8 + (segment.readInt32LE(pointer) >> 2) * 8
  const pointersOf = (pointer: number) => target(pointer) + segment.readUInt16LE(pointer + 4) * 8
  const message = target(0)
  const returned = target(pointersOf(0))
  const payload = pointersOf(pointersOf(0))
  return {
    segment,
    target,
    pointersOf,
    kind: segment.readUInt16LE(message),
    questionId: segment.readUInt32LE(returned),
    union: segment.readUInt16LE(returned + 6),
    content: target(payload),
    contentPointer: target(payload),
    table: target(payload) + 8,
  }
}

describe('an answer', () => {
  const uuid = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

  it('to the registration has the connection, managed remotely', () => {
    const { segment, target, pointersOf, kind, questionId, union, content } = contentOf(registered(7, uuid))
    expect([kind, questionId, union]).toEqual([3, 7, 0])
    const result = pointersOf(content)
    expect(segment.readUInt16LE(target(result))).toBe(1)
    const details = pointersOf(result)
    expect(segment.readUInt8(target(details))).toBe(1)
    const list = (pointer: number) => {
      const count = segment.readUInt32LE(pointer + 4) >> 3
      return segment.subarray(target(pointer), target(pointer) + count)
    }
    expect(list(pointersOf(details))).toEqual(uuid)
    expect(list(pointersOf(details) + 8).toString('latin1')).toBe('LOCAL\0')
    expect(target(pointersOf(details) + 8) + 8).toBe(segment.length)
  })

  it('to the bootstrap has one capability, hosted here', () => {
    const { segment, content, questionId, table } = contentOf(capability(3))
    expect(questionId).toBe(3)
    expect(segment.readUInt32LE(content)).toBe(3)
    const tag = table + 8
    expect(segment.readUInt32LE(tag) >> 2).toBe(1)
    expect(segment.readUInt16LE(tag + 8)).toBe(1)
    expect(tag + 24).toBe(segment.length)
  })

  it('without results is empty', () => {
    const { segment, content, questionId } = contentOf(done(9))
    expect([questionId, segment.readBigUInt64LE(content)]).toEqual([9, 0n])
  })

  it('needs a whole id', () => {
    expect(() => registered(0, Buffer.alloc(15))).toThrow(RangeError)
  })
})
