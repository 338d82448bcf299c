import assert from 'node:assert/strict'
import { makeListing } from '../expect.ts'
import { type Attack, secret } from './attack.ts'

/** Queries that find the draft for those who may see it. */
const filters: readonly string[] = [
  'status=draft',
  'city=Nowhere',
  'status[ne]=published',
  'search=nobody',
  'near=38.7223,-9.1393,1',
]

/** Queries that might find it for others, of which many are none. */
const tricks: readonly string[] = `
status=draft&status=published
status=published&status=draft
STATUS=draft
status[$ne]=published
status=dr%61ft
status=draft%00
$where=1
_v=1
_was.title=x
isBlocked[exists]=false
%
&&&
or=(status=draft,city=Nowhere)
or=(status=draft)&or=(city=Nowhere)
search=-public
sort=title
title[prefix]=Nobody
limit=0
limit=1e3
limit=1&limit=100
fields=*
fields=_v
expand=*
cursor=W10
priceCents[gte]=NaN
status=%ff
city=Nowhere&count=true
status=draft&count=true`
  .trim()
  .split('\n')

export const queries: Attack = {
  what: 'no query shows, counts or finds what is hidden from who asks',
  async prove(world) {
    await makeListing(world, { status: 'draft', title: secret, city: 'Nowhere' })
    for (const query of filters) await world.send('hanna', 'GET', `/v1/listings?${query}`)
    for (const who of ['nobody', 'gina'] as const) {
      for (const query of [...filters, ...tricks]) {
        const answer = await world.send(who, 'GET', `/v1/listings?${query}`)
        const what = `${who} ${query}: ${answer.status} ${answer.text}`
        assert.ok(answer.status === 200 || (answer.status >= 400 && answer.status < 500), what)
        assert.ok(!answer.text.includes(secret) && !answer.text.includes('"status":"draft"'), what)
        assert.ok((answer.json.count?.value ?? 0) === 0, what)
        assert.equal((await world.send(who, 'HEAD', `/v1/listings?${query}`)).status, answer.status, what)
      }
    }
  },
}
