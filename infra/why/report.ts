import { type ControlEntry, controlPrefix } from '@spillway/origin/contract'
import type { Finding } from './diagnose.ts'

/** Requests that are wrong themselves, such as those without a token, are no fault of the stack. */
export const healthy = (seconds: number): string =>
  `Healthy: in the last ${seconds} s no request was refused or failed because of the stack.`

/** The answer of `npm run why`: the first cause in full, the others, which may be its consequences, in a line each. */
export function report(findings: readonly Finding[], seconds: number): string {
  const [first, ...others] = findings
  if (first === undefined) return healthy(seconds)
  const { cause, evidence, hits, since } = first
  const remedy = 'runbook' in cause.remedy ? `npm run runbook -- ${cause.remedy.runbook}` : cause.remedy.text
  return [
    `${cause.name} (${cause.tier})`,
    `  ${cause.says}`,
    ...evidence.map((seen) => `  seen: ${seen}`),
    ...(since === undefined ? [] : [`  since: ${since}`]),
    ...(hits.length === 0 ? [] : [`  hits: ${hits.join(', ')}`]),
    `  do: ${remedy}`,
    ...(others.length === 0 ? [] : ['', 'Also seen, perhaps as a consequence:']),
    ...others.map((other) => `  ${other.cause.name} (${other.cause.tier}): ${other.evidence[0]}`),
  ].join('\n')
}

/** Sources that could not be observed, below an answer: a healthy one then means less. */
export const blindReport = (blind: readonly string[] = []): string =>
  blind.length === 0
    ? ''
    : `\n\nNot observed, so not ruled out:\n${blind.map((each) => `  ${each}`).join('\n')}`

/** The answer for one route. Causes that have refused none of its requests are named as such. */
export function routeReport(path: string, findings: readonly Finding[], seconds: number): string {
  const own = findings.filter(({ since }) => since !== undefined)
  if (own.length > 0) return report(own, seconds)
  const calm = `In the last ${seconds} s no request for ${path} was refused or failed because of the stack.`
  return findings.length === 0
    ? calm
    : `${calm}\nIt is not well all the same:\n\n${report(findings, seconds)}`
}

/** Facts about a word that is no request in the log: perhaps a subject. */
export function subjectReport(word: string, control: readonly ControlEntry[]): string {
  const revoked = control.find(({ name }) => name === `${controlPrefix.subject}${word}`)
  if (revoked === undefined) {
    return [
      `${word} is neither a request in the logs (it was served, or its line is gone) nor a revoked subject.`,
      'Logs hold no subjects. For a caller who is refused, take X-Request-Id of an answer, or requestId of its body.',
    ].join('\n')
  }
  const { expiration, metadata } = revoked
  const ends = expiration === undefined ? '' : ` until ${new Date(expiration * 1_000).toISOString()}`
  const spared =
    metadata === undefined ? '' : ` Tokens that were issued later are accepted: ${JSON.stringify(metadata)}.`
  return `The subject ${word} is revoked${ends}.${spared}`
}
