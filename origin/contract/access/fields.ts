import type { Principal } from '../principal.ts'
import { Audience } from './audience.ts'
import { isImplied, type Residual, residualOfNothing, satisfies } from './residual.ts'
import { type AccessRule, readsDocument } from './rule.ts'

/** Rules of one field, in addition to those of its document. */
export interface FieldRule {
  /** Callers who may read the field; for others it is absent. @default all who may read the document */
  readonly read?: AccessRule
  /** Callers who may set or change the field. @default all who may write the document */
  readonly write?: AccessRule
}

/** Stored field → its rules. */
export type FieldRules = Readonly<Record<string, FieldRule>>

/** Stored fields that a caller may not read; the same object for equal sets. */
export type HiddenFields = readonly string[]

const nothingHidden: HiddenFields = []

/** Maximum sets of hidden fields among which one caller's copies of a document are searched. */
const variantsMax = 4

type Fields = Readonly<Record<string, unknown>>

/** Field rules of a resource, compiled. */
export class FieldAccess {
  readonly rules: FieldRules
  readonly #read: ReadonlyMap<string, Audience>
  readonly #write: ReadonlyMap<string, Audience>
  readonly #textOf = new WeakMap<Principal, string>()
  readonly #textOfNobody: string
  readonly #hidden = new Map<string, HiddenFields>([['', nothingHidden]])
  readonly #variantsOf = new WeakMap<Principal, readonly HiddenFields[]>()
  readonly #variantsOfNobody: readonly HiddenFields[]
  /** Whether a document decides which of its fields a caller may read. */
  readonly hidesByDocument: boolean

  constructor(rules: FieldRules) {
    this.rules = rules
    this.#read = audiencesOf(rules, 'read')
    this.#write = audiencesOf(rules, 'write')
    this.#textOfNobody = this.#describe(undefined)
    this.#variantsOfNobody = this.#combine(undefined)
    this.hidesByDocument = Object.values(rules).some(({ read }) => read !== undefined && readsDocument(read))
  }

  /** Whether some callers may not read some field. */
  get hidesSome(): boolean {
    return this.#read.size > 0
  }

  get guardsSome(): boolean {
    return this.#read.size > 0 || this.#write.size > 0
  }

  /**
   * Part of the audience of an answer: callers with the same text see the same fields of the same documents. Omits
   * fields that the caller may read in every document, so that the text stays valid when a rule is added or removed.
   */
  audienceOf(principal: Principal | undefined): string {
    if (principal === undefined || !this.hidesSome) return this.#textOfNobody
    const known = this.#textOf.get(principal)
    if (known !== undefined) return known
    const text = this.#describe(principal)
    this.#textOf.set(principal, text)
    return text
  }

  /** @param fields of the document, as stored */
  hiddenFrom(principal: Principal | undefined, fields: Fields): HiddenFields {
    if (!this.hidesSome) return nothingHidden
    const names: string[] = []
    for (const [field, audience] of this.#read) {
      if (!satisfies(audience.of(principal), fields)) names.push(field)
    }
    return this.#same(names)
  }

  /**
   * Sets of fields that may be hidden from a caller, in one document or another: the largest first, which is that of most
   * documents. Empty beyond four sets: a search among more costs more than a copy of the caller's own.
   */
  variantsOf(principal: Principal | undefined): readonly HiddenFields[] {
    if (principal === undefined) return this.#variantsOfNobody
    const known = this.#variantsOf.get(principal)
    if (known !== undefined) return known
    const variants = this.#combine(principal)
    this.#variantsOf.set(principal, variants)
    return variants
  }

  /** Fields whose rules have equal residuals are hidden together. */
  #combine(principal: Principal | undefined): readonly HiddenFields[] {
    const groups = new Map<string, string[]>()
    for (const [field, audience] of this.#read) {
      const { text } = audience.of(principal)
      groups.set(text, [...(groups.get(text) ?? []), field])
    }
    const always = groups.get(residualOfNothing) ?? []
    const sometimes = [...groups].filter(([text]) => text !== '' && text !== residualOfNothing)
    const count = 2 ** sometimes.length
    if (count > variantsMax) return []
    const sets = Array.from({ length: count }, (_, shown) => {
      const names = sometimes.flatMap(([, fields], index) => ((shown >> index) & 1 ? [] : fields))
      return this.#same([...always, ...names].sort())
    })
    return sets.sort((one, other) => other.length - one.length)
  }

  #same(names: string[]): HiddenFields {
    const text = names.join()
    const known = this.#hidden.get(text) ?? names
    this.#hidden.set(text, known)
    return known
  }

  /**
   * Whether a caller may compare documents by a field: only if they may read it in every document that they may read.
   * Otherwise a comparison would reveal the value.
   *
   * @param path of the field, or of one inside it
   * @param shown the residual to which the caller's lists are narrowed
   */
  mayCompare(path: string, principal: Principal | undefined, shown: Residual): boolean {
    const [field = path] = path.split('.', 1)
    const audience = this.#read.get(field)
    return audience === undefined || isImplied(audience.of(principal), shown)
  }

  /**
   * Stored fields that a caller may not write.
   *
   * @param fields of the document before the write; of a new one, as it would be stored
   */
  *protectedFrom(principal: Principal | undefined, fields: Fields): Generator<string> {
    for (const [field, audience] of this.#write) {
      if (!satisfies(audience.of(principal), fields)) yield field
    }
  }

  #describe(principal: Principal | undefined): string {
    const parts: string[] = []
    for (const [field, audience] of this.#read) {
      const { text } = audience.of(principal)
      if (text !== '') parts.push(`${field}:${text}`)
    }
    return parts.join(';')
  }
}

/** Omits rules that allow everybody. Sorted, so that keys do not depend on the order in the definition. */
const audiencesOf = (rules: FieldRules, right: keyof FieldRule): ReadonlyMap<string, Audience> =>
  new Map(
    Object.entries(rules)
      .flatMap(([field, rule]): [string, Audience][] => {
        const one = rule[right]
        return one === undefined || one.kind === 'anyone' ? [] : [[field, new Audience(one)]]
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
