import { MongoClient, type Timestamp } from 'mongodb'
import type { Applied } from './chains.ts'
import type { ResourceName } from './exchange.ts'

/** The database's log of applied writes, reduced to what these checks read. */
interface Entry {
  readonly ts: Timestamp
  readonly op: string
  readonly ns: string
  readonly wall: Date
  readonly o: Readonly<Record<string, unknown>>
  readonly o2?: { readonly _id?: unknown }
}

export interface OplogRead {
  readonly entries: readonly Applied[]
  /** Elections won since the mark. */
  readonly primaryChanges: number
}

/** A position in the oplog, of a write with majority. */
export async function markOplog(uri: string, databaseName: string): Promise<Timestamp> {
  await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 30_000 })
  await untilWritten(client, databaseName)
  const [last] = await entriesOf(client).find({}).sort({ $natural: -1 }).limit(1).toArray()
  if (last === undefined) throw new Error('the oplog is empty')
  return last.ts
}

/**
 * Operations applied since the position. They are read from the primary after a write of our own with majority: nothing
 * before it can be rolled back.
 *
 * @throws Error if the oplog no longer has its beginning
 */
export async function readOplog(uri: string, databaseName: string, since: Timestamp): Promise<OplogRead> {
  await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 30_000 })
  await untilWritten(client, databaseName)
  const oplog = entriesOf(client)
  const [first] = await oplog.find({}).sort({ $natural: 1 }).limit(1).toArray()
  if (first === undefined || first.ts.greaterThan(since))
    throw new Error('the oplog is too small for this run')
  const entries: Applied[] = []
  let primaryChanges = 0
  for await (const entry of oplog.find({ ts: { $gt: since } })) {
    if (entry.op === 'n' && entry.o.msg === 'new primary') primaryChanges++
    for (const each of entry.op === 'c' ? partsOf(entry) : [entry]) {
      const applied = appliedBy(each, databaseName)
      if (applied !== undefined) entries.push(applied)
    }
  }
  return { entries, primaryChanges }
}

const entriesOf = (client: MongoClient) => client.db('local').collection<Entry>('oplog.rs')

async function untilWritten(client: MongoClient, databaseName: string): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    try {
      const marks = client.db(databaseName).collection('fault_suite_marks')
      await marks.insertOne({ at: new Date() }, { writeConcern: { w: 'majority', wtimeout: 10_000 } })
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

/** Operations that were applied as one. */
function partsOf({ o, wall, ts }: Entry): Entry[] {
  // The cast is safe: the list consists of entries (MongoDB, `applyOps`).
  const parts = Array.isArray(o.applyOps) ? (o.applyOps as Entry[]) : []
  return parts.map((part) => ({ ...part, wall, ts }))
}

function appliedBy({ op, ns, o, o2, wall }: Entry, databaseName: string): Applied | undefined {
  const name = ns.startsWith(`${databaseName}.`) ? ns.slice(databaseName.length + 1) : ''
  if (name !== 'places' && name !== 'trips' && name !== 'advisories') return undefined
  if (op !== 'i' && op !== 'u') return undefined
  const resource: ResourceName = name
  const documentId = String(o2?._id ?? o._id)
  // The cast is safe: an update of version 2 has a diff of this form.
  const change: Applied['change'] =
    op === 'u' && o.$v !== undefined && o.diff !== undefined
      ? fieldsOf(o.diff as Diff)
      : { kind: 'whole', document: o }
  return { resource, documentId, wallMs: wall.getTime(), change }
}

/** An update as a difference (oplog format v2): updated, inserted and deleted fields of the top level. */
interface Diff {
  readonly u?: Readonly<Record<string, unknown>>
  readonly i?: Readonly<Record<string, unknown>>
  readonly d?: Readonly<Record<string, unknown>>
}

const fieldsOf = ({ u, i, d }: Diff): Applied['change'] => ({
  kind: 'fields',
  set: { ...u, ...i },
  unset: Object.keys(d ?? {}),
})
