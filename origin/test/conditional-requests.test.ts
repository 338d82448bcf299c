import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from './support/app.ts'
import { alice, editor } from './support/client.ts'
import { revisionOf, versionOf } from './support/etag.ts'
import { advisory, trip } from './support/samples.ts'

let origin: TestApp
beforeAll(async () => {
  origin = await startTestApp()
})
afterAll(() => origin.stop())

/** A new advisory at version 2, so that an earlier version exists. */
async function newAdvisory(): Promise<string> {
  const { json } = await origin.send('POST', '/v2/advisories', { as: editor, body: advisory() })
  const path = `/v2/advisories/${json.id}`
  const patched = await origin.send('PATCH', path, { as: editor, body: { title: 'Second' } })
  expect(versionOf(patched.headers.etag)).toBe(2)
  return path
}

/** The conditions of a row; `.now` stands for the current revision. */
async function conditionsOf(row: Record<string, string>, path: string): Promise<Record<string, string>> {
  const { etag } = (await origin.send('GET', path, { as: alice })).headers
  const revision = revisionOf(String(etag))
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value.replaceAll('.now', `.${revision}`)]),
  )
}

type Case = readonly [conditions: Record<string, string>, status: number]

describe('a read of a document at "2" (RFC 9110 §13)', () => {
  const table: readonly Case[] = [
    [{}, 200],
    [{ 'if-none-match': '"2.now"' }, 304],
    [{ 'if-none-match': 'W/"2.now"' }, 304],
    [{ 'if-none-match': '"1.now"' }, 200],
    [{ 'if-none-match': '"1.now", "2.now"' }, 304],
    [{ 'if-none-match': '"a,b", "2.now",' }, 304],
    [{ 'if-none-match': '"with space", "2.now"' }, 200],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"20.now"' }, 200],
    // Another revision, or none: the held representation is not the current one.
    [{ 'if-none-match': '"2"' }, 200],
    [{ 'if-none-match': '"2.0ther000"' }, 200],
    [{ 'if-none-match': '"2.nowx"' }, 200],
    [{ 'if-match': '"2.now"' }, 200],
    [{ 'if-match': '"2"' }, 200],
    [{ 'if-match': '"2.0ther000"' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"1"' }, 412],
    [{ 'if-match': '"1.now"' }, 412],
    // §13.2.2: If-Match is evaluated first
    [{ 'if-match': '"1"', 'if-none-match': '"2.now"' }, 412],
    [{ 'if-match': '"2"', 'if-none-match': '"2.now"' }, 304],
    // Answers have no Last-Modified to compare dates with.
    [{ 'if-modified-since': 'Sun, 01 Jan 2040 00:00:00 GMT' }, 200],
    [{ 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' }, 200],
    [{ 'if-none-match': '2' }, 200],
    [{ 'if-none-match': '"2' }, 200],
    [{ 'if-match': '' }, 400],
    [{ 'if-match': ',' }, 400],
  ]
  let path: string
  beforeAll(async () => {
    path = await newAdvisory()
  })
  for (const [conditions, status] of table) {
    for (const method of ['GET', 'HEAD']) {
      it(`${method} ${JSON.stringify(conditions)}: ${status}`, async () => {
        const answer = await origin.send(method, path, {
          as: alice,
          headers: await conditionsOf(conditions, path),
        })
        expect(answer.status).toBe(status)
        if (status === 304) {
          expect(versionOf(answer.headers.etag)).toBe(2)
          expect(answer.headers).toMatchObject({ 'cache-control': 'private, no-cache' })
          expect(answer.headers['content-type']).toBeUndefined()
          expect(answer.text).toBe('')
        }
        if (status === 400 && method === 'GET') expect(answer.json.code).toBe('invalid-header')
      })
    }
  }
})

describe('a write to a document at "2" (RFC 9110 §13)', () => {
  const table: readonly Case[] = [
    [{}, 200],
    [{ 'if-match': '"2.now"' }, 200],
    // A deployment in between changed only the revision.
    [{ 'if-match': '"2.0ther000"' }, 200],
    [{ 'if-match': '"2"' }, 200],
    [{ 'if-match': '"2."' }, 412],
    [{ 'if-match': '"02.now"' }, 412],
    [{ 'if-match': '"1.now"' }, 412],
    [{ 'if-match': 'W/"2"' }, 200],
    [{ 'if-match': '"1", "2"' }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': '"1"' }, 412],
    [{ 'if-match': '"3"' }, 412],
    [{ 'if-match': '"not-ours"' }, 412],
    [{ 'if-none-match': '*' }, 412],
    [{ 'if-none-match': '"2.now"' }, 412],
    [{ 'if-none-match': '"2.0ther000"' }, 200],
    [{ 'if-none-match': '"1.now"' }, 200],
    [{ 'if-match': '"2.now"', 'if-none-match': '"2.now"' }, 412],
    [{ 'if-match': 'two' }, 400],
    [{ 'if-none-match': 'W/two' }, 400],
  ]
  for (const [conditions, status] of table) {
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const wanted = status === 200 && method === 'DELETE' ? 204 : status
      it(`${method} ${JSON.stringify(conditions)}: ${wanted}`, async () => {
        const path = await newAdvisory()
        const body = { PUT: advisory(), PATCH: { title: 'Third' }, DELETE: undefined }[method]
        const headers = await conditionsOf(conditions, path)
        const answer = await origin.send(method, path, { as: editor, headers, body })
        expect(answer.status).toBe(wanted)
        const after = await origin.send('GET', path, { as: alice })
        if (wanted === 200) expect(versionOf(answer.headers.etag)).toBe(3)
        if (wanted === 204) expect(after.status).toBe(404)
        if (wanted >= 400) expect(after.json).toMatchObject({ title: 'Second' })
        if (wanted === 412) {
          expect(answer.json.code).toBe('precondition-failed')
          const failed =
            'if-none-match' in conditions ? /^If-None-Match matches:/ : /^If-Match does not match:/
          expect(answer.json.detail).toMatch(failed)
          expect(answer.headers.etag).toBe(after.headers.etag)
          expect(versionOf(answer.headers.etag)).toBe(2)
        }
      })
    }
  }
})

it('a missing document is 404 whatever the conditions (RFC 9110 §13.2.1)', async () => {
  for (const headers of [{ 'if-match': '*' }, { 'if-none-match': '*' }]) {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const sending = { as: editor, headers, ...(method === 'PATCH' && { body: {} }) }
      expect((await origin.send(method, '/v2/advisories/none', sending)).status).toBe(404)
    }
  }
})

it('a resource that requires conditions answers 428 without If-Match (RFC 6585 §3)', async () => {
  const { json } = await origin.send('POST', '/v2/trips', { as: alice, body: trip })
  const path = `/v2/trips/${json.id}`
  for (const [method, body] of [
    ['PUT', trip],
    ['PATCH', { title: 'x' }],
    ['DELETE', undefined],
  ] as const) {
    for (const headers of [{}, { 'if-none-match': '"7"' }]) {
      const answer = await origin.send(method, path, { as: alice, headers, body })
      expect([answer.status, answer.json.code]).toEqual([428, 'precondition-required'])
    }
  }
  const patched = await origin.send('PATCH', path, {
    as: alice,
    headers: { 'if-match': '"1"' },
    body: { title: 'Lyon' },
  })
  expect([patched.status, patched.json.title]).toEqual([200, 'Lyon'])
})

it('exactly one of many writers with the same ETag succeeds', async () => {
  const path = await newAdvisory()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, writer) =>
      origin.send('PATCH', path, {
        as: editor,
        headers: { 'if-match': '"2"' },
        body: { title: `Writer ${writer}` },
      }),
    ),
  )
  const [winner, ...others] = answers.toSorted((a, b) => a.status - b.status)
  expect(winner?.status).toBe(200)
  expect(others.map(({ status }) => status)).toEqual(Array(19).fill(412))
  expect((await origin.send('GET', path, { as: alice })).text).toBe(winner?.text)
})

it('unconditional writers succeed or are refused, and none undoes another', async () => {
  const path = await newAdvisory()
  const fields = ['title', 'text', 'level', 'countryCode'] as const
  const values = { title: 'New', text: 'New', level: 'danger', countryCode: 'BE' }
  const answers = await Promise.all(
    fields.map((field) => origin.send('PATCH', path, { as: editor, body: { [field]: values[field] } })),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect((await origin.send('GET', path, { as: alice })).json).toMatchObject(values)
})

describe('a list', () => {
  it('has an ETag that changes exactly with its content', async () => {
    const list = () => origin.send('GET', '/v2/advisories?fields=title&limit=100', { as: alice })
    const path = await newAdvisory()
    const before = await list()
    expect((await list()).headers.etag).toBe(before.headers.etag)
    const headers = { 'if-none-match': `"other", W/${before.headers.etag}` }
    const held = await origin.send('GET', '/v2/advisories?fields=title&limit=100', { as: alice, headers })
    expect([held.status, held.text, held.headers.etag]).toEqual([304, '', before.headers.etag])
    await origin.send('PATCH', path, { as: editor, body: { title: 'Changed' } })
    expect((await list()).headers.etag).not.toBe(before.headers.etag)
  })

  it('ignores a malformed If-None-Match', async () => {
    const headers = { 'if-none-match': 'x' }
    expect((await origin.send('GET', '/v2/advisories', { as: alice, headers })).status).toBe(200)
  })
})
