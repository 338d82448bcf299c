import { all, type Cause, refused, when } from './cause.ts'
import type { OriginSigns, Signs } from './signs.ts'

/**
 * All causes. One that explains others stands before them: a primary that does not answer also fills the pool, lowers the
 * limit and opens the edge's breaker.
 */
export const causes: readonly Cause[] = [
  {
    name: 'emergency switch',
    tier: 'edge',
    says: 'An operator has set the emergency switch: requests of low priority get a stored answer or 503.',
    remedy: { runbook: 'emergency-shed' },
    reasons: ['shed-switched-off'],
    evidence: (signs) => refused(signs, 'shed-switched-off'),
  },
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
      text: "Look at the issuer's own status. Tokens with known keys keep working; do not restart the edge.",
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
    reasons: ['draining'],
    evidence: (signs) => failing(signs, 'drain'),
  },
  {
    name: 'primary unavailable',
    tier: 'database',
    says: 'The database has no primary that answers: a failover, or a lost connection.',
    remedy: { runbook: 'database-failover' },
    reasons: ['database-unavailable', 'outcome-unknown'],
    evidence: (signs) => failing(signs, 'database'),
  },
  {
    name: 'slow primary',
    tier: 'database',
    says: 'The primary answers, but commands take longer than the time they have.',
    remedy: { runbook: 'database-failover' },
    reasons: ['deadline-exceeded', 'outcome-unknown', 'origin-timeout'],
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
    evidence: (signs) =>
      each(
        signs,
        ({ problems }) => (problems['index-unready'] ?? 0) > 0,
        ({ problems }) => `${problems['index-unready']} requests needed an index that is not built`,
      ),
  },
  {
    name: 'pool exhausted',
    tier: 'database',
    says: 'All connections of the pool are in use, and commands wait for one.',
    remedy: { runbook: 'scale-out' },
    reasons: ['origin-refused', 'overloaded'],
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
    reasons: ['origin-unreachable', 'shed-breaker-open'],
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
    reasons: ['origin-unreachable', 'shed-breaker-open'],
    evidence: (signs) =>
      all(
        [...refused(signs, 'origin-unreachable', 'shed-breaker-open', 'repeat-failed')],
        when(
          signs.origins.every(({ isLive }) => isLive),
          'every origin answers when it is asked directly',
        ),
      ),
  },
  {
    name: 'bad release',
    tier: 'release',
    says: 'Requests fail with an error of the code itself.',
    remedy: { runbook: 'roll-back-origin' },
    reasons: ['internal-error'],
    evidence: (signs) => [
      ...each(
        signs,
        ({ problems }) => (problems['internal-error'] ?? 0) > 0,
        ({ problems }) => `${problems['internal-error']} requests ended with 500`,
      ),
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
    says: 'More requests reach the origins than they can serve. After a release or a purge, an empty cache is a reason.',
    remedy: { runbook: 'scale-out' },
    reasons: ['shed-limit', 'shed-origin-load', 'shed-throttled', 'origin-refused', 'overloaded'],
    evidence: (signs) => [
      ...refused(signs, 'shed-limit', 'shed-origin-load', 'shed-throttled', 'origin-refused', 'overloaded'),
      ...each(
        signs,
        ({ shed }) => sum(shed) > 0,
        ({ shed }) => `it refused ${sum(shed)} requests: ${Object.keys(shed).join(', ')}`,
      ),
    ],
  },
  {
    name: 'revoked token',
    tier: 'callers',
    says: 'Tokens are refused because an operator has revoked them or their subject.',
    remedy: {
      text: 'Intended, unless the wrong subject was revoked: see the keys `revoked:` of the CONTROL namespace.',
    },
    reasons: ['token-revoked'],
    evidence: (signs) => refused(signs, 'token-revoked'),
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

function tokenReasons(): readonly string[] {
  const faults = [
    ...['malformed', 'oversize', 'algorithm', 'type', 'header-parameter', 'duplicate-member', 'issuer'],
    ...['key-unknown', 'signature', 'expired', 'not-yet-valid', 'audience', 'claim', 'claims'],
  ]
  return faults.map((fault) => `token-${fault}`)
}
