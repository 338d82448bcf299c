import { expect, it } from 'vitest'
import { FeedRoom } from './feed-room.ts'

it('bounds the readers of one caller, of callers without a token, and of all', () => {
  const room = new FeedRoom({ readersMax: 4, callerMax: 2 })
  const first = room.enter('alice')
  expect(typeof first).toBe('object')
  expect(typeof room.enter('alice')).toBe('object')
  expect(room.enter('alice')).toBe('overShare')
  expect(typeof room.enter(undefined)).toBe('object')
  expect(typeof room.enter(undefined)).toBe('object')
  expect(room.enter(undefined)).toBe('overShare')
  expect(room.enter('bob')).toBe('full')
  if (typeof first === 'string') return
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  expect(room.count).toBe(3)
  expect(typeof room.enter('bob')).toBe('object')
  expect(room.enter('carol')).toBe('full')
})
