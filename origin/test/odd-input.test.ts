import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/app.ts'
import { editor } from './support/client.ts'
import { advisory, placeV2 } from './support/samples.ts'

/** Every value that can be stored can be queried; every value that would change when stored is refused. */

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp()
})
afterAll(() => origin.stop())

const create = (path: string, body: unknown) => origin.send('POST', path, { as: editor, body })
const search = (text: string) => encodeURIComponent(text)

async function found(resource: string, query: string): Promise<number> {
  const answer = await origin.send('GET', `/v2/${resource}?${query}`, { as: editor })
  expect(answer.status, answer.text).toBe(200)
  return answer.json.items.length
}

describe('a name', () => {
  it.each([
    ['with a comma', 'Case, Upper', '"Case, Upper"'],
    ['with a comma and no blank', 'Case,Upper', '"Case,Upper"'],
    ['with quotation marks', 'The "Rock"', '"The \\"Rock\\""'],
    ['with a backslash', 'a\\b', '"a\\\\b"'],
    ['with a blank at its end', 'Blank ', '"Blank "'],
    ['as long as may be, of characters beyond the first 65,536', '𐍈'.repeat(150), '𐍈'.repeat(150)],
  ])('%s is found by equality and in a list', async (_name, name, item) => {
    expect((await create('/v2/places', { ...placeV2, name })).status).toBe(201)
    expect(await found('places', `name=${search(name)}`)).toBe(1)
    expect(await found('places', `name[in]=${search(item)}`)).toBe(1)
    expect(await found('places', `name[in]=Nowhere,${search(item)}`)).toBe(1)
    expect(await found('places', `name[in]=Nowhere%2C${search(item)}`)).toBe(1)
  })

  it('with a comma is not split in two', async () => {
    const answer = await origin.send('GET', '/v2/places?name[in]=Case%2C%20Upper')
    expect(answer.status).toBe(400)
    expect(answer.json.errors[0].detail).toContain('in double quotes: `"Case, Upper"')
  })

  it('that no query can contain is refused', async () => {
    const answer = await create('/v2/places', { ...placeV2, name: 'a\0b' })
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toEqual([{ pointer: '/name', detail: 'Must not contain NUL (U+0000).' }])
  })
})

describe('a time', () => {
  const validUntil = (text: string) => create('/v2/advisories', advisory({ validUntil: text }))

  it('with digits beyond a millisecond is refused in bodies and filters', async () => {
    const answer = await validUntil('2027-03-01T00:00:00.123456Z')
    expect(answer.status).toBe(422)
    expect(answer.json.errors).toEqual([
      {
        pointer: '/validUntil',
        detail: 'Must be a time to the millisecond, such as 2026-11-24T12:00:00.000Z.',
      },
    ])
    for (const operator of ['', '[lt]', '[gte]', '[in]']) {
      const list = await origin.send(
        'GET',
        `/v2/advisories?validUntil${operator}=2027-03-01T00:00:00.500900Z`,
        {
          as: editor,
        },
      )
      expect(list.status).toBe(400)
    }
  })

  it('is found by every spelling of its instant', async () => {
    expect((await validUntil('2027-03-02t01:00:00.500000+01:00')).json.validUntil).toBe(
      '2027-03-02T00:00:00.500Z',
    )
    for (const text of [
      '2027-03-02T00:00:00.500Z',
      '2027-03-02t00:00:00.5z',
      '2027-03-01T23:00:00.500-01:00',
    ]) {
      expect(await found('advisories', `validUntil=${search(text)}`)).toBe(1)
    }
    expect(
      await found(
        'advisories',
        'validUntil[lt]=2027-03-02T00:00:00.501Z&validUntil[gte]=2027-03-02T00:00:00Z',
      ),
    ).toBe(1)
  })
})

it('a read-only time may be sent back in another spelling', async () => {
  const made = await create('/v2/places', placeV2)
  const { createdAt } = made.json
  const answer = await origin.send('PUT', `/v2/places/${made.json.id}`, {
    as: editor,
    headers: { 'if-match': String(made.headers.etag) },
    body: { ...made.json, createdAt: createdAt.replace('Z', '+00:00'), name: 'Renamed' },
  })
  expect(answer.status, answer.text).toBe(200)
})
