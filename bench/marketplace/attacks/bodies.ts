import assert from 'node:assert/strict'
import { at, makeListing, requireStatus } from '../expect.ts'
import type { World } from '../world.ts'
import type { Attack } from './attack.ts'

/** Texts, since some are no JSON that a program would write. */
const bodies: readonly string[] = `
{"ratingSum":5}
{"ratingSum":null}
{"ratingSum":{"$inc":5}}
{"rating":5}
{"rating.x":5}
{"hostId":"harry"}
{"hostId":null}
{"hostId":["harry"]}
{"hostId":"hanna","hostId":"harry"}
{"isBlocked":true}
{"isBlocked":false}
{"isBlocked":null}
{"isBlocked":null,"status":"published"}
{"$set":{"rating":5}}
{"$inc":{"ratingSum":5}}
{"$unset":{"isBlocked":1}}
{"_v":9}
{"_was":{}}
{"__proto__":{"rating":5}}
{"constructor":{"prototype":{"rating":5}}}
{"id":"x"}
{"createdAt":null}
[{"op":"replace","path":"/rating","value":5}]
[]
null
5
{"status":["published"]}
{"status":null}
{"location":{"type":"Polygon","coordinates":[[[0,0]]]}}
{"priceCents":1.5}
{"priceCents":9007199254740993}`
  .trim()
  .split('\n')
const types = [
  'application/merge-patch+json',
  'application/json',
  'application/json-patch+json',
  'text/plain',
]
const fixed = ['id', 'createdAt', 'hostId', 'ratingSum', 'ratingCount', 'rating', 'isBlocked']

export const bodiesOf: Attack = {
  what: 'no body of a host sets what is the server’s, an admin’s or another host’s to set, in whatever form it comes',
  async prove(world) {
    for (const isBlocked of [false, true]) {
      const path = await makeListing(world, { status: 'draft' })
      if (isBlocked) {
        const block = { body: { isBlocked }, headers: { 'content-type': 'application/merge-patch+json' } }
        requireStatus(await world.send('ada', 'PATCH', path, block), 200)
      }
      const before = await fixedOf(world, path)
      for (const type of types) for (const body of bodies) await send(world, 'PATCH', path, { body, type })
      const place = { city: 'C', location: at(1, 1), guestsMax: 1 }
      const whole = { title: 'T', description: '', ...place, priceCents: 1, status: 'draft' }
      const more = [
        { hostId: 'harry' },
        { rating: 5 },
        { isBlocked: !isBlocked },
        { isBlocked: null },
        { _v: 1 },
      ]
      for (const one of more) {
        await send(world, 'PUT', path, { body: JSON.stringify({ ...whole, ...one }) })
      }
      assert.deepEqual(await fixedOf(world, path), before)
    }
  },
}

/** The rule that stays: a host publishes and withdraws a listing unless it is blocked. */
async function fixedOf(world: World, path: string): Promise<unknown> {
  const { json } = requireStatus(await world.send('ada', 'GET', path), 200)
  return [...fixed, ...(json.isBlocked ? ['status'] : [])].map((name) => [name, json[name]])
}

async function send(
  { url, token }: World,
  method: string,
  path: string,
  { body, type = 'application/json' }: { readonly body: string; readonly type?: string },
): Promise<void> {
  const headers = { 'content-type': type, 'if-match': '*', authorization: `Bearer ${await token('hanna')}` }
  const answer = await fetch(url + path, { method, body, headers })
  assert.ok(answer.status < 500, `${method} ${type} ${body}: ${answer.status} ${await answer.text()}`)
}
