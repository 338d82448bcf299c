import { expect, it } from 'vitest'
import { Health } from './health.ts'

const clock = { now: 0 }
const now = () => clock.now
const inTime = { isAnyOverdue: false, givenUp: 0 }

it('asks the database once for many who ask, and again when the answer is old', async () => {
  let pings = 0
  const ping = async (): Promise<boolean> => {
    pings += 1
    return true
  }
  const health = new Health({
    ping,
    hasPoolRoom: () => true,
    commands: inTime,
    now,
    pingFreshMs: 1_000,
  })
  await Promise.all(Array.from({ length: 10 }, () => health.readiness()))
  clock.now += 999
  await health.readiness()
  expect(pings).toBe(1)
  clock.now += 1
  await health.readiness()
  expect(pings).toBe(2)
})

it.each([
  ['database', async () => false, true, false],
  ['database', () => Promise.reject(new Error('gone')), true, false],
  ['pool', async () => true, false, false],
  ['commands', async () => true, true, true],
] satisfies [string, () => Promise<boolean>, boolean, boolean][])(
  'is not ready without %s, and says so',
  async (name, ping, hasRoom, isOverdue) => {
    const health = new Health({
      ping,
      hasPoolRoom: () => hasRoom,
      commands: { isAnyOverdue: isOverdue, givenUp: 0 },
      now: () => 0,
    })
    const { isReady, checks } = await health.readiness()
    expect(isReady).toBe(false)
    expect(checks[name]).toEqual({ ok: false, reason: expect.any(String) })
  },
)

it('is not ready when a command was given up while the database was asked', async () => {
  const commands = { isAnyOverdue: false, givenUp: 0 }
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const health = new Health({ ping: () => promise, hasPoolRoom: () => true, commands, now: () => 0 })
  const readiness = health.readiness()
  commands.givenUp = 1
  resolve(true)
  expect((await readiness).checks.commands?.ok).toBe(false)
})
