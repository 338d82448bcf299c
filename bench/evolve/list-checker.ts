import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { pick, type Random } from '../load/random.ts'
import type { Answer, Call, Fleet, Release } from './fleet.ts'
import { zoneOf } from './releases/fields.ts'
import { countries, labels, type Shops } from './shops.ts'

interface Shop {
  readonly id: string
  readonly rank: number
  label: string
  zone: string
}

/** A list, and what it must contain. */
interface Sample {
  readonly path: string
  /** The first release that has it. */
  readonly from: Release
  readonly expected: readonly unknown[]
  readonly of: (item: Record<string, unknown>) => unknown
}

const idOf = ({ id }: Record<string, unknown>) => id
const pageSize = 7
/** So many documents of its own: a few pages. */
const ownMin = 20
const ownMax = 30

/**
 * Writes documents of its own, one after the other, through whatever release answers, and compares each list with what it
 * must contain. Pages of one list come from different origins.
 */
export class ListChecker {
  /** Whole lists that were compared. */
  checked = 0
  /** Lists that were refused until a migration or an index is complete. */
  refused = 0
  readonly wrong: string[] = []
  /** Writes and lists that ended in no way that a caller may expect. */
  readonly failures: string[] = []
  /** Releases whose lists may not be refused any more. */
  readonly complete = new Set<Release>(['a'])
  readonly #fleet: Fleet
  readonly #shops: Shops
  readonly #random: Random
  readonly #own: Shop[] = []
  readonly #loop: Promise<void>
  readonly #country: string
  #isStopped = false
  #made = 0

  /** @param country of its own documents, which nobody else writes */
  constructor(fleet: Fleet, shops: Shops, random: Random, country: string) {
    this.#country = country
    this.#fleet = fleet
    this.#shops = shops
    this.#random = random
    this.#loop = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#loop
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#write()
      if (this.#isStopped) return
      await this.#compare(pick(this.#samples(), this.#random))
      await sleep(5)
    }
  }

  async #write(): Promise<void> {
    const at = this.#random()
    const one = this.#own.length > 0 ? pick(this.#own, this.#random) : undefined
    if (one === undefined || this.#own.length < ownMin || (at < 0.2 && this.#own.length < ownMax)) {
      return await this.#create()
    }
    this.#made += 1
    const label = `${this.#country}-${this.#made}`
    // Each caller in the newest version that all origins have.
    if (this.#fleet.oldest === 'c' && at < 0.4) {
      if (await this.#done({ method: 'PATCH', path: `/v3/shops/${one.id}`, body: { title: label } }))
        one.label = label
    } else if (this.#fleet.oldest !== 'a' && at < 0.6) {
      const zone = `zone-${this.#made % 5}`
      if (await this.#done({ method: 'PATCH', path: `/v2/shops/${one.id}`, body: { zone } })) one.zone = zone
    } else if (at < 0.85) {
      if (await this.#done({ method: 'PATCH', path: `/v1/shops/${one.id}`, body: { label } }))
        one.label = label
    } else if (await this.#done({ method: 'DELETE', path: `/v1/shops/${one.id}` })) {
      this.#own.splice(this.#own.indexOf(one), 1)
    }
  }

  async #create(): Promise<void> {
    this.#made += 1
    const rank = 2_000_000 + Math.floor(this.#random() * 1_000)
    const label = `${this.#country}-${this.#made}`
    const body = { name: `Own ${this.#made}`, country: this.#country, rank, label }
    const answer = await this.#done({ method: 'POST', path: '/v1/shops', body })
    if (answer) this.#own.push({ id: answer.json.id, rank, label, zone: zoneOf(this.#country) })
  }

  /** Sends a write until it is not refused for now. */
  async #done(call: Call): Promise<Answer | undefined> {
    for (;;) {
      const answer = await this.#fleet.send(call)
      if (answer === undefined) return undefined
      if (answer.status >= 200 && answer.status < 300) return answer
      if (answer.status !== 503 || answer.json.code === 'index-unready') {
        this.failures.push(`${call.method} ${call.path}: ${answer.status} ${answer.json?.code}`)
        // Nobody knows what is stored now, so no later list could be judged.
        this.#isStopped = true
        return undefined
      }
      await sleep(100)
    }
  }

  #samples(): readonly Sample[] {
    const byRank = this.#own.toSorted((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
    const byId = this.#own.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const one = this.#own.length > 0 ? pick(this.#own, this.#random) : undefined
    const country = pick(countries, this.#random)
    const label = pick(labels, this.#random)
    const own = `country=${this.#country}`
    return [
      {
        path: `/v1/shops?${own}&sort=rank`,
        from: 'a',
        expected: byRank.map((shop) => [shop.id, shop.label]),
        of: (item) => [item.id, item.label],
      },
      {
        path: `/v1/shops?label=${one?.label}`,
        from: 'a',
        expected: one === undefined ? [] : [one.id],
        of: idOf,
      },
      { path: `/v1/shops?label=${label}`, from: 'a', expected: this.#shops.idsOfLabel(label), of: idOf },
      {
        path: `/v2/shops?${own}&zone=${one?.zone}`,
        from: 'b',
        expected: byId.filter(({ zone }) => zone === one?.zone).map((shop) => [shop.id, shop.zone]),
        of: (item) => [item.id, item.zone],
      },
      {
        path: `/v2/shops?zone=${zoneOf(country)}`,
        from: 'b',
        expected: this.#shops.idsOfCountry(country),
        of: idOf,
      },
      {
        path: `/v3/shops?title=${one?.label}`,
        from: 'c',
        expected: one === undefined ? [] : [[one.id, one.label]],
        of: (item) => [item.id, item.title],
      },
      { path: `/v3/shops?title=${label}`, from: 'c', expected: this.#shops.idsOfLabel(label), of: idOf },
    ]
  }

  async #compare({ path, from, expected, of }: Sample): Promise<void> {
    const size = expected.length > 100 ? 100 : pageSize
    const items: Record<string, unknown>[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const next = cursor === '' ? '' : `&cursor=${cursor}`
      const answer = await this.#fleet.send({ method: 'GET', path: `${path}&limit=${size}${next}` }, from)
      // No origin of the release is left: it was rolled back.
      if (answer === undefined) return
      const { status, json } = answer
      if (status === 503 && json.code === 'index-unready') {
        this.refused += 1
        if (this.complete.has(from)) this.failures.push(`${path}: refused after the migration`)
        return
      }
      if (status === 503) continue
      if (status !== 200) {
        this.failures.push(`${path}: ${status} ${json?.code}`)
        return
      }
      items.push(...json.items)
      cursor = json.nextCursor
    }
    this.checked += 1
    const found = items.map(of)
    if (!isDeepStrictEqual(found, expected))
      this.wrong.push(`${path}: ${JSON.stringify(found)}, want ${JSON.stringify(expected)}`)
  }
}
