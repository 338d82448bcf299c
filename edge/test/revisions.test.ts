import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Edge, startTestEdge } from './support/edge.ts'
import { type ScriptedOrigin, startScriptedOrigin, storable } from './support/origin.ts'

let origin: ScriptedOrigin
let edge: Edge
beforeAll(async () => {
  origin = await startScriptedOrigin()
})
beforeEach(async () => {
  edge = await startTestEdge({ origins: [origin] })
  return () => edge.stop()
})
afterAll(() => origin.stop())

/** An origin that shows places in a revision, with version 1 of each document. */
const showing = (revision: string, sinceMs: number): void =>
  origin.answer((seen, response, count) => {
    const fields = {
      etag: `"1.${revision}"`,
      'spillway-revision': `${revision}; since=${sinceMs}`,
      'cache-tag': `places:${seen.url.split('/').at(-1)},places@v2:${revision}`,
    }
    if (seen.headers['if-none-match'] === fields.etag) response.writeHead(304, fields).end()
    else return storable({ shown: revision }, fields)(seen, response, count)
  })

async function read(id: string): Promise<{ shown: string; status: string | null; etag: string | null }> {
  const answer = await edge.fetch(`/v2/places/${id}`)
  const { shown } = (await answer.json()) as { shown: string }
  return { shown, status: answer.headers.get('cache-status'), etag: answer.headers.get('etag') }
}

describe('a deployment at the origin that shows documents in another way', () => {
  it('ends fresh stored answers once any answer of the resource reports the new revision', async () => {
    showing('aaaaaaaa', 1_000)
    await read('paris')
    expect(await read('paris')).toMatchObject({ shown: 'aaaaaaaa', status: expect.stringMatching(/hit/) })
    showing('bbbbbbbb', 2_000)
    await read('rome')
    const after = await read('paris')
    expect(after).toMatchObject({ shown: 'bbbbbbbb', etag: '"1.bbbbbbbb"' })
    expect(after.status).not.toMatch(/hit/)
    expect((await read('paris')).status).toMatch(/hit/)
  })

  it('answers the ETag of the old shape with the new one, and the ETag of the new one with 304', async () => {
    showing('aaaaaaaa', 1_000)
    await read('oslo')
    showing('bbbbbbbb', 2_000)
    await read('rome')
    const ask = (etag: string) => edge.fetch('/v2/places/oslo', { headers: { 'if-none-match': etag } })
    const old = await ask('"1.aaaaaaaa"')
    expect([old.status, await old.json()]).toEqual([200, { shown: 'bbbbbbbb' }])
    expect((await ask('"1.bbbbbbbb"')).status).toBe(304)
  })

  it('keeps stored answers of other versions and resources', async () => {
    showing('aaaaaaaa', 1_000)
    await edge.fetch('/v1/places/paris')
    showing('bbbbbbbb', 2_000)
    await read('rome')
    expect((await edge.fetch('/v1/places/paris')).headers.get('cache-status')).toMatch(/hit/)
  })
})

describe('while a deployment rolls through the fleet', () => {
  it("keeps the new shape stored, and an old process's answer for one second", async () => {
    showing('bbbbbbbb', 2_000)
    await read('rome')
    showing('aaaaaaaa', 1_000)
    const old = await read('bern')
    expect(old.shown).toBe('aaaaaaaa')
    expect((await read('rome')).status).toMatch(/hit/)
    const again = await read('bern')
    expect(again.status).toMatch(/hit; ttl=[01]\b/)
    // Nothing that is told by an old process ends what a new one has shown.
    showing('bbbbbbbb', 2_000)
    expect((await read('rome')).shown).toBe('bbbbbbbb')
  })
})
