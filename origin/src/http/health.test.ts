import { expect, it } from 'vitest'
import { Health } from './health.ts'

const clock = { now: 0 }
const now = () => clock.now

it('asks the database once for many who ask, and again when the answer is old', async () => {
  let pings = 0
  const ping = async (): Promise<boolean> => {
    pings += 1
    return true
  }
  const health = new Health({ ping, hasPoolRoom: () => true, now, pingFreshMs: 1_000 })
  await Promise.all(Array.from({ length: 10 }, () => health.readiness()))
  clock.now += 999
  await health.readiness()
  expect(pings).toBe(1)
  clock.now += 1
  await health.readiness()
  expect(pings).toBe(2)
})

it.each([
  ['database', async () => false, true],
  ['database', () => Promise.reject(new Error('gone')), true],
  ['pool', async () => true, false],
] satisfies [string, () => Promise<boolean>, boolean][])(
  'is not ready without %s, and says so',
  async (name, ping, hasRoom) => {
    const health = new Health({ ping, hasPoolRoom: () => hasRoom, now: () => 0 })
    const { isReady, checks } = await health.readiness()
    expect(isReady).toBe(false)
    expect(checks[name]).toEqual({ ok: false, reason: expect.any(String) })
  },
)
