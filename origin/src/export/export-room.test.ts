import { expect, it } from 'vitest'
import { ExportRoom } from './export-room.ts'

it('gives one caller half of its places, and others the rest', () => {
  const room = new ExportRoom(4)
  const first = room.enter('alice')
  expect([first, room.enter('alice')].every((place) => place !== undefined)).toBe(true)
  expect(room.enter('alice')).toBeUndefined()
  const other = room.enter('bob')
  expect(other).toBeDefined()
  expect([room.enter('alice'), room.enter('bob')]).toEqual([undefined, undefined])
  const third = room.enter('carol')
  expect(third).toBeDefined()
  expect(room.enter('dave')).toBeUndefined()
  first?.[Symbol.dispose]()
  first?.[Symbol.dispose]()
  expect(room.enter('dave')).toBeDefined()
  expect(room.enter('erin')).toBeUndefined()
})
