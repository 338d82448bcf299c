import {
  type AccessRule,
  Audience,
  attributesOf,
  audienceOf,
  decideAccess,
  FieldAccess,
  type FieldRules,
  findView,
  formatRuleAttributes,
  headers as names,
  type Principal,
  type Resource,
  readsDocument,
  resolveCacheRule,
} from '@spillway/origin/contract'
import { resources } from '@spillway/origin/fixture'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type Document,
  document,
  fieldRules,
  isAllowed,
  principal,
  refusedFields,
  rule,
} from '../../../origin/test/support/access-samples.ts'
import { Clock, Isolate, ScriptedOrigin, StampShelf } from '../../test/cache/support/cache-fixture.ts'
import type { ForwardOrder } from '../cache/index.ts'
import { MemoryStore } from '../cache/index.ts'
import type { ReadPlan } from '../http/request-plan.ts'
import { RequestPlans } from '../http/request-plans.ts'
import { keyOfRead, viewerOf } from './stored-read.ts'

/**
 * Callers read a document through two isolates that share a data centre's store, while it changes, is purged, hidden and
 * shown, while time passes and the origin fails or is an older one. The reference implementation of the rules says of each
 * answer whether its caller may have it.
 */
const trips = findView(resources, 'v2', 'trips')?.resource as Resource
const lifetimes = { maxAge: '30s', staleWhileRevalidate: '60s', staleIfError: '300s' } as const

function resourceOf(read: AccessRule, fields: FieldRules): Resource {
  const fieldAccess = new FieldAccess(fields)
  return {
    ...trips,
    access: { ...trips.access, read },
    audiences: { ...trips.audiences, read: new Audience(read) },
    fieldAccess,
    cache: resolveCacheRule(lifetimes, read, fieldAccess.hidesSome),
  }
}

type Caller = Principal | undefined

interface Shown {
  readonly etag: string
  readonly body: string
  readonly hidden: readonly string[]
}

/** An origin with one document, and every version of it that there was. */
class Origin {
  readonly versions: (Document | undefined)[] = []
  readonly #rule: AccessRule
  readonly #fields: FieldRules
  readonly #hidesSome: boolean
  isDown = false
  sendsAttributes = true
  asked = 0

  constructor(rule: AccessRule, fields: FieldRules, first: Document) {
    this.#rule = rule
    this.#fields = fields
    this.#hidesSome = new FieldAccess(fields).hidesSome
    this.versions.push(first)
  }

  /** Fields of a version that a caller is shown; `undefined`: it does not exist for them. */
  shown(who: Caller, version: number): Shown | undefined {
    const found = this.versions[version]
    if (found === undefined || !isAllowed(this.#rule, who, found)) return undefined
    const hidden = refusedFields(this.#fields, 'read', who, found)
    const fields = Object.entries(found).filter(([field]) => !hidden.includes(field))
    return { etag: `"${version}.${hidden.join('')}"`, body: JSON.stringify([version, fields]), hidden }
  }

  answer(who: Caller, order: ForwardOrder, sent: Headers): Response {
    this.asked += 1
    if (this.isDown) throw new Error('unreachable')
    const version = this.versions.length - 1
    const shown = this.shown(who, version)
    if (shown === undefined) {
      const headers = { 'cdn-cache-control': 'max-age=10', 'cache-tag': 'trips:1' }
      return new Response('{}', { status: 404, headers })
    }
    const attributes = formatRuleAttributes(
      attributesOf(this.#rule, this.#fields),
      this.versions[version] ?? {},
      this.#hidesSome ? shown.hidden : undefined,
    )
    const headers = {
      'cdn-cache-control': 'max-age=30, stale-while-revalidate=60, stale-if-error=300',
      'cache-control': 'private, no-cache',
      'cache-tag': 'trips:1',
      etag: shown.etag,
      ...(this.sendsAttributes && attributes !== undefined && { [names.ruleAttributes]: attributes }),
    }
    const conditions = order.keepConditions
      ? [sent.get('if-none-match')]
      : order.validators.map(([, value]) => value)
    const isHeld = conditions.some((value) => value === '*' || value === shown.etag)
    return isHeld
      ? new Response(null, { status: 304, headers })
      : new Response(shown.body, { status: 200, headers })
  }
}

/** A data centre of two isolates in front of an origin. */
function startPlace(rule: AccessRule, fields: FieldRules, first: Document) {
  const resource = resourceOf(rule, fields)
  const plans = new RequestPlans(new Map([['trips', resource]]))
  const origin = new Origin(rule, fields, first)
  const clock = new Clock()
  const shared = new MemoryStore({ bytesMax: 1_000_000, countMax: 100 })
  const options = { clock, shelf: new StampShelf(), shared }
  const isolates = [new Isolate(options), new Isolate(options)] as const
  const plan = plans.plan('GET', 'https://api.test/v2/trips/1', clock.now()) as ReadPlan

  const read = async (who: Caller, { method, headers, isolate = 0 }: Asked): Promise<Response> => {
    const key = keyOfRead(plan, who) as string
    const viewer = viewerOf(plan, who)
    const { cache } = isolates[isolate]
    const request = new Request('https://api.test/v2/trips/1', { method, headers })
    const fresh = cache.tryFresh(key, request, clock.now(), { viewer })
    if (fresh !== undefined) return fresh
    const forwarding = new ScriptedOrigin((order) => origin.answer(who, order, request.headers))
    return isolates[isolate].get(forwarding, { key, viewer, method, headers })
  }
  const settle = async () => {
    for (const isolate of isolates) await isolate.settle()
  }
  return {
    plan,
    origin,
    clock,
    settle,
    read,
    async purge() {
      await isolates[0].cache.purge(['trips:1'])
      await settle()
      // The other isolate hears of it within a second.
      clock.advance(2)
    },
  }
}

interface Asked {
  readonly method: string
  readonly headers: Record<string, string>
  readonly isolate?: 0 | 1
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      /** Callers at the same time, by index. */
      callers: fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
      isolate: fc.constantFrom(0 as const, 1 as const),
      method: fc.constantFrom('GET', 'GET', 'HEAD'),
      headers: fc.constantFrom<Record<string, string>>(
        {},
        {},
        { 'if-none-match': '*' },
        { 'if-none-match': '"0."' },
        { range: 'bytes=0-0' },
        { range: 'bytes=9000-' },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      to: fc.option(document, { nil: undefined }),
      isPurged: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(2, 11, 40, 100) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('down' as const), isDown: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('older' as const), sends: fc.boolean() }) },
)

const callers = fc.tuple(principal, principal, principal)
const cases = { numRuns: 400 }

it('shows nobody a document or a field that the rules deny, from whatever is stored', async () => {
  let shownAnswers = 0
  await fc.assert(
    fc.asyncProperty(
      rule,
      fieldRules,
      document,
      callers,
      fc.array(step, { minLength: 4, maxLength: 14 }),
      async (read, fields, first, people, steps) => {
        const place = startPlace(read, fields, first)
        const { origin } = place
        for (const one of steps) {
          if (one.kind === 'write') {
            origin.versions.push(one.to)
            if (one.isPurged) await place.purge()
          } else if (one.kind === 'wait') place.clock.advance(one.seconds)
          else if (one.kind === 'down') origin.isDown = one.isDown
          else if (one.kind === 'older') origin.sendsAttributes = one.sends
          else {
            // The edge refuses some callers before any look-up.
            const asking = one.callers
              .map((index) => people[index])
              .filter((who) => decideAccess(read, who).outcome === 'allowed')
            const answers = await Promise.allSettled(asking.map((who) => place.read(who, one)))
            for (const [index, answer] of answers.entries()) {
              if (answer.status === 'rejected') {
                if (!origin.isDown) throw answer.reason
                continue
              }
              const { status, headers } = answer.value
              if (headers.has(names.ruleAttributes)) throw new Error('a client was told attributes')
              const etag = headers.get('etag')
              if (status === 404) {
                if (etag !== null) throw new Error(`a 404 has the tag ${etag}`)
                continue
              }
              const shown = origin.shown(asking[index], Number(/\d+/.exec(etag ?? '')?.[0]))
              const text = await answer.value.text()
              const isWhole = status === 200 && one.method === 'GET'
              if (shown === undefined || shown.etag !== etag || (isWhole && text !== shown.body)) {
                throw new Error(`${status} with ${etag}: ${text}`)
              }
              shownAnswers += 1
            }
          }
          await place.settle()
        }
      },
    ),
    cases,
  )
  expect(shownAnswers).toBeGreaterThan(cases.numRuns)
}, 60_000)

it('asks the origin once for all who may see the document and the same fields of it', async () => {
  let shared = 0
  let sharedByFields = 0
  await fc.assert(
    fc.asyncProperty(rule, fieldRules, document, callers, async (read, fields, first, people) => {
      const place = startPlace(read, fields, first)
      const { origin, plan } = place
      if (!plan.isOneCopy) return
      const { fieldAccess } = plan.route.resource
      const readers = people.filter((who) => isAllowed(read, who, first))
      for (const who of people) {
        if (readers.includes(who)) continue
        // A caller who is denied keeps nothing from the others.
        if (decideAccess(read, who).outcome === 'allowed') {
          expect((await place.read(who, { method: 'GET', headers: {} })).status).toBe(404)
        }
      }
      await place.settle()
      const before = origin.asked
      for (const who of [...readers, ...readers]) {
        expect((await place.read(who, { method: 'GET', headers: {} })).status).toBe(200)
        await place.settle()
      }
      // Callers whose rules leave open more than a few sets of fields have a copy of their audience.
      const views = new Set(
        readers.map((who) =>
          fieldAccess.variantsOf(who).length === 0
            ? audienceOf(plan.route.resource, who)
            : refusedFields(fields, 'read', who, first).join(),
        ),
      )
      expect(origin.asked - before).toBe(views.size)
      const audiences = new Set(readers.map((who) => audienceOf(plan.route.resource, who)))
      if (audiences.size > views.size) shared += 1
      if (audiences.size > views.size && !readsDocument(read)) sharedByFields += 1
    }),
    cases,
  )
  expect(shared).toBeGreaterThan(0)
  expect(sharedByFields).toBeGreaterThan(0)
}, 60_000)
