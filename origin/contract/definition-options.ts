import type { IndexKind } from './definition.ts'
import { nearest } from './nearest-name.ts'
import { priorities } from './priority.ts'
import { refusalStatuses } from './refusal.ts'
import { idTypes, storedTypes } from './stored-layout.ts'

/**
 * Names and types of a definition's options. TypeScript checks the same, but a saved source runs before its types were
 * checked, and an ignored option would only be noticed in production.
 *
 * @returns mistakes, each with its fix; definition-check.ts checks how options depend on each other
 */
export type OptionCheck = (value: unknown, place: string) => Iterable<string>

/** An object with these options and no others. Names that end with `!` are required. */
export function options(table: Readonly<Record<string, OptionCheck>>): OptionCheck {
  const checks = new Map(Object.entries(table).map(([key, check]) => [key.replace('!', ''), check]))
  const required = Object.keys(table).flatMap((key) => (key.endsWith('!') ? [key.slice(0, -1)] : []))
  return function* (value, place) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      yield `${place} must be an object with ${listed(checks.keys())}`
      return
    }
    const given = membersOf(value)
    for (const name of required) {
      if (given[name] === undefined) yield `${under(place, name)} is missing: add it`
    }
    for (const [name, option] of Object.entries(given)) {
      const check = checks.get(name)
      if (check === undefined) yield unknownName(`option '${under(place, name)}'`, name, checks.keys())
      else if (option !== undefined) yield* check(option, under(place, name))
    }
  }
}

/** A value of a named type, e.g. `a function`. */
export const value = (kind: string, isOfKind: (value: unknown) => boolean): OptionCheck =>
  function* (given, place) {
    if (!isOfKind(given)) yield `${place} must be ${kind}, not ${shown(given)}`
  }

export const text = value('a string', (given) => typeof given === 'string')
export const flag = value('true or false', (given) => typeof given === 'boolean')
export const number = value('a number', (given) => typeof given === 'number')
export const callable = value('a function', (given) => typeof given === 'function')
const record = value('an object', (given) => typeof given === 'object' && given !== null)

export const oneOf = (choices: readonly string[]): OptionCheck =>
  function* (given, place) {
    if (!choices.some((choice) => choice === given))
      yield unknownName(`${place} ${shown(given)}`, given, choices)
  }

export const list = (item: OptionCheck): OptionCheck =>
  function* (given, place) {
    if (!Array.isArray(given)) yield `${place} must be an array, not ${shown(given)}`
    else for (const [index, each] of given.entries()) yield* item(each, `${place}[${index}]`)
  }

/** An object with arbitrary names. */
export const recordOf = (item: OptionCheck): OptionCheck =>
  function* (given, place) {
    yield* record(given, place)
    for (const [name, each] of Object.entries(membersOf(given))) yield* item(each, under(place, name))
  }

export const either = (constant: string, other: OptionCheck): OptionCheck =>
  function* (given, place) {
    if (given !== constant) yield* other(given, place)
  }

/** Members of any value. The cast is safe: every value but `null` and `undefined` may have members, of any type. */
const membersOf = (given: unknown): Readonly<Record<string, unknown>> =>
  (given ?? {}) as Readonly<Record<string, unknown>>

const objectSchema = value(
  'a schema made by Type.Object()',
  (given) => typeof given === 'object' && membersOf(given).properties !== undefined,
)
const accessRule = value(
  'an access rule such as anyone, signedIn or scope()',
  (given) => typeof membersOf(given).kind === 'string',
)
const accessRules: OptionCheck = function* (given, place) {
  const rules = {
    'read!': accessRule,
    create: accessRule,
    update: accessRule,
    delete: accessRule,
    fields: recordOf(options({ read: accessRule, write: accessRule })),
  }
  const own = membersOf(given)
  // Requires `write`, or each of the three rules that it stands for.
  const hasAll = ['create', 'update', 'delete'].every((name) => own[name] !== undefined)
  yield* options({ ...rules, ...(hasAll ? { write: accessRule } : { 'write!': accessRule }) })(given, place)
}
const problemText = options({
  'status!': value(`one of ${listed(refusalStatuses.map(String), 'or')}`, (given) =>
    refusalStatuses.some((status) => status === given),
  ),
  'detail!': text,
})
const problemTexts = recordOf(function* (given, place) {
  if (typeof given !== 'string') yield* problemText(given, place)
})
const indexKinds: readonly IndexKind[] = [1, -1, 'text', '2dsphere']
const indexKind = value("1, -1, 'text' or '2dsphere'", (given) => indexKinds.some((kind) => kind === given))
const storedPath = value('a stored field or null', (given) => given === null || typeof given === 'string')

const constant = value('a string, a number, true or false', (given) =>
  ['string', 'number', 'boolean'].includes(typeof given),
)
const fieldErasure = either('delete', function* (given, place) {
  const isKept = typeof given === 'object' && given !== null && 'keep' in given
  yield* options(isKept ? { keep: text } : { set: recordOf(constant), remove: list(text) })(given, place)
})

/** Options of a resource, by name and type. */
export const resourceOptions = options({
  'description!': text,
  'schema!': objectSchema,
  'access!': accessRules,
  cache: either(
    'none',
    options({
      'maxAge!': text,
      staleWhileRevalidate: text,
      staleIfError: text,
      visibility: oneOf(['public', 'authorized', 'residual', 'subject']),
      listsBy: list(text),
    }),
  ),
  query: options({
    filter: list(text),
    sort: list(text),
    defaultSort: text,
    pageSize: options({ 'default!': number, 'max!': number }),
    countMax: number,
  }),
  indexes: list(options({ 'fields!': recordOf(indexKind), unique: flag })),
  stored: options({
    'collection!': text,
    'id!': oneOf(idTypes),
    fields: recordOf(text),
    types: recordOf(oneOf(storedTypes)),
  }),
  migrations: list(options({ 'to!': number, 'changes!': list(text), 'up!': callable })),
  references: recordOf(text),
  set: recordOf(callable),
  check: callable,
  problems: problemTexts,
  softDelete: options({ 'keep!': text, restore: accessRule }),
  export: options({
    'formats!': list(oneOf(['csv', 'ndjson'])),
    access: accessRule,
    timeout: text,
    from: oneOf(['primary', 'reader']),
  }),
  events: function* (given, place) {
    if (typeof given !== 'boolean') yield* options({ keep: text })(given, place)
  },
  history: options({ 'keep!': text, 'read!': accessRule, values: flag, except: list(text) }),
  erasure: recordOf(fieldErasure),
  priority: oneOf(priorities),
  requireIfMatch: flag,
  batchSizeMax: number,
  'versions!': list(
    options({
      'version!': text,
      'schema!': objectSchema,
      'fromStored!': callable,
      'toStored!': callable,
      'paths!': recordOf(storedPath),
      revision: number,
      deprecation: options({ 'deprecatedAt!': text, sunsetAt: text, 'successor!': text }),
    }),
  ),
})

export const madeByResource = value(
  'made by resource()',
  (given) => typeof given === 'object' && given !== null && 'versions' in given && 'name' in given,
)

/** Options of an action, by name and type. */
export const actionOptions = options({
  'description!': text,
  'on!': madeByResource,
  target: oneOf(['document', 'collection']),
  'access!': accessRule,
  input: objectSchema,
  output: function* (given, place) {
    if (typeof given !== 'object' || given === null || !('versions' in given))
      yield* objectSchema(given, place)
    else yield* madeByResource(given, place)
  },
  problems: problemTexts,
  idempotencyKey: callable,
  writes: list(madeByResource),
  priority: oneOf(priorities),
  timeout: text,
  versions: list(text),
})

/** Options of a query, by name and kind. */
export const namedQueryOptions = options({
  'description!': text,
  'on!': madeByResource,
  'access!': accessRule,
  parameters: objectSchema,
  'output!': objectSchema,
  reads: list(madeByResource),
  readsAll: list(madeByResource),
  cache: either(
    'none',
    options({
      'maxAge!': text,
      staleWhileRevalidate: text,
      staleIfError: text,
      visibility: oneOf(['subject']),
    }),
  ),
  priority: oneOf(priorities),
  versions: list(text),
  revision: number,
})

function unknownName(what: string, given: unknown, known: Iterable<string>): string {
  const names = [...known]
  const near = typeof given === 'string' ? nearest(given, names) : undefined
  return near === undefined
    ? `${what} is unknown: use ${listed(names, 'or')}`
    : `${what} is unknown: did you mean '${near}'?`
}

function listed(names: Iterable<string>, word = 'and'): string {
  const all = [...names]
  const last = all.pop() ?? ''
  return all.length === 0 ? last : `${all.join(', ')} ${word} ${last}`
}

const under = (place: string, name: string): string => (place === '' ? name : `${place}.${name}`)

/** A value as shown in a message: short, and only the type of an object. */
function shown(given: unknown): string {
  if (typeof given === 'string') return `'${given.slice(0, 40)}'`
  if (Array.isArray(given)) return 'an array'
  if (typeof given === 'function') return 'a function'
  return typeof given === 'object' && given !== null ? 'an object' : String(given)
}
