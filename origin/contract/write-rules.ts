import type { Static, TObject, TProperties } from 'typebox'
import type { Principal } from './principal.ts'
import type { FieldError, Problem } from './problem.ts'

/**
 * Kind of a write, for rules that judge them differently. A batch item is a `create`; `action`: a write of an action's
 * handler; `restore`: a deleted document comes back, and `before` is what was deleted.
 */
export type WriteOperation = 'create' | 'replace' | 'patch' | 'action' | 'restore'

/** Circumstances of one write: the same for every rule that it is judged by. */
export interface WriteCircumstances<Document = Readonly<Record<string, unknown>>> {
  /** The stored document as it was read; the write happens only if it is still that. `undefined`: a new one. */
  readonly before: Document | undefined
  /** `undefined`: a caller without a token. */
  readonly principal: Principal | undefined
  /** Time of the write, RFC 3339 in UTC to the millisecond, as documents store it. */
  readonly now: string
  readonly operation: WriteOperation
}

/** A document whose server-computed fields may not be there yet. */
type Draft<Stored extends TProperties, Computed extends keyof Stored> = Omit<
  Static<TObject<Stored>>,
  Computed
> &
  Partial<Pick<Static<TObject<Stored>>, Computed & keyof Static<TObject<Stored>>>>

/**
 * Server-computed fields, by name: each function returns the field's value, `undefined` for none. They run in the order
 * in which they are written, and each is given what those before it have computed. Synchronous and pure: the same
 * document and circumstances give the same value.
 */
export type SetRules<Stored extends TProperties, Computed extends keyof Stored> = {
  readonly [Field in Computed]: (
    fields: Draft<Stored, Computed>,
    circumstances: WriteCircumstances<Static<TObject<Stored>>>,
  ) => Static<Stored[Field]> | undefined
}

/** A mistake in a document, by JSON Pointer (RFC 6901) into the stored form, e.g. `/endsOn`. */
export interface RuleError<Field extends string = string> {
  readonly pointer: `/${Field}` | `/${Field}/${string}`
  readonly detail: string
}

/** A write that the state of things does not allow. Made by {@link conflict}. */
export interface Conflict {
  readonly kind: 'conflict'
  /** Stable name of the reason, e.g. `trip-closed`: contract with callers. */
  readonly reason: string
  /** One sentence for the caller. */
  readonly detail: string
}

/** Refuses a write as 409 `conflict`; callers tell reasons apart by `reason`. */
export const conflict = (reason: string, detail: string): Conflict => ({ kind: 'conflict', reason, detail })

/** Judges a whole document before it is stored: mistakes (422), a conflict (409), or nothing. Synchronous and pure. */
export type CheckRule<Stored extends TProperties> = (
  fields: Static<TObject<Stored>>,
  circumstances: WriteCircumstances<Static<TObject<Stored>>>,
) => readonly RuleError<keyof Stored & string>[] | Conflict | undefined

/** Rules of a resource, as they are run: fields by name, whatever the schema. */
export interface WriteRules {
  readonly set: Readonly<Record<string, (fields: never, circumstances: WriteCircumstances<never>) => unknown>>
  readonly check:
    | ((
        fields: never,
        circumstances: WriteCircumstances<never>,
      ) => readonly RuleError[] | Conflict | undefined)
    | undefined
}

type Document = Readonly<Record<string, unknown>>

/** Fields with those that the server computes. The same object where nothing is computed. */
export function computeFields(
  { set }: WriteRules,
  fields: Document,
  circumstances: WriteCircumstances,
): Document {
  let computed: Record<string, unknown> | undefined
  for (const [name, compute] of Object.entries(set)) {
    computed ??= { ...fields }
    // The casts: rules are typed by their own schema, and these fields have been read or checked by it.
    const value = compute(computed as never, circumstances as never)
    if (value === undefined) delete computed[name]
    else computed[name] = value
  }
  return computed ?? fields
}

/** Objection of a resource's rule to what would be stored; `undefined`: none. Pointers are those of the stored form. */
export function judgeFields(
  { check }: WriteRules,
  fields: Document,
  circumstances: WriteCircumstances,
): Conflict | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] } | undefined {
  // The casts: as above.
  const verdict = check?.(fields as never, circumstances as never)
  if (verdict === undefined) return undefined
  if ('kind' in verdict) return verdict
  return verdict.length === 0 ? undefined : { kind: 'invalid', errors: verdict }
}

/** Answer to a {@link Conflict}. */
export const conflictProblem = ({ reason, detail }: Conflict): Problem => ({
  code: 'conflict',
  reason,
  detail,
})
