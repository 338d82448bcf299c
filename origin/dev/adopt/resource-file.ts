import type { IdType } from '@spillway/origin/contract'
import type { Document } from 'mongodb'
import { type Findings, type InferredMember, inferMembers } from './infer-field.ts'
import { inferIndexes } from './infer-indexes.ts'
import { camelCase, resourceName } from './names.ts'
import { countOf, newShape, type Shape, see } from './shape.ts'

/** Resource file for one collection, and notes about it. */
export interface Adopted {
  readonly collection: string
  /** Name of the file; `undefined` if the collection cannot be adopted. */
  readonly file: string | undefined
  readonly source: string
  /** Sentences about what could not be inferred. */
  readonly notes: readonly string[]
}

const idTypesByBson: Readonly<Record<string, IdType>> = {
  objectId: 'objectId',
  uuid: 'uuid',
  int: 'integer',
  long: 'integer',
  double: 'integer',
  string: 'text',
}

const times = {
  createdAt: /^(created|creation)_?(at|on|date|time)?$|^date_?created$/i,
  updatedAt: /^((last_?)?(updated|modified))_?(at|on|date|time)?$|^date_?(updated|modified)$/i,
} as const

/** Writes the resource file of a collection. @param documents sampled, with the types of numbers */
export function resourceFile(
  collection: string,
  documents: readonly Document[],
  existing: readonly Document[],
): Adopted {
  const shape = newShape()
  for (const document of documents) see(shape, document)
  const findings: Findings = { fields: {}, types: {}, notes: [], words: new Set() }
  const { notes } = findings
  const name = resourceName(collection)
  const id = idTypeOf(shape.members.get('_id'), notes)
  if (name === undefined || id === undefined || documents.length === 0) {
    if (documents.length === 0) notes.push('the collection is empty')
    if (name === undefined) notes.push('no resource can have a name like this')
    return { collection, file: undefined, source: '', notes }
  }
  const skipped = mapTimes(shape, findings)
  const members = inferMembers(shape, undefined, findings, skipped)
  if (members.length === 0) {
    notes.push('no field can be shown')
    return { collection, file: undefined, source: '', notes }
  }
  const declared = inferIndexes(existing, members, notes)
  return {
    collection,
    file: `${name}.ts`,
    source: sourceOf({ name, collection, id, members, findings, declared }),
    notes,
  }
}

function idTypeOf(shape: Shape | undefined, notes: string[]): IdType | undefined {
  const types = [...(shape?.types ?? [])].sort(([, a], [, b]) => b - a)
  const ids = new Set(types.map(([type]) => idTypesByBson[type]))
  const [first] = ids
  if (first === undefined || shape === undefined) {
    notes.push(
      `_id: the type ${types[0]?.[0] ?? 'of nothing'} has no form in a path; the collection cannot be adopted`,
    )
    return undefined
  }
  const listed = types.map(([type, count]) => `${type} (${count})`).join(', ')
  if (ids.size > 1)
    notes.push(`_id: has the types ${listed}; documents of another type than ${first} are not shown`)
  if (first === 'integer' && !shape.isWhole)
    notes.push('_id: some are not integers; lists that contain one fail')
  if (first === 'integer')
    notes.push('_id: are integers, which Spillway does not generate; access.create is never')
  return first
}

/** Maps the fields that hold the times of creation and last change. @returns the stored names of all system fields */
function mapTimes(shape: Shape, { fields, types }: Findings): ReadonlySet<string> {
  const mapped = new Set(['_id'])
  for (const [field, pattern] of Object.entries(times)) {
    const [found] = [...shape.members].find(([name, member]) => pattern.test(name) && isOfDates(member)) ?? []
    if (found === undefined) continue
    fields[field] = found
    types[field] = 'date'
    mapped.add(found)
  }
  return mapped
}

const isOfDates = (member: Shape): boolean =>
  (member.types.get('date') ?? 0) === countOf(member) && countOf(member) > 0

interface Parts {
  readonly name: string
  readonly collection: string
  readonly id: IdType
  readonly members: readonly InferredMember[]
  readonly findings: Findings
  readonly declared: ReturnType<typeof inferIndexes>
}

function sourceOf({ name, collection, id, members, findings, declared }: Parts): string {
  // The cast is safe: the name of a resource begins with a letter.
  const variable = camelCase(name) as string
  const { fields, types, words } = findings
  const { indexes, filter, sort } = declared
  const never = id === 'integer' ? ['never'] : []
  const imported = [...new Set(['asStored', 'resource', 'role', ...never, ...words])].sort()
  const access =
    id === 'integer'
      ? "{ read: role('admin'), create: never, update: role('admin'), delete: role('admin') }"
      : "{ read: role('admin'), write: role('admin') }"
  const query = [
    ...(filter.length > 0 ? [`filter: ${list(filter)}`] : []),
    ...(sort.length > 0 ? [`sort: ${list(sort)}`] : []),
  ]
  return [
    `import { ${imported.join(', ')} } from '@spillway/origin/contract'`,
    "import { Type } from 'typebox'",
    '',
    'const schema = Type.Object({',
    ...members.map(({ source }) => `  ${source},`),
    '})',
    '',
    `export const ${variable} = resource(${quoted(name)}, {`,
    `  description: ${quoted(`Documents of the collection ${collection}.`)},`,
    '  schema,',
    `  access: ${access},`,
    '  stored: {',
    `    collection: ${quoted(collection)},`,
    `    id: ${quoted(id)},`,
    ...record('fields', fields),
    ...record('types', types),
    '  },',
    ...(query.length > 0 ? [`  query: { ${query.join(', ')} },`] : []),
    ...(indexes.length > 0
      ? [
          '  indexes: [',
          ...indexes.map(
            ({ fields: key, unique }) => `    { fields: ${object(key)}${unique ? ', unique: true' : ''} },`,
          ),
          '  ],',
        ]
      : []),
    "  versions: [asStored('v1', schema)],",
    '})',
    '',
  ].join('\n')
}

/** A text as a literal in single quotes. Names of collections and fields are somebody else's input. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
const list = (names: readonly string[]): string => `[${names.map(quoted).join(', ')}]`
const keyOf = (name: string): string => (/^[A-Za-z][A-Za-z0-9]*$/.test(name) ? name : quoted(name))
const object = (members: Readonly<Record<string, unknown>>): string =>
  `{ ${Object.entries(members)
    .map(([name, value]) => `${keyOf(name)}: ${typeof value === 'number' ? value : quoted(String(value))}`)
    .join(', ')} }`
const record = (name: string, members: Readonly<Record<string, string>>): readonly string[] =>
  Object.keys(members).length === 0 ? [] : [`    ${name}: ${object(members)},`]
