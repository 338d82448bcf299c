import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Arena, setArena } from '../baseline/arena.ts'
import { designNames, designs, startDesign } from '../baseline/design.ts'
import { localScale } from '../scenarios/load-arguments.ts'

const closing = new AsyncDisposableStack()
let arena: Arena
let token: string

beforeAll(async () => {
  arena = await setArena({ closing, progress: () => {} })
  token = await arena.issuer.mintToken({ sub: 'alice' })
})

afterAll(() => closing.disposeAsync())

const trip = { title: 'Spring', startsOn: '2027-05-01', endsOn: '2027-05-04', placeIds: ['2988507'] }

describe.each(designNames)('%s', (name) => {
  test('serves the story to callers with a token alone, on connections of its own', async () => {
    await using design = await startDesign(name, { arena, scale: localScale, seed: 1 })
    /** Repeats a request after a temporary refusal: the machine may be slower than a design's time limit. */
    const send = async (path: string, init: RequestInit = {}, bearer = token): Promise<Response> => {
      for (;;) {
        const answer = await fetch(design.url + path, {
          ...init,
          headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        })
        if (answer.status !== 503 && answer.status !== 504) return answer
        await sleep(200)
      }
    }
    const read = await send('/v2/places/2988507')
    expect(read.status, await read.clone().text()).toBe(200)
    expect(await read.json()).toMatchObject({ name: 'Paris' })
    const list = await send('/v2/places?countryCode=FR&limit=20')
    expect(((await list.json()) as { items: unknown[] }).items).toHaveLength(20)
    const planned = await send('/v2/trips', { method: 'POST', body: JSON.stringify(trip) })
    expect(planned.status).toBe(201)
    expect(await planned.json()).toMatchObject({ ...trip, ownerId: 'alice' })
    expect((await send('/v2/places/2988507', {}, `${token.slice(0, -2)}AA`)).status).toBe(401)
    expect(design.database.connections, designs[name].title).toBeGreaterThan(0)
    expect(design.database.refused).toBe(0)
  })
})
