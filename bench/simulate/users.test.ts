import { expect, it } from 'vitest'
import { seededRandom } from '../load/random.ts'
import { Users } from './users.ts'

const options = { thinkSeconds: 10, retryAfterSeconds: 2, retriesMax: 3, shares: [0.75, 0.25] }
const all = (asked: readonly (readonly number[])[]) => asked.flat().reduce((sum, count) => sum + count, 0)

it('sends requests at the rate of the users’ think time, by operation', () => {
  const users = new Users(options)
  const random = seededRandom(1)
  const sums = [0, 0]
  for (let second = 0; second < 100; second += 1) {
    const [first = [], other = []] = users.ask(second, 10_000, random)
    sums[0] = (sums[0] as number) + (first[0] as number)
    sums[1] = (sums[1] as number) + (other[0] as number)
  }
  expect((sums[0] as number) / 100).toBeGreaterThan(740)
  expect((sums[0] as number) / 100).toBeLessThan(760)
  expect((sums[1] as number) / 100).toBeCloseTo(250, -1)
})

it('loses no user: each refused one comes back once, between Retry-After and twice that', () => {
  const users = new Users({ ...options, thinkSeconds: 1e12 })
  users.ask(0, 1_000, () => 0)
  users.refused(0, 1, 0, 90)
  expect(users.waiting).toBe(90)
  const back = [1, 2, 3, 4, 5].map((second) => users.ask(second, 1_000, () => 0)[1]?.[1])
  expect(back).toEqual([0, 30, 30, 30, 0])
  expect(users.waiting).toBe(0)
})

it('gives up after the last retry', () => {
  const users = new Users(options)
  users.refused(0, 0, 3, 10)
  expect(users.waiting).toBe(0)
})

it('sends less when refused: a waiting user is not another user', () => {
  const users = new Users(options)
  const random = seededRandom(2)
  let asked = 0
  for (let second = 0; second < 200; second += 1) {
    const requests = users.ask(second, 1_000, random)
    asked += all(requests)
    for (const [operation, attempts] of requests.entries())
      for (const [attempt, count] of attempts.entries()) users.refused(second, operation, attempt, count)
  }
  // A round of four attempts takes 10 s of thinking and three waits of 3 s: 4 requests in 19 s.
  expect(asked / 200).toBeGreaterThan((1_000 * 4) / 19 - 15)
  expect(asked / 200).toBeLessThan((1_000 * 4) / 19 + 15)
})

it('takes waiting users offline with the rest', () => {
  const users = new Users(options)
  users.ask(0, 1_000, () => 0)
  users.refused(0, 0, 0, 800)
  users.ask(1, 200, () => 0)
  expect(users.waiting).toBeCloseTo(200)
})
