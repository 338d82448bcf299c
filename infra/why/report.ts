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
