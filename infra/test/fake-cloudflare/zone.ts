import { randomBytes } from 'node:crypto'
import { type ApiRequest, bodyOf, type Part, Refused } from './refused.ts'

export interface FakeRecord {
  readonly id: string
  readonly type: string
  readonly name: string
  content: string
  proxied: boolean
}

export interface FakeRule {
  readonly id: string
  readonly ref: string
  readonly [setting: string]: unknown
}

/** Id of the zone of acme.test. */
export const zoneId = '0f'.repeat(16)

const newId = () => randomBytes(16).toString('hex')
const phases = ['http_request_firewall_custom', 'http_ratelimit']

/** A zone: DNS, rulesets, and the purge of its cache. */
export class FakeZone {
  readonly id = zoneId
  readonly name: string
  readonly records: FakeRecord[] = []
  readonly rulesets = new Map<string, { readonly id: string; readonly rules: FakeRule[] }>()
  /** Bodies of purges. */
  readonly purges: Readonly<Record<string, unknown>>[] = []

  constructor(name: string) {
    this.name = name
  }

  readonly part: Part = (request) => {
    if (request.path === '/zones') {
      return { result: request.query.get('name') === this.name ? [{ id: this.id, name: this.name }] : [] }
    }
    const root = `/zones/${this.id}`
    if (!request.path.startsWith(root)) return undefined
    const own = { ...request, path: request.path.slice(root.length) }
    return this.#record(own) ?? this.#ruleset(own) ?? this.#purge(own)
  }

  readonly #record: Part = (request) => {
    const { method, path, query } = request
    const [isOwn, id] = /^\/dns_records(?:\/([0-9a-f]{32}))?$/.exec(path) ?? []
    if (isOwn === undefined) return undefined
    if (method === 'GET') {
      const [type, name] = [query.get('type'), query.get('name')]
      return { result: this.records.filter((record) => record.type === type && record.name === name) }
    }
    const fields = bodyOf(request, ['type', 'name', 'content', 'proxied', 'ttl'], ['comment'])
    const { type, name, content, proxied } = fields as unknown as FakeRecord
    if (!name.endsWith(`.${this.name}`)) throw new Refused(400, 9000, 'the name is not of the zone')
    if (!/^[\w.-]+$/.test(content)) throw new Refused(400, 9007, 'Content for CNAME record is invalid.')
    const present = this.records.find((record) => record.id === id)
    if (method === 'PATCH' && present !== undefined) {
      Object.assign(present, { content, proxied })
      return { result: present }
    }
    if (this.records.some((record) => record.name === name))
      throw new Refused(400, 81053, 'An A, AAAA, or CNAME record with that host already exists.')
    const made = { id: newId(), type, name, content, proxied }
    this.records.push(made)
    return { result: made }
  }

  readonly #ruleset: Part = (request) => {
    const { method, path } = request
    const [, phase] = /^\/rulesets\/phases\/(\w+)\/entrypoint$/.exec(path) ?? []
    if (method === 'GET' && phase !== undefined) {
      const found = this.rulesets.get(phase)
      if (found === undefined) throw new Refused(404, 10003, 'could not find entrypoint ruleset in the phase')
      return { result: found }
    }
    if (method === 'POST' && path === '/rulesets') {
      const { phase: of, rules } = bodyOf(request, ['name', 'kind', 'phase', 'rules'])
      if (!phases.includes(String(of)) || this.rulesets.has(String(of)))
        throw new Refused(400, 20217, 'a similar configuration with rules already exists')
      const made = { id: newId(), rules: (rules as FakeRule[]).map((rule) => checkedRule(String(of), rule)) }
      this.rulesets.set(String(of), made)
      return { result: made }
    }
    const [, rulesetId, ruleId] = /^\/rulesets\/([0-9a-f]{32})\/rules(?:\/([0-9a-f]{32}))?$/.exec(path) ?? []
    const [of, ruleset] = [...this.rulesets].find(([, { id }]) => id === rulesetId) ?? []
    if (of === undefined || ruleset === undefined) return undefined
    const fields = bodyOf(request, ['ref', 'expression', 'action', 'enabled'], ['description', 'ratelimit'])
    const rule = checkedRule(of, fields as unknown as FakeRule, ruleId)
    const index = ruleset.rules.findIndex(({ id }) => id === ruleId)
    ruleset.rules.splice(index < 0 ? ruleset.rules.length : index, 1, rule)
    return { result: ruleset }
  }

  /** "You can purge up to 100 tags, hostnames or prefixes per request" (developers.cloudflare.com/cache/how-to/purge-cache). */
  readonly #purge = (request: ApiRequest) => {
    if (request.path !== '/purge_cache' || request.method !== 'POST') return undefined
    const body = bodyOf(request, [], ['tags', 'hosts', 'purge_everything'])
    const { tags = [], hosts = [] } = body as { tags?: string[]; hosts?: string[] }
    if (Object.keys(body).length !== 1 || tags.length > 100 || hosts.length > 100)
      throw new Refused(400, 1094, 'one kind of purge, and at most 100')
    this.purges.push(body)
    return { result: { id: this.id } }
  }
}

/** Periods and mitigations by plan: developers.cloudflare.com/waf/rate-limiting-rules/#availability; 10 s is in all. */
function checkedRule(phase: string, rule: FakeRule, id = newId()): FakeRule {
  const limit = rule.ratelimit as
    | { characteristics: string[]; period: number; requests_per_period: number; mitigation_timeout: number }
    | undefined
  if ((phase === 'http_ratelimit') !== (limit !== undefined)) throw new Refused(400, 20046, 'ratelimit')
  if (limit !== undefined) {
    if (!limit.characteristics.includes('cf.colo.id'))
      throw new Refused(400, 20170, "the characteristics must include 'cf.colo.id'")
    if (limit.period !== 10 || limit.mitigation_timeout !== 10 || !(limit.requests_per_period > 0))
      throw new Refused(400, 20158, 'not entitled to use the period')
  }
  return { ...rule, id }
}
