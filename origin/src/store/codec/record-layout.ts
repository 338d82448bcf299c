import { hash } from 'node:crypto'
import {
  distancePath,
  itemsOf,
  type Resource,
  type StoredLayout,
  schemaAt,
  scorePath,
  storedPathOf,
} from '@spillway/origin/contract'
import type { Document } from 'mongodb'
import type { StoredRecord } from '../envelope.ts'
import type { Listing, Tally } from '../listing.ts'
import type { StoredDocument } from '../repository.ts'
import { compileCodec, timeCodec } from './compile-codec.ts'
import { type FieldCodec, isAbsent, type OnMisfit } from './field-codec.ts'
import { type Compared, translateFilter } from './filter-codec.ts'
import { type IdCodec, idCodecs } from './id-codec.ts'
import { type Changes, type ObjectCodec, put, valueAt } from './object-codec.ts'
import type { Source, SourceWrite } from './source.ts'

/**
 * Layout of an adopted collection, which another application reads and writes as well: converts between its documents
 * and the store's records. Only these documents are read and written through it; a resource without `stored` has none.
 *
 * - A document's version is a digest of what is shown of it, so that it changes with every change, also of other
 *   programs.
 * - A write is conditional on the document's fields, as they were read, instead of a version.
 * - An update names the fields that differ, so nothing else in the document is touched.
 */
export class RecordLayout {
  readonly collection: string
  readonly id: IdCodec
  readonly #layout: StoredLayout
  readonly #schema: Resource['schema']
  readonly #fields: ObjectCodec
  readonly #times: readonly (readonly [
    field: 'createdAt' | 'updatedAt',
    record: '_created' | '_updated',
    stored: readonly string[],
    codec: FieldCodec,
  ])[]
  readonly #roots: readonly string[]
  readonly #onMisfit: OnMisfit
  readonly #compared = new Map<string, Compared>()

  /** @param onMisfit called for each value that its field's schema cannot show */
  constructor(resource: Resource, layout: StoredLayout, onMisfit: OnMisfit) {
    this.collection = layout.collection
    this.id = idCodecs[layout.id]
    this.#layout = layout
    this.#schema = resource.schema
    this.#fields = compileCodec(resource, layout)
    this.#onMisfit = onMisfit
    const mapped = (field: 'createdAt' | 'updatedAt', record: '_created' | '_updated') => {
      const path = layout.fields?.[field]
      return path === undefined ? [] : [[field, record, path.split('.'), timeCodec(layout, field)] as const]
    }
    this.#times = [...mapped('createdAt', '_created'), ...mapped('updatedAt', '_updated')]
    const names = Object.keys(resource.schema.properties).map(
      (name) => storedPathOf(layout, name).split('.')[0] ?? '',
    )
    this.#roots = [...new Set([...names, ...this.#times.map(([, , [root = '']]) => root)])]
  }

  /** Ids as stored, without those that no document can have. */
  idsOf(ids: readonly string[]): readonly unknown[] {
    return ids.map((id) => this.id.encode(id)).filter((id) => id !== undefined)
  }

  /** Whether an id in a path can name the document. One that none can name is left out of every answer. */
  isAddressable({ _id }: Document): boolean {
    return this.id.decode(_id) !== undefined
  }

  /** The documents that an id can name. The others are counted as misfits. */
  addressable(documents: readonly Document[]): Document[] {
    return documents.filter((document) => {
      const isAddressable = this.isAddressable(document)
      if (!isAddressable) this.#onMisfit('id', document._id)
      return isAddressable
    })
  }

  /** The record of a document that {@link isAddressable}. */
  record(document: Document, onMisfit = this.#onMisfit): StoredRecord {
    // The cast is safe: a document decodes to an object.
    const fields = this.#fields.decode(document, '', onMisfit) as Record<string, unknown>
    const times: Record<string, unknown> = {}
    for (const [field, record, stored, codec] of this.#times) {
      const found = valueAt(document, stored)
      const time = isAbsent(found) ? undefined : codec.decode(found, field, onMisfit)
      if (time === undefined && !isAbsent(found)) onMisfit(field, found)
      times[record] = time
    }
    const { [distancePath]: distance, [scorePath]: score } = document
    return {
      // The cast is safe: such an id has a text.
      _id: this.id.decode(document._id) as string,
      _v: versionOf([fields, times]),
      // The cast: times that are not stored are absent from every answer.
      ...(times as { _created: string; _updated: string }),
      _w: [],
      ...fields,
      _source: { document },
      ...(distance !== undefined && { [distancePath]: Number(distance) }),
      ...(score !== undefined && { [scorePath]: Number(score) }),
    }
  }

  /** The record that inserts a new document. @throws {TypeError} if its id is none of this collection */
  insertion(record: StoredRecord): StoredRecord {
    const _id = this.id.encode(record._id)
    if (_id === undefined) throw new TypeError(`'${record._id}' is no id of ${this.collection}`)
    const document: Document = { _id, ...this.#fields.encode(record, undefined, '') }
    for (const [, name, stored, codec] of this.#times)
      put(document, stored, codec.encode(record[name], undefined, ''))
    const { _key } = record
    return {
      ...this.#written(document, { kind: 'insert', document }),
      ...(_key !== undefined && { _key }),
    }
  }

  /**
   * The record that replaces a document which was read.
   *
   * @throws {UnstorableError} if that would lose a part of the document that the schema does not describe
   */
  replacement(record: StoredRecord, current: StoredDocument): StoredRecord {
    const document = sourceOf(current)
    const before = this.record(document, () => {})
    const changes: Changes = { set: new Map(), unset: new Set() }
    this.#fields.changes(document, { before, after: record }, { path: '', outer: '' }, changes)
    for (const [field, name, stored, codec] of this.#times) {
      if (field === 'createdAt') continue
      const found = valueAt(document, stored)
      changes.set.set(stored.join('.'), codec.encode(record[name], found, ''))
    }
    const q = this.#unchanged(document)
    return this.#written(changed(document, changes), { kind: 'update', q, u: this.#update(changes) })
  }

  /** The record that deletes a document which was read. */
  deletion(record: StoredRecord, current: StoredDocument): StoredRecord {
    const document = sourceOf(current)
    return { ...record, _source: { document, write: { kind: 'delete', q: this.#unchanged(document) } } }
  }

  /** The record that requires a document to be as it was read. */
  guard(record: StoredRecord, current: StoredDocument): StoredRecord {
    const document = sourceOf(current)
    return { ...record, _source: { document, write: { kind: 'guard', q: this.#unchanged(document) } } }
  }

  /** Documents that have values to sort by: another one has no place after which a page could start. */
  #among(filter: Document, sort: Document): Document {
    const placed = Object.keys(sort).filter((field) => !field.startsWith('_'))
    const present = placed.map((field) => {
      const { path, codec } = this.#comparedAt(field)
      return { [path]: { $gte: codec.least } }
    })
    return { $and: [this.#filter(filter), ...present] }
  }

  #filter(filter: Document): Document {
    return translateFilter(filter, { id: this.id, compared: (field) => this.#comparedAt(field) })
  }

  tally({ filter, sort = {}, countMax }: Tally): Tally {
    return { filter: this.#among(filter, sort), countMax }
  }

  listing({ filter, sort, limit, pipeline, inOneReply }: Listing): Listing {
    const order = this.#sort(sort)
    const among = (condition: Document): Document => this.#among(condition, sort)
    return {
      filter: among(filter),
      sort: order,
      limit,
      ...(inOneReply && { inOneReply }),
      ...(pipeline !== undefined && {
        pipeline: pipeline.map((stage) => this.#stage(stage, among, order)),
      }),
    }
  }

  /** Stored names of an index's fields. */
  indexKey<Kind>(key: Readonly<Record<string, Kind>>): Record<string, Kind> {
    const named = Object.entries(key).map(([field, kind]) => [this.#pathOf(field), kind] as const)
    return Object.fromEntries(named)
  }

  /** Names the fields of a violated index; fields that the resource does not have are left out. */
  keyPattern(paths: readonly string[]): Readonly<Record<string, 1>> {
    const known = Object.keys(this.#schema.properties)
    const names = paths.flatMap((path) => {
      if (path === '_id') return path
      const within = (name: string): boolean => {
        const stored = storedPathOf(this.#layout, name)
        return path === stored || path.startsWith(`${stored}.`)
      }
      return known.find(within) ?? []
    })
    return Object.fromEntries(names.map((name) => [name, 1]))
  }

  #stage(stage: Document, among: (condition: Document) => Document, order: Document): Document {
    if (stage.$match !== undefined) return { $match: among(stage.$match) }
    if (stage.$sort !== undefined) return { $sort: order }
    if (stage.$geoNear === undefined) return stage
    return { $geoNear: { ...stage.$geoNear, query: this.#filter(stage.$geoNear.query) } }
  }

  #sort(sort: Document): Document {
    return Object.fromEntries(
      Object.entries(sort).map(([field, direction]) => [this.#pathOf(field), direction]),
    )
  }

  #pathOf(field: string): string {
    return field.startsWith('_') ? field : storedPathOf(this.#layout, field)
  }

  #comparedAt(field: string): Compared {
    const known = this.#compared.get(field)
    if (known !== undefined) return known
    const schema = schemaAt(this.#schema, field)
    if (schema === undefined) throw new TypeError(`nothing compares '${field}'`)
    // An object with the one field makes a codec of its items, with the field's own path and type. The cast
    // is safe: it is what `Type.Object` makes, without the names of kinds that nothing here reads.
    const alone = { type: 'object', properties: { value: itemsOf(schema) } } as never
    const { types = {} } = this.#layout
    const type = types[field]
    const only = compileCodec(
      { schema: alone },
      { ...this.#layout, fields: {}, types: type ? { value: type } : {} },
    )
    const compared = { path: storedPathOf(this.#layout, field), codec: only.memberAt(0) }
    this.#compared.set(field, compared)
    return compared
  }

  #written(document: Document, write: SourceWrite): StoredRecord {
    return { ...this.record(document, () => {}), _source: { document, write } }
  }

  #update({ set, unset }: Changes): Document {
    if (set.size === 0 && unset.size === 0) {
      // Changes nothing, and still tells whether the document is as it was read.
      return { $setOnInsert: { _: null } }
    }
    return {
      ...(set.size > 0 && { $set: Object.fromEntries(set) }),
      ...(unset.size > 0 && { $unset: Object.fromEntries([...unset].map((path) => [path, ''])) }),
    }
  }

  /** Condition that every field is as in the document. A missing one and `null` count as equal. */
  #unchanged(document: Document): Document {
    const fields = this.#roots.map((root) => {
      const value = Object.hasOwn(document, root) ? document[root] : undefined
      return [root, isAbsent(value) ? null : { $eq: value }] as const
    })
    return { _id: document._id, ...Object.fromEntries(fields) }
  }
}

/** The stored document that was shown. The cast is safe: every document of a layout was read through it. */
const sourceOf = ({ bookkeeping }: StoredDocument): Document => (bookkeeping.source as Source).document

/**
 * A positive integer of 48 bits: the version of what is shown, for entity tags. Writes compare the fields themselves.
 */
const versionOf = (shown: unknown): number =>
  Number.parseInt(hash('sha256', JSON.stringify(shown)).slice(0, 12), 16) + 1

/** The document after its changes; shares what has not changed. */
function changed(document: Document, { set, unset }: Changes): Document {
  let next = document
  for (const [path, value] of set) next = withValue(next, path.split('.'), value)
  for (const path of unset) next = withValue(next, path.split('.'), undefined)
  return next
}

function withValue(document: Document, [name = '', ...rest]: readonly string[], value: unknown): Document {
  if (rest.length > 0) return { ...document, [name]: withValue(document[name] ?? {}, rest, value) }
  if (value !== undefined) return { ...document, [name]: value }
  const { [name]: _, ...others } = document
  return others
}
