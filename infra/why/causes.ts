import { controlPrefix } from '@spillway/origin/contract'
import { all, type Cause, refused, when } from './cause.ts'
import type { OriginSigns, Signs } from './signs.ts'

/** Refusals of requests that did not reach an origin, or that it did not answer: the breaker opens then. */
const unreached = ['origin-unreachable', 'shed-breaker-open', 'repeat-failed', 'origin-timeout']

/** Errors of an origin that could not do its work in time, as the edge passes them on. */
const passedOn = ['status-503', 'status-504']

/** Refusals of requests whose answer came too late or not at all. */
const late = ['deadline-exceeded', 'outcome-unknown', ...passedOn, ...unreached]

/**
 * All causes. One that explains others stands before them: a primary that does not answer also fills the pool, lowers
 * the limit and opens the edge's breaker. The switch stands behind what an operator turns it for.
 */
export const causes: readonly Cause[] = [
  {
    name: 'wrong configuration',
    tier: 'release',
    says: 'The edge cannot read its configuration and answers 500.',
    remedy: { runbook: 'roll-back-edge' },
    reasons: [],
    evidence: ({ edge }) =>
      edge.faults
        .filter(({ what }) => what === 'configuration')
        .map(({ where, message }) => `the edge's log: ${where}: ${message}`),
  },
  {
    name: 'issuer down',
    tier: 'issuer',
    says: 'The key set of a token issuer cannot be fetched, so tokens whose key is not known yet are refused.',
    remedy: {
      text: "See infra/runbooks/issuer-outage.md, and the issuer's own status. Tokens with known keys keep working; do not restart the edge.",
    },
    reasons: ['token-keys-unavailable'],
    evidence: ({ issuers, edge }) => [
      ...issuers.flatMap(({ name, isReachable }) => when(!isReachable, `${name} does not answer`)),
      ...edge.faults
        .filter(({ what }) => what === 'key-set')
        .map(({ where }) => `the edge could not fetch the keys of ${where}`),
    ],
  },
  {
    name: 'origin stopping',
    tier: 'origin',
    says: 'An origin is shutting down and takes no new requests.',
    remedy: {
      text: 'Expected during a deployment or when the group shrinks. Otherwise see who stopped it, in the group’s activity.',
    },
    reasons: ['draining', ...unreached],
    evidence: (signs) => [...failing(signs, 'drain'), ...refused(signs, 'draining')],
  },
  {
    name: 'primary unavailable',
    tier: 'database',
    says: 'The database has no primary that answers: a failover, or a lost connection.',
    remedy: { runbook: 'database-failover' },
    reasons: ['database-unavailable', ...late],
    evidence: (signs) => {
      const seen = [
        ...failing(signs, 'database'),
        ...refused(signs, 'database-unavailable'),
        ...ended(signs, 'database-unavailable', 'found no primary'),
      ]
      const { failoverAt } = signs.database ?? {}
      return seen.length === 0 || failoverAt === undefined
        ? seen
        : [...seen, `the database failed over at ${failoverAt}`]
    },
  },
  {
    name: 'cold cache',
    tier: 'edge',
    says: 'The cache has lost its answers, so the origins get requests that it answered before: a release, a purge of everything, or new isolates.',
    remedy: { runbook: 'emergency-shed' },
    reasons: [...overloads(), ...late],
    evidence: (signs) => {
      const { hits } = signs.edge
      if (hits === undefined || hits.before < 0.5 || hits.now > hits.before / 2) return []
      const fell = `the cache gave ${percent(hits.now)} of the last answers, and ${percent(hits.before)} before`
      // Origins that answer too late under the misses open the breaker, which then refuses them alone. Without a way or
      // an origin, the cache loses its answers, too: they expire.
      const tooLate = all(refused(signs, ...late), everyWayCarries(signs), allLive(signs))
      return all([fell], [...overloaded(signs), ...tooLate])
    },
  },
  {
    name: 'slow primary',
    tier: 'database',
    says: 'The primary answers, but commands take longer than the time they have.',
    remedy: { runbook: 'database-failover' },
    reasons: late,
    evidence: (signs) => [
      ...failing(signs, 'commands'),
      ...each(
        signs,
        ({ commandsGivenUp }) => commandsGivenUp > 0,
        ({ commandsGivenUp }) => `${commandsGivenUp} commands exceeded their deadline`,
      ),
    ],
  },
  {
    name: 'index being built',
    tier: 'database',
    says: 'A release has declared an index that is still being built, and refuses what needs it.',
    remedy: { runbook: 'deploy-origin' },
    reasons: ['index-unready'],
    evidence: (signs) => ended(signs, 'index-unready', 'needed an index that is not built'),
  },
  {
    name: 'pool exhausted',
    tier: 'database',
    says: 'All connections of the pool are in use, and commands wait for one.',
    remedy: { runbook: 'scale-out' },
    reasons: overloads(),
    evidence: (signs) => [
      ...failing(signs, 'pool'),
      ...each(
        signs,
        ({ pool, poolWaitSeconds }) => pool.inUse >= pool.size && poolWaitSeconds > 0.05,
        ({ pool, poolWaitSeconds }) =>
          `${pool.inUse} of ${pool.size} connections in use, p99 of the wait ${ms(poolWaitSeconds)}`,
      ),
    ],
  },
  {
    name: 'origin down',
    tier: 'origin',
    says: 'An origin process does not answer.',
    remedy: { runbook: 'scale-out' },
    reasons: unreached,
    evidence: (signs) =>
      each(
        signs,
        ({ isLive }) => !isLive,
        () => 'its process does not answer',
      ),
  },
  {
    name: 'tunnel down',
    tier: 'tunnel',
    says: 'The origins answer, but the edge does not reach them: the way between them is broken.',
    remedy: { runbook: 'restart-tunnel' },
    reasons: unreached,
    evidence: (signs) => {
      const { ways } = signs
      const refusals = refused(signs, ...unreached)
      // Refusals have to do if the ways cannot be asked.
      if (ways.length === 0) return all(refusals, allLive(signs))
      const closed = ways.filter(({ isOpen }) => !isOpen).map(({ name }) => `${name} does not carry`)
      return closed.length === 0 ? [] : all([...closed, ...refusals], allLive(signs))
    },
  },
  {
    name: 'breaker open',
    tier: 'edge',
    says: 'The edge has stopped asking an origin that failed. The way is well again: the edge tries it every two seconds, and goes on by itself.',
    remedy: {
      text: 'Nothing now. Look for what broke the way before: deployments, the tunnel, the network.',
    },
    reasons: unreached,
    evidence: (signs) => all(refused(signs, ...unreached), everyWayCarries(signs), allLive(signs)),
  },
  {
    name: 'bad release',
    tier: 'release',
    says: 'Requests fail with an error of the code itself.',
    remedy: { runbook: 'roll-back-origin' },
    reasons: ['internal-error', 'status-500'],
    evidence: (signs) => [
      ...ended(signs, 'internal-error', 'ended with 500'),
      ...refused(signs, 'status-500'),
      ...signs.edge.faults
        .filter(({ what }) => what === 'unexpected')
        .map(({ where, message }) => `the edge's log: ${where}: ${message}`),
    ],
  },
  {
    name: 'origin busy',
    tier: 'origin',
    says: 'The processor of an origin is busy: its event loop is late.',
    remedy: { runbook: 'scale-out' },
    reasons: ['shed-origin-load', 'origin-refused', 'overloaded', 'shed-limit', 'shed-throttled'],
    evidence: (signs) =>
      each(
        signs,
        ({ loopDelaySeconds }) => loopDelaySeconds > 0.2,
        ({ loopDelaySeconds }) => `its event loop is ${ms(loopDelaySeconds)} late (p99)`,
      ),
  },
  {
    name: 'too much load',
    tier: 'origin',
    says: 'More requests reach the origins than they can serve.',
    remedy: { runbook: 'scale-out' },
    reasons: overloads(),
    evidence: overloaded,
  },
  {
    name: 'emergency switch',
    tier: 'edge',
    says: 'An operator has set the emergency switch: requests of low priority get a stored answer or 503.',
    remedy: { runbook: 'emergency-shed' },
    reasons: ['shed-switched-off'],
    evidence: (signs) => [
      ...signs.control
        .filter(({ name, value }) => name === controlPrefix.shed && value !== 'none')
        .map(({ value, expiration }) => `the switch is at ${value}${until(expiration)}`),
      ...refused(signs, 'shed-switched-off'),
    ],
  },
  {
    name: 'revoked token',
    tier: 'callers',
    says: 'Tokens are refused because an operator has revoked them or their subject.',
    remedy: {
      text: 'Intended, unless the wrong subject was revoked: then delete its key `revoked:…` of the CONTROL namespace, and publish.',
    },
    reasons: ['token-revoked'],
    evidence: (signs) => refused(signs, 'token-revoked'),
    callers: ({ control }) =>
      control
        .filter(({ name }) => name.startsWith('revoked:'))
        .slice(0, 5)
        .map(({ name, expiration }) => `${name.slice('revoked:'.length)}${until(expiration)}`),
  },
  {
    name: 'quota used up',
    tier: 'callers',
    says: 'Callers send more than their quota.',
    remedy: { text: 'Intended, unless a client is at fault or the quota (RATE_LIMIT) is too small.' },
    reasons: ['rate-limited'],
    evidence: (signs) => refused(signs, 'rate-limited'),
  },
  {
    name: 'tokens refused',
    tier: 'callers',
    says: 'Tokens are refused for what they are: expired, of another audience, of an unknown issuer.',
    remedy: {
      text: 'Compare TOKEN_ISSUERS with the issuer. Expired tokens alone are a client that does not renew them.',
    },
    reasons: tokenReasons(),
    evidence: (signs) => refused(signs, ...tokenReasons()),
  },
  {
    name: 'edge down',
    tier: 'edge',
    says: 'The edge does not answer.',
    remedy: {
      text: 'On a laptop: npm start. Deployed: see cloudflarestatus.com, then roll back the Worker.',
    },
    reasons: [],
    evidence: ({ edge }) => when(!edge.isReachable, 'the edge does not answer'),
  },
]

/** Requests that failed for a reason that no cause has. */
export const unexplained: Cause = {
  name: 'unexplained',
  tier: 'edge',
  says: 'Requests fail, and nothing that was observed explains it.',
  remedy: {
    text: 'Look up a request: npm run why -- REQUEST_ID. Then add the cause to infra/why/causes.ts.',
  },
  reasons: [],
  evidence: ({ edge }) => {
    const known = new Set(causes.flatMap(({ reasons }) => reasons))
    const others = Object.entries(edge.failures).filter(([reason]) => !known.has(reason))
    return others.map(([reason, count]) => `${count} requests failed: ${reason}`)
  },
}

/** Requests of the origins that ended with a problem. */
const ended = (signs: Signs, code: string, words: string): readonly string[] =>
  each(
    signs,
    ({ problems }) => (problems[code] ?? 0) > 0,
    ({ problems }) => `${problems[code]} requests ${words}`,
  )

const allLive = ({ origins }: Signs): readonly string[] =>
  when(
    origins.every(({ isLive }) => isLive),
    'every origin answers when it is asked directly',
  )

/** Nothing where the ways cannot be asked. */
const everyWayCarries = ({ ways }: Signs): readonly string[] =>
  when(ways.length > 0 && ways.every(({ isOpen }) => isOpen), 'every way to the origins carries now')

const until = (expiration: number | undefined): string =>
  expiration === undefined ? '' : ` until ${new Date(expiration * 1_000).toISOString()}`

const percent = (share: number): string => `${Math.round(share * 100)} %`

const ms = (seconds: number): string => `${Math.round(seconds * 1_000)} ms`

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

/** The origins for which something holds, each with what was seen. */
const each = (
  { origins }: Signs,
  holds: (origin: OriginSigns) => boolean,
  seen: (origin: OriginSigns) => string,
): readonly string[] => origins.filter(holds).map((origin) => `${origin.name}: ${seen(origin)}`)

const failing = (signs: Signs, check: string): readonly string[] =>
  each(
    signs,
    ({ failing: reasons }) => reasons[check] !== undefined,
    ({ failing: reasons }) => String(reasons[check]),
  )

function overloads(): readonly string[] {
  return ['shed-limit', 'shed-origin-load', 'shed-throttled', 'origin-refused', 'overloaded']
}

function overloaded(signs: Signs): readonly string[] {
  return [
    ...refused(signs, ...overloads()),
    ...each(
      signs,
      ({ shed }) => sum(shed) > 0,
      ({ shed }) => `it refused ${sum(shed)} requests: ${Object.keys(shed).join(', ')}`,
    ),
  ]
}

function tokenReasons(): readonly string[] {
  const faults = [
    ...['malformed', 'oversize', 'algorithm', 'type', 'header-parameter', 'duplicate-member', 'issuer'],
    ...['key-unknown', 'signature', 'expired', 'not-yet-valid', 'audience', 'claim', 'claims'],
  ]
  return faults.map((fault) => `token-${fault}`)
}
