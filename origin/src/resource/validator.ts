import {
  bodySchema,
  describeFilterType,
  exactIntegers,
  type FieldError,
  type Fields,
  type FilterType,
  type Parsed,
  type Problem,
  parseFilterValue,
  type Resource,
  readOnlyFields,
  schemaAt,
  textFormats,
  type View,
} from '@spillway/origin/contract'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import ajvFormats, { type FormatName } from 'ajv-formats'
import type { TObject } from 'typebox'
import { pointerToken, validationFailed } from '../http/validation-problem.ts'
import { checkInputPatterns, checkPatterns } from './pattern-check.ts'

/** Mistakes listed per body. */
const errorsMax = 50

/** Checks of a view's bodies, compiled at start. */
export interface Validator {
  /**
   * Checks a body of a create: read-only fields are refused by name.
   *
   * @param isBrief stops at the first mistake. @default false
   */
  readonly create: (body: unknown, isBrief?: boolean) => Parsed<Fields>
  /** Checks the writable fields of a PUT body, or of a document after a patch. */
  readonly input: (fields: Fields) => readonly FieldError[]
  /** Checks the stored fields, so that one version cannot write what another forbids. */
  readonly stored: (fields: Fields) => readonly FieldError[]
  /**
   * Splits a body of PUT or PATCH into writable and read-only members; unknown names count as writable. `undefined` if
   * the body is not an object.
   */
  readonly part: (body: unknown) => { writable: Fields; readOnly: Fields } | undefined
  /** Translates errors of the stored fields into the version's field names. */
  readonly shown: (errors: readonly FieldError[]) => readonly FieldError[]
  /** Unknown names in a patch. The values are checked after the patch was applied. */
  readonly unknownNames: (patch: Fields) => readonly FieldError[]
}

/** Schema compilers. Formats mean the same here as in filters and in the store. */
export interface SchemaCompilers {
  /** Stops at the first mistake. */
  readonly first: Ajv
  /** Lists the first {@link errorsMax} mistakes of a value that is known to be invalid. */
  readonly all: Ajv
}

export function createCompilers(): SchemaCompilers {
  const options = { strict: true, strictTypes: false, validateFormats: true } as const
  const compilers = {
    first: new Ajv({ ...options, allErrors: false }),
    all: new Ajv({ ...options, allErrors: true, code: { process: stopAtEnough } }),
  }
  for (const ajv of Object.values(compilers)) {
    const others = textFormats.filter((format) => !ownFormats.some((own) => own === format))
    // The cast is safe: the package has every format that is not our own.
    ajvFormats.default(ajv, { mode: 'full', formats: others as FormatName[] })
    for (const kind of ownFormats) {
      ajv.addFormat(kind, (text) => parseFilterValue({ kind }, text) !== undefined)
    }
  }
  return compilers
}

/** Formats that filters read as well. */
const ownFormats = [
  'date',
  'date-time',
  'decimal',
  'int64',
  'object-id',
] as const satisfies FilterType['kind'][]

/**
 * Makes Ajv's generated code return once enough mistakes are listed: Ajv itself lists one or all, and a body has room
 * for sixty thousand. The check follows each statement that counts an error; a test counts the items read, and so fails
 * if a new version of Ajv counts otherwise.
 * Nothing behind the end is checked, and an `anyOf` may end in the wrong branch: so the result never decides validity.
 */
function stopAtEnough(code: string): string {
  const name = /return (?:async )?function (\w+)\(/.exec(code)?.[1]
  const stop = `if(errors>=${errorsMax}){${name}.errors=vErrors;return false;}`
  return code.replaceAll(/errors\+\+;|errors = vErrors\.length;/g, (counted) => `${counted}${stop}`)
}

type Mistakes = (value: unknown, isBrief?: boolean) => readonly ErrorObject[]

/** Lists the mistakes of a value; none if it is valid. An invalid value is validated at most twice. */
function mistakesOf({ first, all }: SchemaCompilers, schema: object): Mistakes {
  const plainSchema = plain(schema)
  const isValid = first.compile(plainSchema)
  // Most views never get an invalid body, so the listing validator is compiled at the first one.
  let list: ValidateFunction | undefined
  return (value, isBrief = false) => {
    if (isValid(value)) return []
    const found = isValid.errors ?? []
    if (isBrief) return found
    list ??= all.compile(plainSchema)
    list(value)
    return list.errors ?? found
  }
}

/** @throws {DefinitionError} if a pattern of the view's schemas could take very long */
export function compileValidator(compilers: SchemaCompilers, view: View): Validator {
  checkPatterns(view)
  const { representation, resource } = view
  const schema = bodySchema(view)
  const writableNames = Object.keys(schema.properties)
  const isWritable = new Set(writableNames)
  const readOnlyNames = new Set(readOnlyFields(representation))
  const mistakesOfInput = mistakesOf(compilers, schema)
  const mistakesOfStored = mistakesOf(compilers, { ...resource.schema, additionalProperties: false })
  const shownName = namesByStoredPath(view)

  const describe = (errors: readonly ErrorObject[]): FieldError[] =>
    errors.slice(0, errorsMax).map((error) => describeError(error, { writableNames, readOnlyNames }))

  return {
    // The cast is safe: the schema is that of an object.
    create(body, isBrief = false) {
      const mistakes = mistakesOfInput(body, isBrief)
      if (mistakes.length === 0) return { ok: true, value: body as Fields }
      return { ok: false, problem: validationFailed(describe(mistakes)) }
    },
    input: (fields) => describe(mistakesOfInput(fields)),
    stored: (fields) => describe(mistakesOfStored(fields)).map(shownName),
    shown: (errors) => errors.map(shownName),
    part(body) {
      if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
      const writable: Record<string, unknown> = {}
      const readOnly: Record<string, unknown> = {}
      for (const [name, value] of Object.entries(body)) {
        if (readOnlyNames.has(name)) readOnly[name] = value
        else writable[name] = value
      }
      return { writable, readOnly }
    },
    unknownNames: (patch) =>
      Object.keys(patch)
        .filter((name) => !isWritable.has(name))
        .slice(0, errorsMax)
        .map((name) => ({ pointer: `/${pointerToken(name)}`, detail: unknownField(writableNames) })),
  }
}

/** Mistakes of stored fields; pointers use the stored names. */
export type StoredCheck = (fields: Fields) => readonly FieldError[]

/** Checks the stored fields of a resource, for writes without a version. */
export function compileStoredCheck(compilers: SchemaCompilers, resource: Resource): StoredCheck {
  const { schema } = resource
  const mistakes = mistakesOf(compilers, { ...schema, additionalProperties: false })
  const names = { writableNames: Object.keys(schema.properties), readOnlyNames: new Set<string>() }
  return (fields) => mistakes(fields).map((error) => describeError(error, names))
}

/**
 * Checks a body that is no document, such as an action's input.
 *
 * @throws {DefinitionError} if a pattern of the schema could take very long
 */
export function compileInputCheck(
  compilers: SchemaCompilers,
  name: string,
  schema: TObject,
): (body: unknown) => Parsed<Fields> {
  checkInputPatterns(name, schema)
  const mistakes = mistakesOf(compilers, { ...schema, additionalProperties: false })
  const names = { writableNames: Object.keys(schema.properties), readOnlyNames: new Set<string>() }
  // The cast is safe: the schema is that of an object.
  return (body) => {
    const found = mistakes(body)
    if (found.length === 0) return { ok: true, value: body as Fields }
    const errors = found.slice(0, errorsMax).map((error) => describeError(error, names))
    return { ok: false, problem: validationFailed(errors) }
  }
}

export const notAnObject: Problem = validationFailed([{ pointer: '', detail: 'Must be a JSON object.' }])

interface Names {
  readonly writableNames: readonly string[]
  readonly readOnlyNames: ReadonlySet<string>
}

/** Describes an Ajv error in the API's own words: pointer and expectation, never the value that was sent. */
function describeError(error: ErrorObject, { writableNames, readOnlyNames }: Names): FieldError {
  // The casts are safe: each keyword of Ajv has parameters of its own.
  const { keyword, instancePath: pointer, params, message } = error
  switch (keyword) {
    case 'required':
      return { pointer: `${pointer}/${pointerToken(params.missingProperty)}`, detail: 'Required field.' }
    case 'additionalProperties': {
      const name = params.additionalProperty as string
      const detail =
        pointer !== ''
          ? 'Unknown field.'
          : readOnlyNames.has(name)
            ? 'Read-only field: omit it.'
            : unknownField(writableNames)
      return { pointer: `${pointer}/${pointerToken(name)}`, detail }
    }
    case 'format':
      return { pointer, detail: formatDetail(params.format as string) }
    case 'enum':
      return { pointer, detail: `Must be one of ${(params.allowedValues as unknown[]).join(', ')}.` }
    default:
      return { pointer, detail: sentence(message ?? 'is not valid') }
  }
}

const isOwnFormat = (format: string): format is (typeof ownFormats)[number] =>
  ownFormats.some((own) => own === format)

const formatDetail = (format: string): string =>
  isOwnFormat(format) ? `Must be ${describeFilterType({ kind: format })}.` : `Must match format "${format}".`

const unknownField = (known: readonly string[]): string => `Unknown field. Supported: ${known.join(', ')}.`

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** Maps pointers of stored fields to the version's names, the only ones that callers know. */
function namesByStoredPath({ representation }: View): (error: FieldError) => FieldError {
  const names = new Map(
    Object.entries(representation.paths).flatMap(([name, path]) => (path === null ? [] : [[path, name]])),
  )
  return (error) => {
    if (!('pointer' in error)) return error
    const [, first = '', ...rest] = error.pointer.split('/')
    const name = names.get(first) ?? first
    if (schemaAt(representation.schema, name) !== undefined) {
      return { ...error, pointer: ['', ...name.split('.'), ...rest].join('/') }
    }
    return { pointer: '', detail: `This version cannot express what the document requires: ${error.detail}` }
  }
}

/**
 * Plain JSON of a schema, without TypeBox's own symbols. Limits integers to those that a double holds exactly (RFC 7493
 * §2.2), because filters could not match others.
 */
const plain = (schema: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(schema), (_name, value) =>
    value?.type === 'integer' ? { ...exactIntegers, ...value } : value,
  )
