import { parseArgs } from 'node:util'
import { application } from '@spillway/origin/application'
import { findView, type View } from '@spillway/origin/contract'
import { BSON } from 'mongodb'
import { compileSerializer, showDocument } from '../../origin/src/resource/serializer.ts'
import { documentOf, instantOf, newRecord, type StoredRecord } from '../../origin/src/store/envelope.ts'
import type { StoredDocument } from '../../origin/src/store/repository.ts'
import { interleave } from '../measure/rounds.ts'
import { median, spreadPercent, summarize } from '../measure/statistics.ts'
import { figure, table } from '../measure/table.ts'

parseArgs({ options: {} })

/**
 * Program: cost of one document from the database's bytes to the JSON of the answer, and what each alternative would
 * save. It reads only the CPU time of this process, so the machine may be busy. The cast is safe: the sample has places.
 *
 *     node bench/origin/serialization.ts
 */
const view = findView(application.resources, 'v2', 'places') as View
const place = {
  name: 'Clermont-Ferrand',
  countryCode: 'FR',
  region: '84',
  kind: 'regional-capital',
  population: 138_681,
  latitude: 45.77966,
  longitude: 3.08628,
}
const now = Date.parse('2026-11-25T12:00:00Z')
const creation = { writeId: 'Zm9vYmFyYmF6.4q', request: undefined, at: instantOf(now) }
const bytes = BSON.serialize(newRecord('3024635', place, creation))

const serialize = compileSerializer(view)
const { fromStored } = view.representation
// The cast is safe: the bytes are those of a record.
const read = (options: BSON.DeserializeOptions = {}) => BSON.deserialize(bytes, options) as StoredRecord
// The cast is safe: the record was not deleted.
const document = documentOf(read()) as StoredDocument
const unchecked = { validation: { utf8: false } }
// The cast is safe: the record was not deleted.
const compiled = (record: StoredRecord) => serialize(documentOf(record) as StoredDocument, undefined, [])
// The cast is safe: the record was not deleted.
const stringified = (record: StoredRecord) =>
  JSON.stringify(showDocument(documentOf(record) as StoredDocument, fromStored))

const ways: Readonly<Record<string, () => unknown>> = {
  'as it is: checked BSON, compiled serializer': () => compiled(read()),
  'JSON.stringify in its place': () => stringified(read()),
  'without checking UTF-8': () => compiled(read(unchecked)),
  'BSON alone': () => read(),
  'BSON alone, without checking UTF-8': () => read(unchecked),
  'JSON alone': () => serialize(document, undefined, []),
}

const batch = 20_000
function cpuMicroseconds(run: () => unknown): number {
  const before = process.cpuUsage()
  for (let time = 0; time < batch; time += 1) run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / batch
}

const entries = Object.entries(ways)
for (const [, run] of entries) cpuMicroseconds(run)
const samples = await interleave(entries, 15, async ([, run]) => cpuMicroseconds(run))
const rows = [...samples].map(([[name], list]) => [
  name,
  figure(median(list)),
  `±${spreadPercent(summarize(list)).toFixed(0)} %`,
])
console.log(table([`${bytes.byteLength} bytes of BSON`, 'CPU µs/document', 'spread'], rows))
