import assert from 'node:assert/strict'
import { at, idOf, idsOf, inDays, makeListing, patch, requireStatus, seenBy } from '../expect.ts'
import type { Need } from '../need.ts'
import type { Person } from '../world.ts'

export const ownListing: Need = {
  number: 2,
  what: 'a host writes their own listings and no other',
  by: "create: owner('hostId'), update, delete",
  async prove(world) {
    const path = await makeListing(world)
    assert.equal((await world.send('gina', 'GET', path)).json.hostId, 'hanna')
    const change = { body: { priceCents: 8_000 }, headers: patch }
    requireStatus(await world.send('nobody', 'PATCH', path, change), 401)
    requireStatus(await world.send('harry', 'PATCH', path, change), 403)
    requireStatus(await world.send('harry', 'DELETE', path), 403)
    requireStatus(await world.send('hanna', 'PATCH', path, change), 200)
    assert.equal((await world.send('gina', 'GET', path)).json.priceCents, 8_000)
    const forged = {
      ...{ title: 'T', description: '', city: 'C', location: at(0, 0), guestsMax: 1 },
      ...{ priceCents: 1, status: 'draft', hostId: 'hanna' },
    }
    requireStatus(await world.send('harry', 'POST', '/v1/listings', { body: forged }), 422)
    requireStatus(
      await world.send('hanna', 'PATCH', path, { body: { hostId: 'harry' }, headers: patch }),
      422,
    )
    requireStatus(await world.send('hanna', 'DELETE', path), 204)
    requireStatus(await world.send('gina', 'GET', path), 404)
  },
}

export const published: Need = {
  number: 3,
  what: 'the public sees published listings only',
  by: "read: any(where({ status: 'published' }), owner('hostId'), …)",
  async prove(world) {
    const path = await makeListing(world, { city: 'Évora', status: 'draft' })
    const seen = seenBy(world, path, `/v1/listings?city=${encodeURIComponent('Évora')}`)
    // Sends each request twice: the cache must not show one person's answer to another.
    for (const _ of [1, 2]) {
      assert.deepEqual(await seen('hanna'), [200, true])
      assert.deepEqual(await seen('gina'), [404, false])
      assert.deepEqual(await seen('nobody'), [404, false])
    }
    const publish = (status: string) =>
      world.send('hanna', 'PATCH', path, { body: { status }, headers: patch })
    requireStatus(await publish('published'), 200)
    for (const who of ['hanna', 'gina', 'nobody'] as const) assert.deepEqual(await seen(who), [200, true])
    requireStatus(await publish('draft'), 200)
    assert.deepEqual(await seen('nobody'), [404, false])
    assert.deepEqual(await seen('gina'), [404, false])
  },
}

export const price: Need = {
  number: 4,
  what: 'listings are filtered and sorted by price',
  by: 'query.filter, query.sort',
  async prove(world) {
    const city = 'Coimbra'
    const paths = []
    for (const priceCents of [3_000, 1_000, 2_000]) paths.push(await makeListing(world, { city, priceCents }))
    const prices = async (query: string) => {
      const answer = requireStatus(
        await world.send('nobody', 'GET', `/v1/listings?city=${city}&${query}`),
        200,
      )
      return answer.json.items.map(({ priceCents }: { priceCents: number }) => priceCents)
    }
    assert.deepEqual(await prices('sort=priceCents'), [1_000, 2_000, 3_000])
    assert.deepEqual(await prices('sort=-priceCents'), [3_000, 2_000, 1_000])
    assert.deepEqual(await prices('priceCents[gte]=2000&sort=priceCents'), [2_000, 3_000])
    assert.deepEqual(await prices('priceCents[gt]=1000&priceCents[lt]=3000'), [2_000])
    const first = await world.send('nobody', 'GET', `/v1/listings?city=${city}&sort=priceCents&limit=2`)
    const next = await world.send(
      'nobody',
      'GET',
      `/v1/listings?city=${city}&sort=priceCents&limit=2&cursor=${first.json.nextCursor}`,
    )
    // The cast is safe: the need made its listings.
    assert.deepEqual(idsOf(next), [idOf(paths[0] as string)])
    requireStatus(await world.send('nobody', 'GET', '/v1/listings?price=1'), 400)
  },
}

export const near: Need = {
  number: 5,
  what: 'listings near a place, the nearest first',
  by: "geoPoint(), an index { location: '2dsphere' }, near=",
  async prove(world) {
    const [evora, fields] = [at(38.5714, -7.9135), { city: 'Évora by day' }]
    const far = await makeListing(world, { ...fields, location: at(38.5714, -7.83) })
    const here = await makeListing(world, { ...fields, location: evora })
    const close = await makeListing(world, { ...fields, location: at(38.578, -7.9135), priceCents: 100 })
    const draft = await makeListing(world, { ...fields, location: evora, status: 'draft' })
    const found = async (who: Person, query: string) =>
      idsOf(await world.send(who, 'GET', `/v1/listings?near=38.5714,-7.9135,${query}`))
    const ids = (...paths: string[]) => paths.map(idOf)
    // 0.7 km to the one, 7 km to the other.
    assert.deepEqual(await found('nobody', '10000'), ids(here, close, far))
    assert.deepEqual(await found('gina', '1000'), ids(here, close))
    assert.deepEqual(await found('nobody', '10'), ids(here))
    assert.deepEqual((await found('hanna', '10')).toSorted(), ids(here, draft).toSorted())
    assert.deepEqual(await found('nobody', '10000&priceCents[lt]=1000'), ids(close))
    const change = { body: { location: at(38.5714, -7.92) }, headers: patch }
    requireStatus(await world.send('hanna', 'PATCH', far, change), 200)
    assert.deepEqual(await found('nobody', '10000'), ids(here, far, close))
    requireStatus(await world.send('nobody', 'GET', '/v1/listings?near=91,0,10'), 400)
  },
}

export const search: Need = {
  number: 6,
  what: 'listings are found by words of their text',
  by: "an index { title: 'text', description: 'text' }, search=",
  async prove(world) {
    const city = 'Tomar'
    const mill = await makeListing(world, { city, title: 'Old mill', description: 'Quiet, by the river.' })
    const barge = await makeListing(world, {
      city,
      title: 'Barge',
      description: 'On the river',
      priceCents: 100,
    })
    const draft = await makeListing(world, { city, title: 'New mill', status: 'draft' })
    const found = async (who: Person, query: string) =>
      idsOf(await world.send(who, 'GET', `/v1/listings?city=${city}&search=${query}`)).toSorted()
    const ids = (...paths: string[]) => paths.map(idOf).toSorted()
    assert.deepEqual(await found('nobody', 'mill'), ids(mill))
    assert.deepEqual(await found('gina', 'MILLS'), ids(mill))
    assert.deepEqual(await found('hanna', 'mill'), ids(mill, draft))
    assert.deepEqual(await found('nobody', 'river'), ids(mill, barge))
    assert.deepEqual(await found('nobody', 'mill barge'), ids(mill, barge))
    assert.deepEqual(await found('nobody', 'river&priceCents[lt]=1000'), ids(barge))
    assert.deepEqual(await found('nobody', 'castle'), [])
    const change = { body: { description: 'In the castle.' }, headers: patch }
    requireStatus(await world.send('hanna', 'PATCH', barge, change), 200)
    assert.deepEqual(await found('nobody', 'castle'), ids(barge))
    assert.deepEqual(await found('nobody', 'river'), ids(mill))
    requireStatus(await world.send('nobody', 'GET', '/v1/profiles?search=mill'), 400)
  },
}

export const photos: Need = {
  number: 7,
  what: 'photos of listings',
  by: 'uploads are not built yet; addresses of pictures elsewhere are ordinary fields',
  prove: 'later',
}

export const softDelete: Need = {
  number: 19,
  what: 'a deleted listing can be restored',
  by: 'softDelete',
  async prove(world) {
    const path = await makeListing(world, { city: 'Braga' })
    const seen = seenBy(world, path, '/v1/listings?city=Braga&count=true')
    const everybody = ['nobody', 'gina', 'hanna', 'ada'] as const
    for (const who of everybody) assert.deepEqual(await seen(who), [200, true])
    requireStatus(await world.send('hanna', 'DELETE', path), 204)
    for (const who of everybody) assert.deepEqual(await seen(who), [404, false])
    const body = { startsOn: inDays(1), endsOn: inDays(2), guests: 1 }
    requireStatus(await world.send('gina', 'POST', `${path}/book`, { body }), 404)

    requireStatus(await world.send('nobody', 'POST', `${path}/restore`), 401)
    requireStatus(await world.send('gina', 'POST', `${path}/restore`), 403)
    for (const who of everybody) assert.deepEqual(await seen(who), [404, false])
    const restored = requireStatus(await world.send('hanna', 'POST', `${path}/restore`), 200)
    assert.equal(restored.json.city, 'Braga')
    for (const who of everybody) assert.deepEqual(await seen(who), [200, true])
    requireStatus(await world.send('hanna', 'POST', `${path}/restore`), 200)

    // An admin may restore what its host has deleted; a draft is not even there for others.
    const draft = await makeListing(world, { status: 'draft' })
    requireStatus(await world.send('hanna', 'DELETE', draft), 204)
    requireStatus(await world.send('gina', 'POST', `${draft}/restore`), 404)
    requireStatus(await world.send('ada', 'POST', `${draft}/restore`), 200)
    requireStatus(await world.send('hanna', 'GET', draft), 200)
  },
}

export const counts: Need = {
  number: 20,
  what: 'a list says how many documents there are',
  by: 'query.countMax, count=true',
  async prove(world) {
    const city = 'Sintra'
    for (let index = 0; index < 5; index += 1) await makeListing(world, { city })
    await makeListing(world, { city, status: 'draft' })
    const count = async (who: Person, query: string) =>
      requireStatus(await world.send(who, 'GET', `/v1/listings?city=${city}&${query}`), 200).json.count
    // The count covers what the caller may see, on every page.
    for (const _ of [1, 2]) {
      assert.deepEqual(await count('nobody', 'limit=2&count=true'), { value: 5, relation: 'eq' })
      assert.deepEqual(await count('gina', 'limit=2&count=true'), { value: 5, relation: 'eq' })
      assert.deepEqual(await count('hanna', 'limit=2&count=true'), { value: 6, relation: 'eq' })
      assert.deepEqual(await count('ada', 'count=true&status=draft'), { value: 1, relation: 'eq' })
      assert.deepEqual(await count('gina', 'count=true&status=draft'), { value: 0, relation: 'eq' })
    }
    assert.equal(await count('nobody', 'limit=2'), undefined)
    await makeListing(world, { city })
    assert.deepEqual(await count('nobody', 'limit=2&count=true'), { value: 6, relation: 'eq' })
    requireStatus(await world.send('nobody', 'GET', '/v1/profiles?count=true'), 400)
  },
}
