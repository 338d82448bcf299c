import { expect, it } from 'vitest'
import { TransactionRoom } from './transaction-room.ts'

/** Work that ends when the test says so. */
function held(): {
  readonly work: () => Promise<string>
  readonly end: () => void
  readonly begun: () => boolean
} {
  const { promise, resolve } = Promise.withResolvers<string>()
  let hasBegun = false
  return {
    work: () => {
      hasBegun = true
      return promise
    },
    end: () => resolve('done'),
    begun: () => hasBegun,
  }
}

it('runs at most as many at once as allowed, and the others in order of arrival', async () => {
  const room = new TransactionRoom(1)
  const [first, second, third] = [held(), held(), held()]
  const all = [first, second, third].map(({ work }) => room.run(60_000, work))
  expect([first.begun(), second.begun(), third.begun(), room.waiting]).toEqual([true, false, false, 2])
  first.end()
  await all[0]
  expect([second.begun(), third.begun(), room.inflight]).toEqual([true, false, 1])
  second.end()
  third.end()
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done'])
  expect([room.inflight, room.waiting]).toEqual([0, 0])
})

it('refuses work beyond the queue limit or the time limit without running it', async () => {
  const room = new TransactionRoom(1, 1)
  const [first, second, third] = [held(), held(), held()]
  const running = room.run(60_000, first.work)
  const waiting = room.run(1, second.work)
  expect(await room.run(60_000, third.work)).toBe('full')
  expect(await waiting).toBe('late')
  first.end()
  await running
  expect([second.begun(), third.begun(), room.inflight, room.waiting]).toEqual([false, false, 0, 0])
})

it('frees the slot when the work fails', async () => {
  const room = new TransactionRoom(1)
  await expect(room.run(60_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await room.run(60_000, async () => 'next')).toBe('next')
})
