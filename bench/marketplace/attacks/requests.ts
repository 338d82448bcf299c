import assert from 'node:assert/strict'
import { idOf, makeListing } from '../expect.ts'
import { type Attack, secret } from './attack.ts'
import { ask, telling } from './raw-request.ts'

/** Ways to write a document's address, most of which are none. */
const addresses = (id: string, url: string): readonly string[] => [
  ...['', '?', '/', '%2e', '%00', '%2f', ';a', '#a', '?fields=title', '?fields=title&fields=title'].map(
    (end) => `/v1/listings/${id}${end}`,
  ),
  ...[
    '?fields=%74itle',
    '?FIELDS=title',
    '?fields[]=title',
    '?expand=hostId',
    '?cursor=x',
    '?_=1',
    '/changes',
  ].map((end) => `/v1/listings/${id}${end}`),
  ...[
    `/v1//listings/${id}`,
    `//v1/listings/${id}`,
    `/V1/listings/${id}`,
    `/v1/Listings/${id}`,
    `/v2/listings/${id}`,
  ],
  ...[
    `/v1/listings/../listings/${id}`,
    `/v1/listings/./${id}`,
    `/v1/listings%2f${id}`,
    `/v1/listings/${id.toUpperCase()}`,
  ],
  ...[`/v1/listings/%${id.charCodeAt(0).toString(16)}${id.slice(1)}`, `${url}/v1/listings/${id}`],
  ...[`http://elsewhere.test/v1/listings/${id}`, `/v1/listings/${id}/restore`, `/v1/listings/${id}/book`],
]

/** Fields by which a proxy, a cache or a framework might be made to show more. */
const fields: readonly Readonly<Record<string, string>>[] = [
  ...['x-original-url', 'x-rewrite-url', 'x-forwarded-host', 'host'].map((name) => ({
    [name]: 'elsewhere.test',
  })),
  ...[{ 'x-http-method-override': 'DELETE' }, { 'x-forwarded-user': 'hanna' }, { cookie: 'sub=hanna' }],
  ...[{ 'spillway-assertion': 'x.y.z' }, { 'spillway-rule-attributes': '{"status":"published"}' }],
  ...[
    { connection: 'authorization' },
    { 'cache-control': 'only-if-cached' },
    { 'cache-control': 'no-store' },
    { vary: '*' },
  ],
  ...[{ range: 'bytes=0-5' }, { range: 'bytes=9000-' }, { 'if-range': '"1"', range: 'bytes=0-1' }],
  ...[
    { 'if-none-match': '*' },
    { 'if-match': '*' },
    { 'if-modified-since': new Date(Date.now() + 1e6).toUTCString() },
  ],
  ...[{ accept: 'text/csv' }, { origin: 'https://evil.test', 'access-control-request-method': 'GET' }],
]

export const hidden: Attack = {
  what: 'a hidden document is answered like one that does not exist, however it is asked for',
  async prove(world) {
    const draft = await makeListing(world, { status: 'draft', title: secret })
    // Both have it stored from now on.
    await world.send('ada', 'GET', draft)
    const etag = String((await world.send('hanna', 'GET', draft)).headers.get('etag'))
    const id = idOf(draft)
    const absent = `${id.startsWith('f') ? 'e' : 'f'}${id.slice(1)}`
    const asked: (readonly [string, (one: string) => string, Readonly<Record<string, string>>])[] = [
      ...addresses(id, world.url).flatMap((_, index) =>
        ['GET', 'HEAD', 'OPTIONS', 'POST'].map(
          (method) => [method, (one: string) => addresses(one, world.url)[index] ?? '', {}] as const,
        ),
      ),
      ...['PUT', 'PATCH', 'DELETE', 'PROPFIND'].flatMap((method) =>
        ['*', etag].map(
          (held) => [method, (one: string) => `/v1/listings/${one}`, { 'if-match': held }] as const,
        ),
      ),
      ...[...fields, { 'if-none-match': etag }].flatMap((sent) =>
        ['GET', 'HEAD'].map((method) => [method, (one: string) => `/v1/listings/${one}`, sent] as const),
      ),
    ]
    for (const token of [undefined, await world.token('gina'), await world.token('harry')]) {
      const auth = token === undefined ? {} : { authorization: `Bearer ${token}` }
      for (const [method, pathOf, sent] of asked) {
        const [one, other] = await Promise.all(
          [id, absent].map(async (of) =>
            telling(await ask(world, method, pathOf(of), { ...auth, ...sent }), of),
          ),
        )
        const what = `${method} ${pathOf(id)} ${JSON.stringify(sent)}`
        assert.deepEqual(one, other, what)
      }
    }
  },
}
