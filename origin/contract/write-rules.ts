import type { Static, TObject, TProperties } from 'typebox'
import type { Principal } from './principal.ts'
import type { FieldError } from './problem.ts'
import { type DeclaredProblems, type Refuse, type Refused, refuser, requireDeclared } from './refusal.ts'

/**
 * Kind of a write, for rules that depend on it. A batch item is a `create`; a write of an action's handler is an
 * `action`; `restore` undoes a deletion, and `before` is the deleted document.
 */
export type WriteOperation = 'create' | 'replace' | 'patch' | 'action' | 'restore'

/** Circumstances of one write, the same for every rule that judges it. */
export interface WriteCircumstances<Document = Readonly<Record<string, unknown>>> {
  /**
   * The stored document before the write, which must be unchanged when the write happens; `undefined` for a new one.
   */
  readonly before: Document | undefined
  /** `undefined` for a caller without a token. */
  readonly principal: Principal | undefined
  /** Time of the write, RFC 3339 in UTC with milliseconds, as stored in documents. */
  readonly now: string
  readonly operation: WriteOperation
}

/** A document whose computed fields may be absent. */
type Draft<Stored extends TProperties, Computed extends keyof Stored> = Omit<
  Static<TObject<Stored>>,
  Computed
> &
  Partial<Pick<Static<TObject<Stored>>, Computed & keyof Static<TObject<Stored>>>>

/**
 * Computed fields, by name: each function returns the field's value, which is `undefined` only for an optional field. They
 * run in order of declaration, and each sees the fields computed before it. They must be synchronous and pure: the same document and
 * circumstances give the same value.
 */
export type SetRules<Stored extends TProperties, Computed extends keyof Stored> = {
  readonly [Field in Computed]: (
    fields: Draft<Stored, Computed>,
    circumstances: WriteCircumstances<Static<TObject<Stored>>>,
  ) => Static<TObject<Stored>>[Field & keyof Static<TObject<Stored>>]
}

/** A mistake in a document, by JSON Pointer (RFC 6901) into the stored fields, e.g. `/endsOn`. */
export interface RuleError<Field extends string = string> {
  readonly pointer: `/${Field}` | `/${Field}/${string}`
  readonly detail: string
}

/** Judges a whole document before it is stored: mistakes (422), a refusal, or nothing. Synchronous and pure. */
export type CheckRule<Stored extends TProperties, Reason extends string = string> = (
  fields: Static<TObject<Stored>>,
  circumstances: CheckCircumstances<Static<TObject<Stored>>, Reason>,
) => readonly RuleError<keyof Stored & string>[] | Refused | undefined

/** Circumstances of a write for the rule that may refuse it. */
export interface CheckCircumstances<Document, Reason extends string = string>
  extends WriteCircumstances<Document> {
  /** Refuses with a reason from the resource's `problems`. */
  readonly refuse: Refuse<Reason>
}

/** Rules of a resource without the types of its fields. */
export interface WriteRules {
  readonly set: Readonly<Record<string, (fields: never, circumstances: WriteCircumstances<never>) => unknown>>
  readonly check:
    | ((
        fields: never,
        circumstances: CheckCircumstances<never>,
      ) => readonly RuleError[] | Refused | undefined)
    | undefined
  /** Reasons for which `check` and guards refuse. */
  readonly problems: DeclaredProblems
}

type Document = Readonly<Record<string, unknown>>

/** Adds the computed fields. Returns the same object if there are none. */
export function computeFields(
  { set }: WriteRules,
  fields: Document,
  circumstances: WriteCircumstances,
): Document {
  let computed: Record<string, unknown> | undefined
  for (const [name, compute] of Object.entries(set)) {
    computed ??= { ...fields }
    // The casts are safe: the schema from which the rules' types are inferred has validated these fields.
    const value = compute(computed as never, circumstances as never)
    if (value === undefined) delete computed[name]
    else computed[name] = value
  }
  return computed ?? fields
}

/** Mistake or refusal that the resource's rule finds; `undefined` for none. Pointers refer to the stored fields. */
export function judgeFields(
  { check, problems }: WriteRules,
  fields: Document,
  circumstances: WriteCircumstances,
): Refused | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] } | undefined {
  if (check === undefined) return undefined
  const refuse = refuser(problems, ofResource)
  // The casts are safe, as above.
  const verdict = check(fields as never, { ...circumstances, refuse } as never)
  if (verdict === undefined) return undefined
  if ('kind' in verdict) {
    requireDeclared(problems, ofResource, verdict)
    return verdict
  }
  return verdict.length === 0 ? undefined : { kind: 'invalid', errors: verdict }
}

const ofResource = 'the resource'
