import { describe, expect, it } from 'vitest'
import { PoolRoom } from './pool-room.ts'

/** A pool with waits of 500 ms, every 10 ms, until there is no room. */
function exhausted(): { readonly room: PoolRoom; readonly now: number } {
  const room = new PoolRoom()
  let now = 0
  for (; room.hasRoom(now); now += 10)
    room.onPool({ kind: 'checkOutFailed', waitMs: 500, reason: 'timeout' }, now)
  return { room, now }
}

describe('pool room', () => {
  it('ends after several long waits in a row, not after a single one', () => {
    const room = new PoolRoom()
    room.onPool({ kind: 'checkedOut', waitMs: 500 }, 0)
    expect(room.hasRoom(0)).toBe(true)
    expect(exhausted().now).toBeGreaterThan(50)
  })

  it('returns when waits are short', () => {
    const { room, now } = exhausted()
    for (let check = 1; check <= 30; check += 1) room.onPool({ kind: 'checkedOut', waitMs: 1 }, now + check)
    expect(room.hasRoom(now + 30)).toBe(true)
  })

  it('returns after some time without commands', () => {
    const { room, now } = exhausted()
    expect(room.hasRoom(now + 10_000)).toBe(true)
  })

  it('does not return while waits fail', () => {
    const { room, now } = exhausted()
    for (let time = now; time < now + 60_000; time += 10) {
      room.onPool({ kind: 'checkOutFailed', waitMs: 500, reason: 'timeout' }, time)
    }
    expect(room.hasRoom(now + 60_000)).toBe(false)
  })
})
