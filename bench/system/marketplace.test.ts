import { afterAll, beforeAll, expect, inject, onTestFailed, test } from 'vitest'
import { attacks } from '../marketplace/attacks/index.ts'
import { needs } from '../marketplace/needs/index.ts'
import { startWorld, type World } from '../marketplace/world.ts'

/** The needs that the marketplace covers, as `npm run test:marketplace` proves them, and attacks on it. */

let world: World

beforeAll(async () => {
  world = await startWorld({ databaseUri: inject('databaseUri') })
})

afterAll(() => world?.[Symbol.asyncDispose]())

const proven = needs.flatMap(({ what, prove }) => (typeof prove === 'string' ? [] : [{ what, prove }]))

test.each(proven)('$what', async ({ prove }) => {
  onTestFailed(async () => console.error(await world.logs()))
  await prove(world)
})

test.each(attacks)('under attack, $what', async ({ prove }) => {
  onTestFailed(async () => console.error(await world.logs()))
  await prove(world)
})

test('says of each of the 24 needs once what becomes of it', () => {
  expect(needs.map(({ number }) => number)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1))
})
