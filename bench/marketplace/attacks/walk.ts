import assert from 'node:assert/strict'
import { pick as pickOf, seededRandom } from '../../load/random.ts'
import { at, inDays, patch, requireStatus } from '../expect.ts'
import type { Person, World } from '../world.ts'
import type { Attack } from './attack.ts'
import { type Asking, type Listing, maySee, type Read, ways } from './ways.ts'

/**
 * A random walk of writers and attackers: listings are published, withdrawn, deleted, restored and changed, and after each
 * step people of all kinds ask for them in every way that the API has. No answer, from whatever cache state, may have what
 * the rules deny its reader at that moment; and each must have what they allow, as it is then.
 */
export const walks: Attack = {
  what: 'nobody is shown what the rules deny them now, and everybody what they allow, whatever was written, asked and stored before',
  prove: async (world) => {
    for (const seed of [1, 2]) await walk(world, { seed, steps: 20, reads: 12 })
  },
}

const people = ['nobody', 'gina', 'hanna', 'harry', 'ada'] as const satisfies readonly Person[]
const hosts = ['hanna', 'harry'] as const

interface Walk {
  readonly seed: number
  readonly steps: number
  /** Reads after each write. */
  readonly reads: number
}

async function walk(world: World, { seed, steps, reads }: Walk): Promise<void> {
  const random = seededRandom(seed)
  const pick: Asking['pick'] = (items) => pickOf(items, random)
  const city = `Walk ${seed}`
  const listings: Listing[] = []
  let judged = 0
  for (let index = 0; index < 6; index += 1) listings.push(await found(world, pick(hosts), city, index))
  for (let step = 0; step < steps; step += 1) {
    const changed = pick(listings)
    const asked = Array.from({ length: reads }, () => {
      const listing = random() < 0.6 ? changed : pick(listings)
      return { way: pick(ways), asking: { world, who: pick(people), listing, listings, city, pick } }
    })
    // Some are also on their way during the write, so that their answers may be stored after it: those are not judged.
    const early = asked.slice(0, Math.floor(random() * reads)).map(({ way, asking }) => way(asking))
    await Promise.all([
      change(world, changed, pick, `${seed}.${step}`),
      ...early.map((read) => read.catch(() => undefined)),
    ])
    const reading = asked.map(async ({ way, asking }) => {
      const read = await way(asking)
      if (isForError(read)) return
      judge(read, asking, `seed ${seed}, step ${step}`)
      judged += 1
    })
    await Promise.all(reading)
  }
  assert.ok(judged > (steps * reads) / 2, `seed ${seed}: only ${judged} answers were those of now`)
}

/**
 * Whether an earlier answer stands in for an error of the origin, and says so (RFC 5861 §4): a busy machine may shed. A
 * purge is soft (decision 21 of the edge), so it may show what was.
 */
const isForError = ({ answer }: Read): boolean =>
  answer.headers.get('cache-status')?.includes('stale-if-error') === true

function judge({ answer, wants, shown, count }: Read, { who, listings }: Asking, when: string): void {
  const { method, path, status, headers } = answer
  const text = `${when}, ${who}: ${method} ${path}\n${status} ${headers.get('cache-status')} ${answer.text.slice(0, 600)}`
  for (const { id, title } of shown) {
    const listing = listings.find((one) => one.id === id)
    if (listing === undefined) continue
    assert.ok(maySee(who, listing), `shown what is denied: ${text}`)
    if (title !== undefined) assert.equal(title, listing.title, `shown what was: ${text}`)
  }
  // Whatever form the answer has.
  for (const listing of listings) {
    if (!maySee(who, listing))
      assert.ok(!answer.text.includes(`"${listing.title}"`), `has a hidden title: ${text}`)
  }
  if (wants === undefined) return
  assert.deepEqual(
    shown.map(({ id }) => id).toSorted(),
    wants.map(({ id }) => id).toSorted(),
    `not all, or too many: ${text}`,
  )
  if (count !== undefined) assert.equal(count, wants.length, `counts what is denied: ${text}`)
}

async function found(world: World, hostId: Listing['hostId'], city: string, index: number): Promise<Listing> {
  const title = `Walker ${city} ${index}`
  const body = {
    ...{ title, description: 'walker', city, guestsMax: 2, location: at(10, 10), priceCents: 1_000 + index },
    status: 'published',
  }
  const made = requireStatus(await world.send(hostId, 'POST', '/v1/listings', { body }), 201)
  const path = `/v1/listings/${made.id}`
  const stay = { startsOn: inDays(1), endsOn: inDays(2), guests: 1 }
  const booked = requireStatus(await world.send('gina', 'POST', `${path}/book`, { body: stay }), 200)
  const booking = `/v1/bookings/${booked.json.id}`
  return {
    path,
    id: made.id,
    hostId,
    booking,
    title,
    status: 'published',
    isDeleted: false,
    etags: new Set(['"1"']),
  }
}

async function change(world: World, listing: Listing, pick: Asking['pick'], mark: string): Promise<void> {
  const who = pick([listing.hostId, 'ada'] as const)
  if (listing.isDeleted) {
    requireStatus(await world.send(who, 'POST', `${listing.path}/restore`), 200)
    listing.isDeleted = false
    return
  }
  const kind = pick(['status', 'status', 'title', 'delete'] as const)
  if (kind === 'delete') {
    requireStatus(await world.send(listing.hostId, 'DELETE', listing.path), 204)
    listing.isDeleted = true
    return
  }
  const title = `Walker ${mark}`
  const status = kind === 'title' ? listing.status : listing.status === 'draft' ? 'published' : 'draft'
  requireStatus(
    await world.send(who, 'PATCH', listing.path, { body: { title, status }, headers: patch }),
    200,
  )
  Object.assign(listing, { title, status })
}
