import { randomUUID } from 'node:crypto'
import { application } from '@spillway/origin/application'
import { findView, inputSchema } from '@spillway/origin/contract'
import type { Db } from 'mongodb'
import { Compile } from 'typebox/compile'
import { etagOf, type PlaceInput, type StoredPlace, shownPlace, storedFields } from '../peers/place.ts'

/** Input and output of a function behind the gateway (API Gateway's proxy integration, in short). */
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

const inputOf = (name: string) => {
  const view = findView(application.resources, 'v2', name)
  if (view === undefined) throw new Error(`the contract has no v2 of ${name}`)
  return Compile(inputSchema(view.representation))
}
const inputs = { places: inputOf('places'), trips: inputOf('trips') }

const nothing: FunctionAnswer = { status: 404, body: { title: 'Not found' } }
const invalid: FunctionAnswer = { status: 422, body: { title: 'The body does not match the schema' } }

/**
 * The story's API as an average careful team writes it: validated input, one command per request, majority writes. Both
 * designs before Spillway run it.
 *
 * @param subject of the token
 */
export async function handle(event: FunctionEvent, database: Db, subject: string): Promise<FunctionAnswer> {
  const { method, path, body } = event
  const url = new URL(path, 'http://function')
  const places = database.collection<StoredPlace>('places')
  const id = /^\/v2\/places\/([\w-]{1,64})$/.exec(url.pathname)?.[1]
  if (method === 'GET' && id !== undefined) {
    const place = await places.findOne({ _id: id })
    if (place === null) return nothing
    return { status: 200, headers: { etag: etagOf(place) }, body: shownPlace(place) }
  }
  if (method === 'GET' && url.pathname === '/v2/places') {
    const countryCode = url.searchParams.get('countryCode')
    const found = await places
      .find(countryCode === null ? {} : { countryCode })
      .sort({ population: -1, _id: -1 })
      .limit(Math.min(100, Number(url.searchParams.get('limit') ?? 20)))
      .toArray()
    return { status: 200, body: { items: found.map(shownPlace) } }
  }
  const [, , resource = '', ...rest] = url.pathname.split('/')
  if (method !== 'POST' || rest.length > 0) return nothing
  if (resource !== 'places' && resource !== 'trips') return nothing
  const fields: unknown = JSON.parse(body)
  if (!inputs[resource].Check(fields)) return invalid
  const made = { _id: randomUUID(), createdAt: new Date(), updatedAt: new Date(), version: 1 }
  if (resource === 'places') {
    // The cast is safe: the schema has accepted the fields.
    const place: StoredPlace = { ...storedFields(fields as unknown as PlaceInput), ...made }
    await places.insertOne(place)
    return { status: 201, headers: { etag: etagOf(place) }, body: shownPlace(place) }
  }
  // The casts are safe: the schema has accepted an object, and the collection takes any fields.
  const { _id, version, ...trip } = { ...(fields as object), ownerId: subject, ...made }
  await database.collection<{ _id: string }>('trips').insertOne({ _id, version, ...trip } as { _id: string })
  return { status: 201, headers: { etag: etagOf({ version }) }, body: { id: _id, ...trip } }
}
