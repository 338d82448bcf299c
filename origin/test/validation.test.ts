import { limits } from '@spillway/origin/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, editor } from './support/client.ts'
import { versionOf } from './support/etag.ts'
import { advisory, placeV1, placeV2, trip } from './support/samples.ts'

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp()
})
afterAll(() => origin.stop())

const createTrip = (body: unknown, headers = {}) =>
  origin.send('POST', '/v2/trips', { as: alice, body, headers })

describe('the refusal of an invalid body names every invalid field by pointer', () => {
  const table: Record<string, readonly [unknown, readonly string[]]> = {
    'a missing field': [{ ...trip, title: undefined }, ['/title']],
    'several mistakes at once': [
      { ...trip, title: '', startsOn: 'soon', foo: 1 },
      ['/foo', '/startsOn', '/title'],
    ],
    'an item of an array': [{ ...trip, placeIds: ['ok', 'not ok'] }, ['/placeIds/1']],
    'an unknown field, escaped (RFC 6901 §3)': [{ ...trip, 'a/b~c': 1 }, ['/a~1b~0c']],
    'a number where text is wanted': [{ ...trip, title: 5 }, ['/title']],
    'an object where text is wanted': [{ ...trip, title: { $gt: '' } }, ['/title']],
    'an operator as a field': [{ ...trip, $where: 'sleep(1000)' }, ['/$where']],
    'a dotted name': [{ ...trip, 'bookkeeping.key': 1 }, ['/bookkeeping.key']],
    "the store's own names": [{ ...trip, _v: 7, _id: 'mine' }, ['/_id', '/_v']],
    'a day that does not exist': [{ ...trip, startsOn: '2027-02-30' }, ['/startsOn']],
    'system fields': [
      { ...trip, id: 'mine', createdAt: '2020-01-01T00:00:00.000Z', updatedAt: 'x' },
      ['/createdAt', '/id', '/updatedAt'],
    ],
    "the owner's field": [{ ...trip, ownerId: 'bob' }, ['/ownerId']],
    'a constructor': [
      { ...trip, ['constructor' as string]: { prototype: { admin: true } } },
      ['/constructor'],
    ],
    'null for an optional field': [{ ...trip, notes: null }, ['/notes']],
    'too many items': [{ ...trip, placeIds: Array(51).fill('1') }, ['/placeIds']],
    'an array': [[trip], ['']],
    'a text': ['"trip"', ['']],
    null: ['null', ['']],
  }
  for (const [name, [body, pointers]] of Object.entries(table)) {
    it(name, async () => {
      const answer = await createTrip(body)
      expect([answer.status, answer.json.code]).toEqual([422, 'validation-failed'])
      expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(pointers)
    })
  }

  it('cuts long names, never within a surrogate pair', async () => {
    const answer = await createTrip({ ...trip, [`${'a'.repeat(63)}\u{1f600}`]: 1 })
    expect(answer.json.errors[0].pointer).toBe(`/${'a'.repeat(63)}\ufffd`)
  })

  it('lists none if there are too many names: the body is not parsed that far', async () => {
    const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`f${index}`, 1]))
    const answer = await createTrip(body)
    expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
      400,
      'malformed-json',
      'A body has at most 1024 different member names.',
    ])
  })

  it('lists at most fifty', async () => {
    const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, 1]))
    expect((await createTrip(body)).json.errors).toHaveLength(50)
  })

  it('does not repeat values of the body', async () => {
    const answer = await createTrip({ ...trip, title: 7_777_777, startsOn: 'swordfish' })
    expect(answer.text).not.toMatch(/swordfish|7777777/)
  })
})

describe('malformed JSON', () => {
  const table: Record<string, string | Uint8Array> = {
    'is empty': '',
    'is cut off': '{"title":',
    'has a comma too many': '{"title":"a",}',
    'is no UTF-8': Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    'sets __proto__': '{"__proto__":{"admin":true}}',
    'has a member twice': '{"title":"a","title":"b"}',
    'has a number that loses digits': '{"budgetCents":9007199254740993}',
    'is nested too deeply': '['.repeat(limits.jsonDepthMax + 1) + ']'.repeat(limits.jsonDepthMax + 1),
  }
  for (const [name, body] of Object.entries(table)) {
    it(`${name}: 400 malformed-json`, async () => {
      const answer = await createTrip(body)
      expect([answer.status, answer.json.code]).toEqual([400, 'malformed-json'])
      expect(answer.headers.connection).toBe('keep-alive')
    })
  }
})

describe('media types', () => {
  const cases: readonly (readonly [method: string, type: string | undefined, status: number])[] = [
    ['POST', 'application/json', 201],
    ['POST', 'application/json; charset=utf-8', 201],
    ['POST', 'Application/JSON;charset="UTF-8"', 201],
    ['POST', 'application/json; charset=latin1', 415],
    ['POST', 'text/plain', 415],
    ['POST', 'application/merge-patch+json', 415],
    ['POST', 'application/vnd.api+json', 415],
    ['POST', 'application/x-www-form-urlencoded', 415],
    ['POST', 'json', 415],
    ['POST', '', 415],
    ['PATCH', 'application/merge-patch+json', 200],
    ['PATCH', 'application/merge-patch+json; charset=utf-8', 200],
    ['PATCH', 'application/json', 200],
    ['PATCH', 'application/json-patch+json', 415],
    ['PUT', 'application/merge-patch+json', 415],
  ]
  for (const [method, type, status] of cases) {
    it(`${method} ${type}: ${status}`, async () => {
      const { json } = await origin.send('POST', '/v2/advisories', { as: editor, body: advisory() })
      const path = method === 'POST' ? '/v2/advisories' : `/v2/advisories/${json.id}`
      const body = method === 'PATCH' ? { title: 'x' } : advisory()
      const answer = await origin.send(method, path, {
        as: editor,
        body,
        headers: { 'content-type': type as string },
      })
      expect(answer.status).toBe(status)
      if (status !== 415) return
      expect(answer.json.code).toBe('unsupported-media-type')
      // RFC 5789 §2.2 for PATCH, RFC 9110 §15.5.16 for the others.
      if (method === 'PATCH')
        expect(answer.headers['accept-patch']).toBe('application/merge-patch+json, application/json')
      else expect(answer.headers.accept).toBe('application/json')
    })
  }

  it('a compressed body is 415 with the accepted encoding', async () => {
    const answer = await createTrip(trip, { 'content-encoding': 'gzip' })
    expect([answer.status, answer.headers['accept-encoding']]).toEqual([415, 'identity'])
  })

  it('a POST without a body is refused', async () => {
    const answer = await origin.send('POST', '/v2/trips', { as: alice })
    expect([answer.status, answer.json.code]).toEqual([400, 'malformed-json'])
  })

  it('an Accept without JSON is 406', async () => {
    for (const method of ['GET', 'POST']) {
      const answer = await origin.send(method, '/v2/trips', { as: alice, headers: { accept: 'text/csv' } })
      expect([answer.status, answer.json.code]).toEqual([406, 'not-acceptable'])
    }
  })
})

describe('size', () => {
  const large = JSON.stringify({ ...trip, notes: 'x'.repeat(limits.bodyBytesMax) })
  it('is refused by Content-Length', async () => {
    const answer = await createTrip(large)
    expect([answer.status, answer.json.code]).toEqual([413, 'content-too-large'])
  })

  it('is refused while a chunked body arrives', async () => {
    const headers = { 'transfer-encoding': 'chunked', 'content-length': undefined }
    const answer = await createTrip(large, headers)
    expect([answer.status, answer.json.code]).toEqual([413, 'content-too-large'])
  })
})

describe('PUT and PATCH', () => {
  const newAdvisory = async (changes = {}) => {
    const body = advisory({ text: 'Long story', ...changes })
    const { json } = await origin.send('POST', '/v2/advisories', { as: editor, body })
    return { path: `/v2/advisories/${json.id}`, document: json }
  }

  it('PUT accepts the document that GET shows', async () => {
    const { path, document } = await newAdvisory()
    const answer = await origin.send('PUT', path, { as: editor, body: document })
    expect(answer.status).toBe(200)
    expect(answer.json).toEqual({ ...document, updatedAt: answer.json.updatedAt })
  })

  it('PUT removes absent members, PATCH keeps them and removes null ones (RFC 7396)', async () => {
    const { path, document } = await newAdvisory()
    const { id, createdAt, updatedAt, text, ...rest } = document
    const patched = await origin.send('PATCH', path, { as: editor, body: { title: 'Kept' } })
    expect(patched.json.text).toBe(text)
    expect((await origin.send('PATCH', path, { as: editor, body: { text: null } })).json).not.toHaveProperty(
      'text',
    )
    await origin.send('PATCH', path, { as: editor, body: { text } })
    expect((await origin.send('PUT', path, { as: editor, body: rest })).json).not.toHaveProperty('text')
  })

  it('refuse changed values of read-only fields, by pointer', async () => {
    const { path, document } = await newAdvisory()
    for (const method of ['PUT', 'PATCH']) {
      const body = { ...document, id: 'other', createdAt: null }
      const answer = await origin.send(method, path, { as: editor, body })
      expect(answer.status).toBe(422)
      expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
        '/createdAt',
        '/id',
      ])
    }
  })

  it('PATCH cannot remove required fields or name unknown ones', async () => {
    const { path } = await newAdvisory()
    for (const [patch, pointer] of [
      [{ title: null }, '/title'],
      [{ level: 'panic' }, '/level'],
      [{ unknown: null }, '/unknown'],
      [{ $set: { level: 'danger' } }, '/$set'],
      [[], ''],
    ] as const) {
      const answer = await origin.send('PATCH', path, { as: editor, body: patch })
      expect([answer.status, answer.json.errors[0].pointer]).toEqual([422, pointer])
    }
  })

  it('PUT does not create', async () => {
    const answer = await origin.send('PUT', '/v2/advisories/mine', { as: editor, body: advisory() })
    expect([answer.status, answer.json.code]).toEqual([404, 'not-found'])
    expect(answer.json.detail).toContain('POST')
  })

  it('a duplicate of a unique value is 409 with its pointer', async () => {
    const { document } = await newAdvisory()
    const { path } = await newAdvisory()
    const body = advisory({ code: document.code })
    const answers = [
      await origin.send('POST', '/v2/advisories', { as: editor, body }),
      await origin.send('PATCH', path, { as: editor, body: { code: document.code } }),
    ]
    for (const { status, json } of answers) {
      expect([status, json.code]).toEqual([409, 'unique-conflict'])
      expect(json.errors).toEqual([{ pointer: '/code', detail: 'Another document already has this value.' }])
    }
  })

  it('times are normalized, so that lists sort by time', async () => {
    const { document } = await newAdvisory({ validUntil: '2027-03-01T01:30:00+02:00' })
    expect(document.validUntil).toBe('2027-02-28T23:30:00.000Z')
  })
})

describe('a batch', () => {
  const send = (items: unknown) => origin.send('POST', '/v2/places/batch', { as: editor, body: items })

  it('gives one result per item, in order', async () => {
    const answer = await send({ items: [placeV2, { ...placeV2, population: -1 }, placeV2] })
    expect(answer.status).toBe(200)
    const [first, second, third] = answer.json.items
    expect(first).toEqual({
      status: 201,
      id: first.item.id,
      location: `/v2/places/${first.item.id}`,
      etag: first.etag,
      item: { ...placeV2, id: first.id, createdAt: first.item.createdAt, updatedAt: first.item.updatedAt },
    })
    expect(versionOf(first.etag)).toBe(1)
    expect((await origin.send('GET', first.location)).headers.etag).toBe(first.etag)
    expect(second.problem).toMatchObject({ code: 'validation-failed', errors: [{ pointer: '/population' }] })
    expect([second.status, third.status]).toEqual([422, 201])
    expect((await origin.send('GET', third.location)).json).toEqual(third.item)
  })

  it('names unknown members by pointer (RFC 6901 §3)', async () => {
    const answer = await send({ items: [placeV2], 'a/b~c': 1 })
    expect([answer.status, answer.json.errors[0].pointer]).toEqual([422, '/a~1b~0c'])
  })

  it('does not fail other items after a conflict', async () => {
    const one = advisory()
    const body = { items: [one, advisory(), one] }
    const { json } = await origin.send('POST', '/v2/advisories/batch', { as: editor, body })
    const statuses = json.items.map(({ status }: { status: number }) => status)
    expect(statuses.toSorted()).toEqual([201, 201, 409])
    expect(statuses[1]).toBe(201)
  })

  it.each([
    ['no items', {}, '/items'],
    ['no item', { items: [] }, '/items'],
    ['too many', { items: Array(101).fill(0) }, '/items'],
    ['something else', { items: [1], mode: 'fast' }, '/mode'],
    ['an array', [placeV2], ''],
  ])('is refused with %s', async (_name, body, pointer) => {
    const answer = await send(body)
    expect([answer.status, answer.json.errors[0].pointer]).toEqual([422, pointer])
  })
})

it('every version validates and reports by its own field names', async () => {
  const answer = await origin.send('POST', '/v1/places', {
    as: editor,
    body: { ...placeV1, lat: 91, countryCode: 'FR' },
  })
  expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '/countryCode',
    '/lat',
  ])
})
