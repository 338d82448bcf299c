import {
  describeFilterType,
  exactIntegers,
  type FieldError,
  type Fields,
  type FilterType,
  inputSchema,
  type Parsed,
  type Problem,
  parseFilterValue,
  type Resource,
  readOnlyFields,
  textFormats,
  type View,
} from '@spillway/origin/contract'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import ajvFormats from 'ajv-formats'
import type { TObject } from 'typebox'
import { pointerToken, validationFailed } from '../http/validation-problem.ts'
import { checkInputPatterns, checkPatterns } from './pattern-check.ts'

/** Mistakes that are listed; a body may hold more than anybody wants to read. */
const errorsMax = 50

/** Checks of a view's bodies, compiled once at start. */
export interface Validator {
  /**
   * A body to create from: read-only fields are refused by name.
   *
   * @param isBrief whether the first mistake is enough. @default false
   */
  readonly create: (body: unknown, isBrief?: boolean) => Parsed<Fields>
  /** Writable fields of a body that replaces a document, or of a document after a patch. */
  readonly input: (fields: Fields) => readonly FieldError[]
  /** The stored form, so that one version cannot write what another forbids. */
  readonly stored: (fields: Fields) => readonly FieldError[]
  /**
   * Parts a body of PUT or PATCH into writable and read-only members. Unknown names stay among the writable ones.
   * `undefined`: the body is not an object.
   */
  readonly part: (body: unknown) => { writable: Fields; readOnly: Fields } | undefined
  /** Errors of the stored form in the names of the version. */
  readonly shown: (errors: readonly FieldError[]) => readonly FieldError[]
  /** Names that no patch may have; a patch is otherwise checked after it was applied. */
  readonly unknownNames: (patch: Fields) => readonly FieldError[]
}

/** Compilers of schemas: formats and their meaning are those of filters and of the store. */
export interface SchemaCompilers {
  /** Stops at the first mistake. */
  readonly first: Ajv
  /** Lists the first {@link errorsMax} mistakes of a value that is known to have one. */
  readonly all: Ajv
}

export function createCompilers(): SchemaCompilers {
  const options = { strict: true, strictTypes: false, validateFormats: true } as const
  const compilers = {
    first: new Ajv({ ...options, allErrors: false }),
    all: new Ajv({ ...options, allErrors: true, code: { process: stopAtEnough } }),
  }
  for (const ajv of Object.values(compilers)) {
    ajvFormats.default(ajv, { mode: 'full', formats: [...textFormats] })
    for (const kind of ['date', 'date-time'] as const satisfies FilterType['kind'][]) {
      ajv.addFormat(kind, (text) => parseFilterValue({ kind }, text) !== undefined)
    }
  }
  return compilers
}

/**
 * Ajv lists one mistake or all of them, and a body has room for sixty thousand. So the code that it writes ends where
 * enough are listed. Each place that counts one is followed by the check; a test counts what is visited, so that another
 * version of Ajv that counts in another way is noticed. What lies behind the end is not looked at, so that a value must not
 * be taken for valid by this: an `anyOf` may end in a branch of which another one takes the value.
 */
function stopAtEnough(code: string): string {
  const name = /return (?:async )?function (\w+)\(/.exec(code)?.[1]
  const stop = `if(errors>=${errorsMax}){${name}.errors=vErrors;return false;}`
  return code.replaceAll(/errors\+\+;|errors = vErrors\.length;/g, (counted) => `${counted}${stop}`)
}

type Mistakes = (value: unknown, isBrief?: boolean) => readonly ErrorObject[]

/** Every mistake that is listed of a value, and none where it is valid. A refusal costs two looks at the value at the most. */
function mistakesOf({ first, all }: SchemaCompilers, schema: object): Mistakes {
  const plainSchema = plain(schema)
  const isValid = first.compile(plainSchema)
  // Few views are ever sent a mistake in all of their operations: the second validator is made when the first one is.
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

/** @throws {DefinitionError} when a pattern of the view's schemas could be made to take very long */
export function compileValidator(compilers: SchemaCompilers, view: View): Validator {
  checkPatterns(view)
  const { representation, resource } = view
  const schema = inputSchema(representation)
  const writableNames = Object.keys(schema.properties)
  const isWritable = new Set(writableNames)
  const readOnlyNames = new Set(readOnlyFields(representation))
  const mistakesOfInput = mistakesOf(compilers, schema)
  const mistakesOfStored = mistakesOf(compilers, { ...resource.schema, additionalProperties: false })
  const shownName = namesByStoredPath(view)

  const describe = (errors: readonly ErrorObject[]): FieldError[] =>
    errors.slice(0, errorsMax).map((error) => describeError(error, { writableNames, readOnlyNames }))

  return {
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

/** Mistakes of a document in its stored form; pointers are those of the stored form. */
export type StoredCheck = (fields: Fields) => readonly FieldError[]

/** Checks the stored form of a resource, for writes that are made in no version. */
export function compileStoredCheck(compilers: SchemaCompilers, { schema }: Resource): StoredCheck {
  const mistakes = mistakesOf(compilers, { ...schema, additionalProperties: false })
  const names = { writableNames: Object.keys(schema.properties), readOnlyNames: new Set<string>() }
  return (fields) => mistakes(fields).map((error) => describeError(error, names))
}

/**
 * Checks a body that is no document: an action's input.
 *
 * @throws {DefinitionError} when a pattern of the schema could be made to take very long
 */
export function compileInputCheck(
  compilers: SchemaCompilers,
  name: string,
  schema: TObject,
): (body: unknown) => Parsed<Fields> {
  checkInputPatterns(name, schema)
  const mistakes = mistakesOf(compilers, { ...schema, additionalProperties: false })
  const names = { writableNames: Object.keys(schema.properties), readOnlyNames: new Set<string>() }
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

/** In our words, with the place and what is wanted; never with the value that was sent. */
function describeError(error: ErrorObject, { writableNames, readOnlyNames }: Names): FieldError {
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

const formatDetail = (format: string): string =>
  format === 'date' || format === 'date-time'
    ? `Must be ${describeFilterType({ kind: format })}.`
    : `Must match format "${format}".`

const unknownField = (known: readonly string[]): string => `Unknown field. Supported: ${known.join(', ')}.`

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** Errors of the stored form speak of stored fields; callers know those by their version's names. */
function namesByStoredPath({ representation }: View): (error: FieldError) => FieldError {
  const names = new Map(
    Object.entries(representation.paths).flatMap(([name, path]) => (path === null ? [] : [[path, name]])),
  )
  return (error) => {
    if (!('pointer' in error)) return error
    const [, first = '', ...rest] = error.pointer.split('/')
    const name = names.get(first) ?? first
    if (Object.hasOwn(representation.schema.properties, name)) {
      return { ...error, pointer: ['', name, ...rest].join('/') }
    }
    return { pointer: '', detail: `This version cannot express what the document needs: ${error.detail}` }
  }
}

/**
 * Schemas carry marks of the library that wrote them; the compiler takes plain JSON. An integer is one that a double holds
 * exactly (RFC 7493 §2.2): a filter could not ask for another one.
 */
const plain = (schema: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(schema), (_name, value) =>
    value?.type === 'integer' ? { ...exactIntegers, ...value } : value,
  )
