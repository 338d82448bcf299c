import {
  describeFilterType,
  type FieldError,
  type Fields,
  type FilterType,
  inputSchema,
  type Parsed,
  type Problem,
  parseFilterValue,
  readOnlyFields,
  type View,
} from '@spillway/origin/contract'
import { Ajv, type ErrorObject } from 'ajv'
import ajvFormats from 'ajv-formats'

/** Mistakes that are listed; a body may hold more than anybody wants to read. */
const errorsMax = 50

/** Checks of a view's bodies, compiled once at start. */
export interface Validator {
  /** A body to create from: read-only fields are refused by name. */
  readonly create: (body: unknown, at?: string) => Parsed<Fields>
  /** Writable fields of a body that replaces a document, or of a document after a patch. */
  readonly input: (fields: Fields) => readonly FieldError[]
  /** The stored form, so that one version cannot write what another forbids. */
  readonly stored: (fields: Fields) => readonly FieldError[]
  /**
   * Parts a body of PUT or PATCH into writable and read-only members. Unknown names stay among the writable ones.
   * `undefined`: the body is not an object.
   */
  readonly part: (body: unknown) => { writable: Fields; readOnly: Fields } | undefined
  /** Names that no patch may have; a patch is otherwise checked after it was applied. */
  readonly unknownNames: (patch: Fields) => readonly FieldError[]
}

/** One compiler for all views: formats and their meaning are those of filters and of the store. */
export function createAjv(): Ajv {
  const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, validateFormats: true })
  ajvFormats.default(ajv, { mode: 'full' })
  for (const kind of ['date', 'date-time'] as const satisfies FilterType['kind'][]) {
    ajv.addFormat(kind, (text) => parseFilterValue({ kind }, text) !== undefined)
  }
  return ajv
}

export function compileValidator(ajv: Ajv, view: View): Validator {
  const { representation, resource } = view
  const schema = inputSchema(representation)
  const writableNames = Object.keys(schema.properties)
  const readOnlyNames = new Set(readOnlyFields(representation))
  const checkInput = ajv.compile(plain(schema))
  const checkStored = ajv.compile(plain({ ...resource.schema, additionalProperties: false }))
  const shownName = namesByStoredPath(view)

  const describe = (errors: readonly ErrorObject[] | null | undefined, at: string): FieldError[] =>
    (errors ?? [])
      .slice(0, errorsMax)
      .map((error) => describeError(error, at, { writableNames, readOnlyNames }))

  return {
    create(body, at = '') {
      if (checkInput(body)) return { ok: true, value: body as Fields }
      return { ok: false, problem: validationFailed(describe(checkInput.errors, at)) }
    },
    input: (fields) => (checkInput(fields) ? [] : describe(checkInput.errors, '')),
    stored: (fields) => (checkStored(fields) ? [] : describe(checkStored.errors, '').map(shownName)),
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
        .filter((name) => !writableNames.includes(name))
        .slice(0, errorsMax)
        .map((name) => ({ pointer: `/${pointerToken(name)}`, detail: unknownField(writableNames) })),
  }
}

export const validationFailed = (errors: readonly FieldError[]): Problem => ({
  code: 'validation-failed',
  detail:
    errors.length === 1
      ? `One field is not valid: ${(errors[0] as FieldError).detail}`
      : `${errors.length} fields are not valid; see errors.`,
  errors,
})

export const notAnObject: Problem = validationFailed([{ pointer: '', detail: 'Want a JSON object.' }])

interface Names {
  readonly writableNames: readonly string[]
  readonly readOnlyNames: ReadonlySet<string>
}

/** In our words, with the place and what is wanted; never with the value that was sent. */
function describeError(error: ErrorObject, at: string, { writableNames, readOnlyNames }: Names): FieldError {
  const { keyword, instancePath, params, message } = error
  const pointer = at + instancePath
  switch (keyword) {
    case 'required':
      return { pointer: `${pointer}/${pointerToken(params.missingProperty)}`, detail: 'Is required.' }
    case 'additionalProperties': {
      const name = params.additionalProperty as string
      const detail =
        instancePath !== ''
          ? 'Unknown field.'
          : readOnlyNames.has(name)
            ? 'Is set by the server: leave it out.'
            : unknownField(writableNames)
      return { pointer: `${pointer}/${pointerToken(name)}`, detail }
    }
    case 'format':
      return { pointer, detail: formatDetail(params.format as string) }
    case 'enum':
      return { pointer, detail: `Want one of ${(params.allowedValues as unknown[]).join(', ')}.` }
    default:
      return { pointer, detail: sentence(message ?? 'is not valid') }
  }
}

const formatDetail = (format: string): string =>
  format === 'date' || format === 'date-time'
    ? `Want ${describeFilterType({ kind: format })}.`
    : `Must match format "${format}".`

const unknownField = (known: readonly string[]): string => `Unknown field; there are ${known.join(', ')}.`

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`

/** Reference token of a JSON Pointer (RFC 6901 §3). Names from callers are echoed short, and never half a character. */
export const pointerToken = (name: string): string =>
  name.slice(0, 64).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')

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
    value?.type === 'integer'
      ? { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, ...value }
      : value,
  )
