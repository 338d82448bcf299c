import { expect, it } from 'vitest'
import { LatePurges } from './late-purges.ts'

function harness(tagsMax = 100) {
  const clock = { now: 10_400 }
  const wakes: { readonly atMs: number; readonly wake: () => void }[] = []
  const purged: (readonly string[])[] = []
  const late = new LatePurges({
    now: () => clock.now,
    sleep: (ms) => new Promise((wake) => wakes.push({ atMs: clock.now + ms, wake })),
    delayMs: 10_000,
    tagsMax,
  })
  const add = (...tags: readonly string[]): Promise<void> | undefined =>
    late.add(tags, async (due) => void purged.push(due))
  return { clock, wakes, purged, add }
}

it('purges again after the delay, not earlier', async () => {
  const { wakes, purged, add } = harness()
  const work = add('places:1', 'places:*')
  expect(purged).toEqual([])
  expect(wakes.map(({ atMs }) => atMs)).toEqual([21_000])
  wakes[0]?.wake()
  await work
  expect(purged).toEqual([['places:1', 'places:*']])
})

it('uses one waiting request per time slot', async () => {
  const { clock, wakes, purged, add } = harness()
  const first = add('a')
  clock.now += 500
  expect(add('b', 'a')).toBeUndefined()
  clock.now += 200
  const second = add('c')
  for (const { wake } of wakes) wake()
  await Promise.all([first, second])
  expect(purged).toEqual([['a', 'b'], ['c']])
})

it('holds a bounded number of tags', async () => {
  const { wakes, purged, add } = harness(2)
  const work = add('a')
  add('b')
  add('c')
  wakes[0]?.wake()
  await work
  expect(purged).toEqual([['a', 'b']])
})

it('does not wait for a request that was dropped', () => {
  const { clock, wakes, add } = harness()
  add('a')
  clock.now += 60_000
  expect(add('a')).toBeInstanceOf(Promise)
  expect(wakes).toHaveLength(2)
})
