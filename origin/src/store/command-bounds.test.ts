import { expect, it } from 'vitest'
import { CommandBounds } from './command-bounds.ts'
import { CommandGivenUpError, fateOf } from './database-error.ts'

/** A clock that the test sets, with its timers. */
function setUp() {
  let now = 0
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const bounds = new CommandBounds({
    now: () => now,
    after: (run, delayMs) => {
      const timer = { at: now + delayMs, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    graceMs: 100,
    boundMsMax: 10_000,
  })
  const advance = (timeMs: number) => {
    now += timeMs
    for (const timer of [...timers].filter(({ at }) => at <= now)) {
      timers.delete(timer)
      timer.run()
    }
  }
  return { bounds, advance, timers }
}

const never = () => new Promise<never>(() => {})

it('ends a hanging command shortly after the server’s own limit, as lost', async () => {
  const { bounds, advance } = setUp()
  let signal: AbortSignal | undefined
  const outcome = bounds
    .run(1_000, (given) => {
      signal = given
      return never()
    })
    .catch((error: unknown) => error)
  advance(1_099)
  expect(signal?.aborted).toBe(false)
  advance(1)
  const error = await outcome
  expect(error).toBeInstanceOf(CommandGivenUpError)
  expect(fateOf(error)).toBe('lost')
  // The driver closes the connection when it is aborted, and throws the signal's reason.
  expect(signal?.reason).toBe(error)
  expect(bounds.givenUp).toBe(1)
})

it('reports a command as overdue from half of the grace until it ends', async () => {
  const { bounds, advance } = setUp()
  const outcome = bounds.run(1_000, never).catch(() => {})
  advance(1_050)
  expect(bounds.isAnyOverdue).toBe(false)
  advance(1)
  expect(bounds.isAnyOverdue).toBe(true)
  advance(49)
  await outcome
  expect(bounds.isAnyOverdue).toBe(false)
})

it('bounds a command by boundMsMax even if its caller would wait longer', async () => {
  const { bounds, advance } = setUp()
  const outcome = bounds.run(30_000, never).catch((error: unknown) => error)
  advance(10_000)
  expect(await outcome).toBeInstanceOf(CommandGivenUpError)
})

it('passes on the result of the command, and clears its timer', async () => {
  const { bounds, advance, timers } = setUp()
  expect(await bounds.run(1_000, async () => 'done')).toBe('done')
  await expect(bounds.run(1_000, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
  expect(timers.size).toBe(0)
  advance(60_000)
  expect(bounds.givenUp).toBe(0)
  expect(bounds.isAnyOverdue).toBe(false)
})
