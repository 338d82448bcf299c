import { expect, it } from 'vitest'
import { inEquilibrium } from './equilibrium.ts'

/** Origins that answer less at a higher slowdown, of a database that is slow from 100 requests on. */
const respond = (asked: number) => (slowdown: number) => {
  const answer = asked / slowdown
  return { answer, slowdown: answer <= 100 ? 1 : 1 + (answer - 100) }
}

it('is the first answer where the database has room', () => {
  expect(inEquilibrium(1, respond(90))).toBe(90)
  expect(inEquilibrium(2, respond(90))).toBe(45)
})

it('is an answer whose slowdown is the one that it causes', () => {
  const answer = inEquilibrium(1, respond(1_000))
  const slowdown = 1_000 / answer
  expect(respond(1_000)(slowdown).slowdown).toBeLessThanOrEqual(slowdown)
  expect(respond(1_000)(slowdown / 1.25).slowdown).toBeGreaterThan(slowdown / 1.25)
})
