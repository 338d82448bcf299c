import { performance } from 'node:perf_hooks'
import type { Random } from '../load/random.ts'
import type { UserPoint } from './scenario.ts'

/** Interval in which users come and go, in ms. */
const tickMs = 50

/**
 * Sends one request of a user.
 *
 * @param intendedMs planned start, on the clock of `performance.now()`
 * @param atMs the same, since the start of the run
 * @param done called when the user has the answer
 */
export type Ask = (user: number, intendedMs: number, atMs: number, done: () => void) => void

export interface ClosedUsersOptions {
  readonly users: readonly UserPoint[]
  /** Mean of an exponential distribution, which is memoryless: people do not act on a schedule. */
  readonly thinkMs: number
  readonly random: Random
  readonly ask: Ask
}

/** Users who think, send a request and wait for the answer, repeatedly. Resolves at the end of the run. */
export function closedUsers({ users, thinkMs, random, ask }: ClosedUsersOptions): Promise<void> {
  const startMs = performance.now()
  const endMs = users.at(-1)?.atMs ?? 0
  let active = 0
  const sinceStartMs = () => performance.now() - startMs

  const think = (user: number) => {
    const atMs = sinceStartMs() - thinkMs * Math.log(1 - random())
    setTimeout(() => {
      if (atMs >= endMs || user >= usersAt(users, atMs)) {
        active--
        return
      }
      ask(user, startMs + atMs, atMs, () => think(user))
    }, atMs - sinceStartMs())
  }
  return new Promise((resolve) => {
    const tick = () => {
      const atMs = sinceStartMs()
      if (atMs >= endMs) return resolve()
      for (const wanted = Math.round(usersAt(users, atMs)); active < wanted; active++) think(active)
      setTimeout(tick, tickMs)
    }
    tick()
  })
}

export function usersAt(users: readonly UserPoint[], atMs: number): number {
  const index = users.findIndex((point) => point.atMs >= atMs)
  const to = users[index] ?? users.at(-1)
  const from = index === -1 ? to : (users[index - 1] ?? to)
  if (from === undefined || to === undefined) return 0
  if (to.atMs === from.atMs) return to.users
  return from.users + ((to.users - from.users) * (atMs - from.atMs)) / (to.atMs - from.atMs)
}
