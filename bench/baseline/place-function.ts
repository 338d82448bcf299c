import { randomUUID } from 'node:crypto'
import { findView, inputSchema, resources } from '@spillway/origin/contract'
import type { Collection } from 'mongodb'
import { Compile } from 'typebox/compile'
import {
  etagOf,
  type PlaceInput,
  type StoredPlace,
  shownPlace,
  storedChanges,
  storedFields,
  updateFilter,
  versionOf,
} from '../peers/place.ts'

/** What the gateway hands to a function, and what it wants back (API Gateway's proxy integration, in short). */
export interface FunctionEvent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface FunctionAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

const view = findView(resources, 'v2', 'places')
if (view === undefined) throw new Error('the contract has no v2 of places')
const input = Compile(inputSchema(view.representation))

/** The API's places as a careful team writes them in a function: one command a request, majority writes. */
export async function handlePlaces(
  { method, path, headers, body }: FunctionEvent,
  places: Collection<StoredPlace>,
): Promise<FunctionAnswer> {
  const url = new URL(path, 'http://function')
  const id = /^\/v2\/places\/([\w-]{1,64})$/.exec(url.pathname)?.[1]
  if (method === 'GET' && id !== undefined) return shown(await places.findOne({ _id: id }), 200)
  if (method === 'PATCH' && id !== undefined) {
    const version = versionOf(headers['if-match'])
    const changed = await places.findOneAndUpdate(
      updateFilter(id, version),
      { $set: { ...storedChanges(JSON.parse(body)), updatedAt: new Date() }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    )
    return shown(changed, 200, version === undefined ? 404 : 412)
  }
  if (url.pathname !== '/v2/places') return { status: 404, body: { title: 'Nothing is here' } }
  if (method === 'POST') {
    const fields: unknown = JSON.parse(body)
    if (!input.Check(fields)) return { status: 422, body: { title: 'Not a place' } }
    const now = new Date()
    const place = {
      _id: randomUUID(),
      ...storedFields(fields as unknown as PlaceInput),
      createdAt: now,
      updatedAt: now,
      version: 1,
    }
    await places.insertOne(place)
    return shown(place, 201)
  }
  const countryCode = url.searchParams.get('countryCode')
  const limit = Math.min(100, Number(url.searchParams.get('limit') ?? 20))
  const found = await places
    .find(countryCode === null ? {} : { countryCode })
    .sort({ population: -1, _id: -1 })
    .limit(limit)
    .toArray()
  return { status: 200, body: { items: found.map(shownPlace) } }
}

function shown(place: StoredPlace | null, status: number, missing = 404): FunctionAnswer {
  if (place === null) return { status: missing, body: { title: 'Nothing is here' } }
  return { status, headers: { etag: etagOf(place) }, body: shownPlace(place) }
}
