import { expect, it } from 'vitest'
import { OpenBodies } from './open-bodies.ts'

const body = () => ({ isComplete: false })
const bodies = () => new OpenBodies({ countMax: 2, openMsMax: 1_000 })

it('lets a few bodies go on before they are here', () => {
  const streamed = bodies()
  expect([1, 2, 3].map(() => streamed.admits(body(), 0))).toEqual([true, true, false])
})

it('has room again when one is complete', () => {
  const streamed = bodies()
  const first = body()
  streamed.admits(first, 0)
  streamed.admits(body(), 0)
  first.isComplete = true
  expect(streamed.admits(body(), 0)).toBe(true)
  expect(streamed.admits(body(), 0)).toBe(false)
})

it('has room again when a later one is complete', () => {
  const streamed = bodies()
  const second = body()
  streamed.admits(body(), 0)
  streamed.admits(second, 0)
  second.isComplete = true
  expect(streamed.admits(body(), 0)).toBe(true)
})

it('forgets what was given up', () => {
  const streamed = bodies()
  streamed.admits(body(), 0)
  streamed.admits(body(), 0)
  expect(streamed.admits(body(), 1_000)).toBe(false)
  expect(streamed.admits(body(), 1_001)).toBe(true)
})
