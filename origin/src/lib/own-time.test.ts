import { expect, it } from 'vitest'
import { OwnTime } from './own-time.ts'

it('counts code, and neither what it reads meanwhile nor what comes between', async () => {
  let nowMs = 0
  const own = new OwnTime(() => nowMs)
  const takes = async (timeMs: number) => {
    nowMs += timeMs
  }
  await takes(1)
  await own.during(async () => {
    await takes(10)
    await own.except(() => takes(100))
    expect(own.ms).toBe(10)
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const reads = [own.except(() => first.promise), own.except(() => second.promise)]
    await takes(100)
    first.resolve()
    await reads[0]
    await takes(100)
    second.resolve()
    await reads[1]
    await takes(20)
    expect(own.ms).toBe(30)
  })
  await takes(1_000)
  own.add(5)
  expect(own.ms).toBe(35)
})

it('counts work that fails until it fails', async () => {
  let nowMs = 0
  const own = new OwnTime(() => nowMs)
  const fails = async () => {
    nowMs += 7
    throw new Error('on purpose')
  }
  await expect(own.during(fails)).rejects.toThrow('on purpose')
  nowMs += 7
  expect(own.ms).toBe(7)
})
