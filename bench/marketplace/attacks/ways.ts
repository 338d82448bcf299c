import assert from 'node:assert/strict'
import { requireStatus } from '../expect.ts'
import type { Answer, Person, World } from '../world.ts'

/** A listing of the walk, as it is now. */
export interface Listing {
  readonly path: string
  readonly id: string
  readonly hostId: 'hanna' | 'harry'
  /** Path of Gina's booking of it, which expands it. */
  readonly booking: string
  title: string
  status: 'draft' | 'published'
  isDeleted: boolean
  /** Entity tags that any reader was ever sent for it. */
  readonly etags: Set<string>
}

/** The read rule, evaluated naively. */
export const maySee = (who: Person, { hostId, status, isDeleted }: Listing): boolean =>
  !isDeleted && (status === 'published' || who === hostId || who === 'ada')

export interface Asking {
  readonly world: World
  readonly who: Person
  readonly listing: Listing
  /** All of the walk. */
  readonly listings: readonly Listing[]
  readonly city: string
  readonly pick: <Item>(items: readonly Item[]) => Item
}

/** The answer to a read, and the one that it must have. */
export interface Read {
  readonly answer: Answer
  readonly shown: readonly { readonly id: string; readonly title?: string }[]
  /** Listings that it must show, and no other; `undefined`: only what it shows is judged. */
  readonly wants?: readonly Listing[]
  readonly count?: number
}

/** A way to ask for listings. */
export type Way = (asking: Asking) => Promise<Read>

const visible = ({ who, listings }: Asking) => listings.filter((one) => maySee(who, one))

/** A list of the walk's city with this query. */
const listed =
  (query: string, isWanted: (listing: Listing, asking: Asking) => boolean, hasCount = false): Way =>
  async (asking) => {
    const { world, who, city, listing } = asking
    const text = query.replaceAll('HOST', listing.hostId).replaceAll('CITY', encodeURIComponent(city))
    const answer = requireStatus(await world.send(who, 'GET', `/v1/listings?${text}`), 200)
    const { items, count } = answer.json
    return {
      answer,
      shown: items,
      wants: visible(asking).filter((one) => isWanted(one, asking)),
      ...(hasCount && { count: count.value }),
    }
  }

/** The listing itself. */
const document =
  (query: string, headersOf: (asking: Asking) => Readonly<Record<string, string>>, method = 'GET'): Way =>
  async (asking) => {
    const { world, who, listing } = asking
    const answer = await world.send(who, method, `${listing.path}${query}`, { headers: headersOf(asking) })
    const mayBe = maySee(who, listing) ? [200, 206, 304, 412, 416] : [404]
    const what = `${who} ${method} ${listing.path}${query}: ${answer.status}`
    assert.ok(mayBe.includes(answer.status), `${what}, not ${mayBe}`)
    const etag = answer.headers.get('etag')
    if (etag !== null) listing.etags.add(etag)
    if (answer.status === 304) {
      const now = await world.send(who, 'GET', `${listing.path}${query}`)
      assert.equal(etag, now.headers.get('etag'), `${what} of what was`)
    }
    return { answer, shown: answer.json?.id === undefined ? [] : [answer.json] }
  }

/** Bookings with their listings, of which each reader is shown their own. */
const expanded =
  (pathOf: (listing: Listing) => string): Way =>
  async ({ world, who, listing, listings }) => {
    const answer = await world.send(who, 'GET', pathOf(listing))
    if (answer.status !== 200) return { answer, shown: [] }
    for (const {
      listingId,
      expanded: { listingId: one },
    } of answer.json.items ?? [answer.json]) {
      const of = listings.find(({ id }) => id === listingId)
      if (of === undefined) continue
      const what = `${who} GET ${answer.path}: ${answer.headers.get('cache-status')} ${JSON.stringify(one)}`
      assert.equal(one?.title, maySee(who, of) ? of.title : undefined, what)
    }
    return { answer, shown: [] }
  }

/** Pages of two, to the end. */
const paged: Way = async (asking) => {
  const { world, who, city } = asking
  const shown = []
  for (let cursor: string | null = ''; ; ) {
    const query = `city=${encodeURIComponent(city)}&sort=priceCents&limit=2${cursor && `&cursor=${cursor}`}`
    const answer = requireStatus(await world.send(who, 'GET', `/v1/listings?${query}`), 200)
    shown.push(...answer.json.items)
    cursor = answer.json.nextCursor
    if (cursor === null) return { answer, shown, wants: visible(asking) }
  }
}

/** A second page by the cursor that an admin got, who sees all. */
const pagedByAdmin: Way = async ({ world, who, city }) => {
  const query = `city=${encodeURIComponent(city)}&sort=priceCents&limit=1`
  const { nextCursor } = requireStatus(await world.send('ada', 'GET', `/v1/listings?${query}`), 200).json
  const cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`
  const answer = requireStatus(await world.send(who, 'GET', `/v1/listings?${query}${cursor}`), 200)
  return { answer, shown: answer.json.items }
}

export const ways: readonly Way[] = [
  document('', () => ({})),
  document('', () => ({})),
  document('?fields=title', () => ({})),
  document('', () => ({}), 'HEAD'),
  document('', ({ listing, pick }) => ({ 'if-none-match': pick([...listing.etags, '*']) })),
  document('', ({ listing, pick }) => ({ 'if-match': pick([...listing.etags, '*']) })),
  document('', () => ({ range: 'bytes=0-9' })),
  document('', () => ({ 'cache-control': 'only-if-cached, max-stale=600' })),
  listed('city=CITY&limit=100', () => true),
  listed('city=CITY&limit=100&fields=id', () => true),
  listed('city=CITY&limit=100&count=true', () => true, true),
  listed('city=CITY&status=draft&limit=100&count=true', ({ status }) => status === 'draft', true),
  listed('city=CITY&status=published&limit=99', ({ status }) => status === 'published'),
  listed('city=CITY&status[ne]=published', ({ status }) => status !== 'published'),
  listed('city=CITY&hostId=HOST&count=true', ({ hostId }, { listing }) => hostId === listing.hostId, true),
  listed(
    'or=(status=draft,hostId=HOST)&city=CITY',
    ({ status, hostId }, { listing }) => status === 'draft' || hostId === listing.hostId,
  ),
  listed('city=CITY&search=walker', () => true),
  listed('city=CITY&near=10,10,5000&limit=50', () => true),
  paged,
  pagedByAdmin,
  expanded(({ booking }) => `${booking}?expand=listingId`),
  expanded(({ id }) => `/v1/bookings?listingId=${id}&expand=listingId`),
  expanded(() => '/v1/bookings?expand=listingId&limit=50'),
]
