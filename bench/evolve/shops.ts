import type { Collection, Document } from 'mongodb'
import { pick, type Random } from '../load/random.ts'
import type { Call } from './fleet.ts'

/**
 * Shops that exist before any release. The shops of a country, and the labels of each second shop, are never changed by
 * the load, so what a list of them has to contain is known at every moment.
 */
export interface Shops {
  readonly count: number
  readonly ids: readonly string[]
  idsOfCountry(country: string): readonly string[]
  /** Ids of the shops with a label that nobody changes. */
  idsOfLabel(label: string): readonly string[]
}

export const countries = Array.from({ length: 40 }, (_, index) => `C${String(index).padStart(2, '0')}`)
export const labels = Array.from({ length: 50 }, (_, index) => `label-${index}`)

/** Shops that the load creates and changes are elsewhere. */
export const newCountry = 'NEW'

const idOf = (index: number): string => `s${String(index).padStart(6, '0')}`
const countryAt = (index: number) => countries[index % countries.length]
const labelAt = (index: number) => (index % 2 === 0 ? labels[(index / 2) % labels.length] : `seed-${index}`)

export function shopsOf(count: number): Shops {
  const indexes = Array.from({ length: count }, (_, index) => index)
  const ids = indexes.map(idOf)
  return {
    count,
    ids,
    idsOfCountry: (country) => indexes.filter((index) => countryAt(index) === country).map(idOf),
    idsOfLabel: (label) => indexes.filter((index) => labelAt(index) === label).map(idOf),
  }
}

/** Stores them as release A does. */
export async function storeShops(
  collection: Collection<Document & { readonly _id: string }>,
  { count }: Shops,
): Promise<void> {
  const time = '2026-01-01T00:00:00.000Z'
  const documents = Array.from({ length: count }, (_, index) => ({
    ...{ _id: idOf(index), _v: 1, _w: ['seed'], _created: time, _updated: time },
    ...{ name: `Shop ${index}`, country: countryAt(index), rank: index, label: labelAt(index) },
  }))
  for (let from = 0; from < count; from += 1_000)
    await collection.insertMany(documents.slice(from, from + 1_000))
}

export const listSize = 20

/** A request of the load; for a list, the ids that the answer must have. */
export interface Asked extends Call {
  readonly ids?: readonly string[]
}

/** Requests of callers who know only the first version: 60 % reads, 20 % lists, 10 % updates, 10 % creates. */
export function loadOf(shops: Shops, random: Random): () => Asked {
  const firstPages = new Map(
    countries.map((country) => [country, shops.idsOfCountry(country).slice(0, listSize)]),
  )
  let created = 0
  return () => {
    const at = random()
    if (at < 0.6) return { method: 'GET', path: `/v1/shops/${pick(shops.ids, random)}` }
    if (at < 0.8) {
      const country = pick(countries, random)
      const path = `/v1/shops?country=${country}&sort=rank&limit=${listSize}`
      return { method: 'GET', path, ids: firstPages.get(country) ?? [] }
    }
    created += 1
    const label = `changed-${created}`
    if (at < 0.9) {
      const id = idOf(1 + 2 * Math.floor((random() * shops.count) / 2))
      return { method: 'PATCH', path: `/v1/shops/${id}`, body: { label } }
    }
    const body = { name: `New ${created}`, country: newCountry, rank: 1_000_000 + created, label }
    return { method: 'POST', path: '/v1/shops', body }
  }
}
